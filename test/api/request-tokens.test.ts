import { describe, expect, it } from '@jest/globals';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { readTokens } from '../../lib/api/request/request-tokens.ts';
import { formatToken, tokensPerRequestMax } from '../../lib/core/consistency-token.ts';

const token = (stage: string, number = '1'): string => {
  const position = { epoch: '7', shardId: 'shardId-0', sequenceNumber: number };
  return formatToken({ type: 'ads', stage, position, issuedAtMs: 5000 });
};

function read(...lines: string[]) {
  const errors = new FieldErrors();
  const event = { headers: {}, multiValueHeaders: { 'Consistency-Token': lines } };
  const tokens = readTokens(event, 'dev', errors);
  return { numbers: tokens.map(({ position }) => position.sequenceNumber), errors: errors.named };
}

describe('Consistency-Token', () => {
  it('is a list in one header line or several', () => {
    expect(read(`${token('dev', '1')} ,${token('dev', '2')}`, token('dev', '3'))).toStrictEqual({
      numbers: ['1', '2', '3'],
      errors: [],
    });
  });

  it('may have empty list elements', () => {
    expect(read(`, ${token('dev', '1')},,\t${token('dev', '2')} ,`, '', ' ')).toStrictEqual({
      numbers: ['1', '2'],
      errors: [],
    });
  });

  it('has at most 20 tokens, the empty elements not counted', () => {
    const most = Array<string>(tokensPerRequestMax).fill(token('dev'));
    expect(read(`,,,${most.join(',,')},,`).errors).toStrictEqual([]);
    expect(read([...most, token('dev')].join()).errors).toStrictEqual([
      { path: 'Consistency-Token', message: 'must have at most 20 tokens' },
    ]);
  });

  it('is refused if another stage handed it out', () => {
    expect(read(`${token('prod')}, ${token('dev', '2')}`)).toStrictEqual({
      numbers: ['2'],
      errors: [{ path: 'Consistency-Token', message: 'is a token of stage prod; this is stage dev' }],
    });
  });

  it('is taken in the form of the last release, which names no stage', () => {
    expect(read('a1.7.shardId-0.9.5').numbers).toStrictEqual(['9']);
  });
});
