import { describe, expect, it } from '@jest/globals';
import { Tally } from './tally.ts';

const hourMs = 3_600_000;

function tallied(
  decisions: readonly (readonly [ad: string, user: string | undefined, from: number, until: number])[],
) {
  const tally = new Tally({ ad: 'capped', max: 2, windowMs: hourMs });
  for (const [ad, user, from, until] of decisions)
    tally.decided(ad, { user, fromMs: from * hourMs, untilMs: until * hourMs });
  return tally;
}

describe('a tally', () => {
  it('counts what one user gets of the capped ad in one window', () => {
    const { mostShown } = tallied([
      ['capped', 'a', 1.1, 1.2],
      ['capped', 'a', 1.3, 1.4],
      ['capped', 'a', 1.8, 1.9],
      ['capped', 'a', 2.1, 2.2],
      ['capped', 'b', 1.1, 1.2],
      ['other', 'a', 1.1, 1.2],
      ['capped', undefined, 1.1, 1.2],
    ]);
    expect(mostShown).toBe(3);
  });

  it('leaves out a decision that may belong to either of two windows', () => {
    expect(tallied([['capped', 'a', 1.9, 2.1]]).mostShown).toBe(0);
  });
});
