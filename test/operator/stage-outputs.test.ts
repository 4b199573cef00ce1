import { describe, expect, it } from '@jest/globals';
import { stageOutputs } from '../../lib/operator/stage-outputs.ts';
import { parseStageArguments } from '../../lib/operator/stage-command.ts';

describe('the outputs of a stage', () => {
  const two = { AdtallyShopEuAdsTable: 'eu', AdtallyShopUsAdsTable: 'us', AdsTable: 'of another' };

  it('are its own in a stack with other stages', () => {
    expect(['shop-eu', 'shop-us'].map((stage) => stageOutputs(stage, 'Shop', two).get('AdsTable'))).toEqual([
      'eu',
      'us',
    ]);
  });

  it('have plain names in the stack that is the stage', () => {
    expect(stageOutputs('dev', 'adtally-dev', two).get('AdsTable')).toBe('of another');
    expect(stageOutputs('dev', 'adtally-dev', two).find('ArchiveBucket')).toBeUndefined();
  });

  it.each(['adtally-prod', 'Shop'])('are never those of another stage: %s', (stack) => {
    expect(() => stageOutputs('dev', stack, two).get('AdsTable')).toThrow(
      `the stack ${stack} has no output AdsTable of the stage dev: deploy it again, or name the stack of the stage with --stack`,
    );
  });
});

describe('--stack', () => {
  it('names the stack of a deployed stage', () => {
    const { location } = parseStageArguments(['--stage', 'shop', '--stack', 'Shop'], {});
    expect(location).toEqual({ stage: 'shop', stack: 'Shop' });
  });

  it.each([[['--stack', 'Shop']], [['--stack', 'Shop', '--stage', 'shop', '--data', 'folder']]])(
    'is refused where there is no stack: %j',
    (args) => {
      expect(() => parseStageArguments(args, {})).toThrow(
        '--stack is for a deployed stage: name that with --stage, and no --data',
      );
    },
  );
});
