import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from '@jest/globals';
import { idleMonth } from '../../lib/infra/cost.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Adtally, SettingsError, type AdtallyProps } from '../../packages/cdk/index.ts';

/** The construct of @adtally/cdk; test/packages synthesises an app with it as npm packs it. */

function made(stage: unknown): Adtally {
  return new Adtally(new Stack(new App(), 'Shop'), 'Ads', { stage } as AdtallyProps);
}

describe('a stage of Adtally', () => {
  it.each<readonly [unknown, string]>([
    [
      'local',
      'Shop/Ads: the stage local is not on AWS. There are dev, staging, prod, localstack; define others with defineStage.',
    ],
    [
      'prdo',
      'Shop/Ads: the stage prdo is not on AWS. Did you mean prod? There are dev, staging, prod, localstack; define others with defineStage.',
    ],
    [
      undefined,
      "Shop/Ads: stage must be the name of a stage, such as 'dev', or defineStage({ name: 'shop', extends: 'prod' }).",
    ],
    [
      null,
      "Shop/Ads: stage must be the name of a stage, such as 'dev', or defineStage({ name: 'shop', extends: 'prod' }).",
    ],
    [
      { extends: 'dev' },
      "Shop/Ads: stage must be the name of a stage, such as 'dev', or defineStage({ name: 'shop', extends: 'prod' }).",
    ],
    [{ name: 'shop' }, "Shop/Ads: stage shop must say which stage it extends, as in extends: 'prod'."],
    [
      { name: 'Shop', extends: 'dev' },
      'Shop/Ads: stage Shop: name must be 1 to 20 lower-case letters, digits and hyphens, a letter first; got "Shop".',
    ],
    [
      { name: 'eu', extends: 'prod', cloud: { trottle: 1 } },
      'Shop/Ads: stage eu: cloud.trottle is not a setting; did you mean cloud.throttle?',
    ],
  ])('is refused if it is %j', (stage, said) => {
    expect(() => made(stage)).toThrow(new SettingsError(said));
  });

  it.each(['packages/cdk/adtally.ts', 'packages/cdk/README.md'])(
    'has the prices of the cost table in %s',
    (file) => {
      const text = readFileSync(file, 'utf8').replace(/\s+(\*\s+)?/g, ' ');
      const [documented = ''] = /`dev` (costs )?\$[^]*?`staging` \$\d+/.exec(text) ?? [];
      const dollars = (stage: 'dev' | 'prod' | 'staging'): string =>
        Math.round(idleMonth(stageSettings(stage))).toString();
      expect(documented.replace('costs ', '')).toBe(
        `\`dev\` $${dollars('dev')} a month idle, \`prod\` $${dollars('prod')}, \`staging\` $${dollars('staging')}`,
      );
    },
  );
});

it('asks for the peers that the stacks are tested with', () => {
  const read = (file: string) =>
    JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  const { peerDependencies } = read('packages/cdk/package.json');
  const { devDependencies = {} } = read('package.json');
  expect(peerDependencies).toEqual({
    'aws-cdk-lib': `^${devDependencies['aws-cdk-lib'] ?? ''}`,
    constructs: `^${devDependencies['constructs'] ?? ''}`,
  });
});
