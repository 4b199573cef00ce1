import { describe, expect, it } from '@jest/globals';
import { Prng } from '../../../../support/prng.ts';
import { ruleDefects } from './defects.ts';
import { explore, movesOfAWalk, walk, type Violation } from './explore.ts';
import { product, type Rights } from './rights.ts';
import { drawnSizes, sizes } from './sizes.ts';
import type { Size } from './world.ts';

describe('goals in every order of events', () => {
  it.each(Object.entries(sizes))('are never passed and lose no right: %s', (_, size) => {
    const { violation, cut } = explore(size, product, 20_000);
    expect(violation).toBeUndefined();
    expect(cut).toBe(false);
  });

  it.each(ruleDefects)('would break if $name', ({ size, fault, break: defect }) => {
    const { violation } = explore(size, defect(product), 20_000);
    expect(violation?.fault).toMatch(fault);
  });

  /** What the first of some drawn orders that breaks a promise breaks. */
  const drawnFault = (size: Size, rights: Rights): Violation | undefined => {
    const prng = new Prng(21);
    const below = (n: number): number => prng.int(0, n - 1);
    for (let i = 0; i < 30; i++) {
      const violation = walk(size, rights, { moves: movesOfAWalk, below });
      if (violation !== undefined) return violation;
    }
    return undefined;
  };

  it.each(Object.entries(drawnSizes))('hold in large worlds, in orders that are drawn: %s', (_, size) => {
    expect(drawnFault(size, product)).toBeUndefined();
    // The same orders find a ledger that leases whatever is used.
    const [{ break: defect, fault }] = ruleDefects;
    expect(drawnFault(size, defect(product))?.fault).toMatch(fault);
  });
});
