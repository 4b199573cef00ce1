import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Verdict } from '../../../lib/embedded/delivery/outcome.ts';
import { expiredTo, nextSteps, wholeBatch, type Piece } from '../../../lib/embedded/delivery/piece.ts';

const backoff = { firstMs: 100, longestMs: 5000 };
const bisecting = { bisectBatchOnFunctionError: true, maximumRetryAttempts: 2 };
const plain = { bisectBatchOnFunctionError: false, maximumRetryAttempts: 2 };
const thrown: Verdict = { type: 'failed', reason: 'thrown' };

describe('what follows from an invocation', () => {
  it('of a batch that succeeds: all of it is settled', () => {
    expect(nextSteps(wholeBatch(5), { type: 'success' }, plain, backoff)).toEqual({
      settledTo: 5,
      discard: undefined,
      pieces: [],
      delayMs: 0,
    });
  });

  it('of an odd batch that throws: the left half is the larger one, and no retry is spent', () => {
    const { pieces, settledTo, delayMs } = nextSteps(wholeBatch(5), thrown, bisecting, backoff);
    expect(pieces.map(({ from, to, retries, invocations }) => [from, to, retries, invocations])).toEqual([
      [0, 3, 0, 1],
      [3, 5, 0, 1],
    ]);
    expect([settledTo, delayMs]).toEqual([0, 100]);
  });

  it('of a single record that throws: a retry, then a longer pause, then it is given up', () => {
    let piece = wholeBatch(1);
    const delays: number[] = [];
    for (;;) {
      const next = nextSteps(piece, thrown, bisecting, backoff);
      if (next.discard !== undefined) break;
      delays.push(next.delayMs);
      piece = next.pieces[0] ?? piece;
    }
    expect(delays).toEqual([100, 200]);
    expect(piece.invocations).toBe(2);
  });

  it('of a partial answer: progress makes the pause short again', () => {
    const tired: Piece = { from: 0, to: 4, invocations: 9, retries: 1, failures: 9 };
    const { pieces, settledTo, delayMs } = nextSteps(
      tired,
      { type: 'partial', failedIndex: 2 },
      plain,
      backoff,
    );
    expect(pieces).toEqual([{ from: 2, to: 4, invocations: 10, retries: 2, failures: 1 }]);
    expect([settledTo, delayMs]).toEqual([2, 100]);
  });

  it('never loses, repeats or reorders a record: settled, discarded and left over make up the piece', () => {
    const verdicts = fc.oneof(
      fc.constant<Verdict>({ type: 'success' }),
      fc.constant<Verdict>(thrown),
      fc.nat(40).map((failedIndex): Verdict => ({ type: 'partial', failedIndex })),
    );
    const settings = fc.record({
      bisectBatchOnFunctionError: fc.boolean(),
      maximumRetryAttempts: fc.integer({ min: -1, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(4),
        verdicts,
        settings,
        (from, size, retries, verdict, rules) => {
          const piece: Piece = { from, to: from + size, invocations: 1, retries, failures: retries };
          const given =
            verdict.type === 'partial'
              ? { ...verdict, failedIndex: Math.min(Math.max(verdict.failedIndex, from), piece.to - 1) }
              : verdict;
          const next = nextSteps(piece, given, rules, backoff);
          const parts = [
            { from, to: next.settledTo },
            ...(next.discard ? [next.discard] : []),
            ...next.pieces,
          ];
          let at = from;
          for (const part of parts) {
            expect(part.from).toBe(at);
            at = part.to;
          }
          expect(at).toBe(piece.to);
          expect(next.pieces.every((left) => left.to > left.from)).toBe(true);
        },
      ),
    );
  });

  it('comes to an end whatever fails: a batch of 10,000 that always throws is given up record by record', () => {
    const pieces = [wholeBatch(10_000)];
    let discarded = 0;
    let deepest = 0;
    for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
      const next = nextSteps(piece, thrown, bisecting, backoff);
      if (next.discard !== undefined) discarded += next.discard.to - next.discard.from;
      pieces.push(...next.pieces.toReversed());
      deepest = Math.max(deepest, pieces.length);
    }
    expect(discarded).toBe(10_000);
    expect(deepest).toBeLessThanOrEqual(15);
  });
});

describe('records that are too old', () => {
  const records = [0, 50, 20, 100].map((arrivedAtMs, i) => ({
    sequenceNumber: String(i),
    partitionKey: 'k',
    data: new Uint8Array(),
    arrivedAtMs,
  }));

  it('are those at the front of the piece, up to the first that is not', () => {
    expect(expiredTo(records, wholeBatch(4), 60, 60)).toBe(0);
    expect(expiredTo(records, wholeBatch(4), 61, 60)).toBe(1);
    expect(expiredTo(records, wholeBatch(4), 100, 60)).toBe(1);
    expect(expiredTo(records, wholeBatch(4), 1000, 60)).toBe(4);
    expect(expiredTo(records, { ...wholeBatch(3), from: 2 }, 81, 60)).toBe(3);
  });

  it('are none when there is no limit', () => {
    expect(expiredTo(records, wholeBatch(4), 1e15, Infinity)).toBe(0);
  });
});
