import { beforeEach, describe, expect, it } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { CounterLedger, isSumOfSome } from './counter-ledger.ts';
import { Findings } from './findings.ts';

let findings: Findings;
let ledger: CounterLedger;
beforeEach(() => {
  findings = new Findings();
  ledger = new CounterLedger(findings);
  const adds = [
    { key: 'k', value: 100 },
    { key: 'k', value: 7 },
    { key: 'k', value: 30 },
    { key: 'k', value: 5000 },
  ] as const;
  ledger.sending(adds);
  ledger.acknowledge(adds.slice(0, 1));
  ledger.leaveOpen(adds.slice(1, 3));
  ledger.drop(adds.slice(3));
});

function found(): Record<string, number> {
  return Object.fromEntries(Object.entries(findings.counts).filter(([, count]) => count > 0));
}

describe('the books of a counter at rest', () => {
  it.each([100, 107, 130, 137])('explain a total of %d', (total) => {
    ledger.audit(new Map([['k', BigInt(total)]]));
    expect(found()).toEqual({});
  });

  it.each([
    [99, 'lost'],
    [0, 'lost'],
    [138, 'double'],
    [200, 'double'],
    [5100, 'double'],
    [101, 'wrong'],
    [114, 'wrong'],
  ])('do not explain a total of %d: %s', (total, kind) => {
    ledger.audit(new Map([['k', BigInt(total)]]));
    expect(found()).toEqual({ [kind]: 1 });
  });

  it('miss a counter that has gone, and wonder at one that nobody wrote to', () => {
    ledger.audit(new Map([['other', 1n]]));
    expect(found()).toEqual({ lost: 1, wrong: 1 });
  });

  it('do not let a total fall below what a read has shown', () => {
    ledger.observe('k', 130n, 100n);
    ledger.audit(new Map([['k', 107n]]));
    expect(found()).toEqual({ lost: 1 });
  });

  it('do not close while something is under way', () => {
    ledger.sending([{ key: 'k', value: 1 }]);
    ledger.audit(new Map([['k', 100n]]));
    expect(found()).toEqual({ wrong: 1 });
  });
});

describe('a read', () => {
  it.each([
    [99n, { lost: 1 }],
    [100n, {}],
    [137n, {}],
    [138n, { double: 1 }],
  ])('that shows %d', (total, expected) => {
    ledger.observe('k', total, 100n);
    expect(found()).toEqual(expected);
  });
});

it('writes without a key go to a new counter when much about the last is uncertain', () => {
  const first = ledger.openKey('hot');
  for (let count = 0; count < 8; count += 1) {
    expect(ledger.openKey('hot')).toBe(first);
    ledger.sending([{ key: first, value: 1 }]);
    ledger.leaveOpen([{ key: first, value: 1 }]);
  }
  expect(ledger.openKey('hot')).not.toBe(first);
});

it('only bounds a total with too many uncertain values to try', () => {
  const adds = Array.from({ length: 41 }, () => ({ key: 'k', value: 2 }));
  ledger.sending(adds);
  ledger.leaveOpen(adds);
  ledger.audit(new Map([['k', 101n]]));
  expect(found()).toEqual({});
  ledger.audit(new Map([['k', 220n]]));
  expect(found()).toEqual({ double: 1 });
});

describe('isSumOfSome', () => {
  it('finds every selection, of none and of all as well', () => {
    const values = [3n, 10n, 100n, 100n, 7_000_000_000_000_000n];
    for (const sum of [0n, 3n, 110n, 200n, 7_000_000_000_000_213n])
      expect(isSumOfSome(sum, values)).toBe(true);
    for (const sum of [1n, 6n, 301n, -3n, 7_000_000_000_000_214n])
      expect(isSumOfSome(sum, values)).toBe(false);
  });

  it('agrees with the selection that made the sum, for wide values', () => {
    const prng = new Prng(7);
    for (let round = 0; round < 50; round += 1) {
      const values = Array.from({ length: prng.int(0, 16) }, () => BigInt(prng.int(1, 4_000_000_000)));
      const sum = prng.sample(values, prng.int(0, values.length)).reduce((all, value) => all + value, 0n);
      expect(isSumOfSome(sum, values)).toBe(true);
    }
  });

  it('refuses more values than it can try', () => {
    expect(() => isSumOfSome(1n, new Array<bigint>(41).fill(1n))).toThrow(RangeError);
  });
});
