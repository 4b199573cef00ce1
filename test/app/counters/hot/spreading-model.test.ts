import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashPosition } from '../../../../lib/adapters/records/partition-hash.ts';
import { createKeySpreader, type KeySpreader } from '../../../../lib/app/counters/hot/key-spreader.ts';
import type { PinnedKey } from '../../../../lib/core/counters/hot/lanes.ts';
import { runs } from '../../../core/runs.ts';
import { referenceHash, referenceJump } from '../../../support/reference-hash.ts';

const lanesMax = 32;

/** One counter, as the promises of the spreader have it, from all of its records since the start. */
class NaiveSpread {
  lanes = 1;
  pinned = 0;
  /** Records by second. */
  readonly #records = new Map<number, number>();
  #coolsAtMs = 0;
  #refusedAtMs = -Infinity;

  /** Of this second, and of the second before as much as a window of one second still reaches into it. */
  #rate(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    const within = (of: number): number => this.#records.get(of) ?? 0;
    return within(second) + (1 - (nowMs / 1000 - second)) * within(second - 1);
  }

  record(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.#records.set(second, (this.#records.get(second) ?? 0) + 1);
    const wanted = Math.min(lanesMax, Math.max(this.pinned, Math.ceil(this.#rate(nowMs) / 200)));
    if (wanted >= this.lanes) {
      if (wanted > 1) this.#coolsAtMs = nowMs + 30_000;
      this.lanes = wanted;
    } else if (nowMs >= this.#coolsAtMs) {
      this.lanes = Math.max(wanted, Math.floor(this.lanes / 2));
      this.#coolsAtMs = nowMs + 30_000;
    }
  }

  refuse(nowMs: number): void {
    if (this.#rate(nowMs) < 2) return;
    this.#coolsAtMs = nowMs + 30_000;
    if (nowMs < this.#refusedAtMs + 200) return;
    this.#refusedAtMs = nowMs;
    this.lanes = Math.min(lanesMax, 2 * this.lanes);
  }
}

/** The lane of a partition key, 0 for the plain one; undefined: it does not name the counter. */
function laneOf(partitionKey: string, counterKey: string): number | undefined {
  if (partitionKey === counterKey) return 0;
  const [key, lane = ''] = partitionKey.split('\u0001');
  return key === counterKey && /^\d+(\.\d+)?$/.test(lane) ? Number.parseInt(lane, 10) : undefined;
}

function build() {
  const clock = { nowMs: 0 };
  const monotonicMs = (): number => clock.nowMs;
  const pins = { list: [] as readonly PinnedKey[] };
  const spreader = createKeySpreader({
    ...{ clock: { monotonicMs }, log: { hashPosition } },
    pinned: () => pins.list,
  });
  /** 0: not pinned. */
  const pin = (key: string, lanes: number): void => {
    pins.list = lanes === 0 ? [{ key: 'other', lanes: 7 }] : [{ key, lanes }];
  };
  return { clock, spreader, pin };
}

/** Event ids and, by a number of lanes, the lane of each. */
const eventIds = Array.from({ length: 47 }, (_, i) => {
  const id = `event ${i}`;
  const hash = referenceHash(id);
  const lanes = Array.from({ length: lanesMax + 1 }, (_, count) =>
    count === 0 ? 0 : referenceJump(hash, count),
  );
  return { id, lanes };
});

const step = fc.record({
  pauseMs: fc.constantFrom(0, 1, 199, 200, 500, 999, 1000, 1001, 2000, 9000, 29_999, 30_000, 30_001),
  records: fc.constantFrom(0, 1, 2, 3, 40, 199, 200, 201, 401, 900),
  refusals: fc.constantFrom(0, 0, 0, 1, 2),
  pinned: fc.constantFrom(0, 0, 0, 2, 4, 32),
});

describe('a counter beside a naive one', () => {
  it('has as many lanes as its pin, its rate and refusals ask for, goes back step by step, and forgets that it was hot', () => {
    let events = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) => {
        const { clock, spreader, pin } = build();
        const naive = new NaiveSpread();
        const wrong: unknown[] = [];
        for (const { pauseMs, records, refusals, pinned } of steps) {
          clock.nowMs += pauseMs;
          pin('k', pinned);
          naive.pinned = pinned;
          let last = 'k';
          for (let i = 0; i < records; i += 1) {
            naive.record(clock.nowMs);
            const { id, lanes } = eventIds[(events += 1) % eventIds.length]!;
            last = spreader.partitionKeyOf('k', id);
            const expected = lanes[naive.lanes];
            const lane = laneOf(last, 'k');
            if (lane !== expected) wrong.push({ atMs: clock.nowMs, i, lane, expected, lanes: naive.lanes });
          }
          for (let i = 0; i < refusals; i += 1) {
            naive.refuse(clock.nowMs);
            spreader.refused(last);
          }
        }
        expect(wrong.slice(0, 1)).toEqual([]);
      }),
      runs(8),
    );
  });
});

/** How many lanes a counter has: those of which the event ids, a record each, go where they should. */
function lanesOf(spreader: KeySpreader, key: string): readonly number[] {
  const found = eventIds.map(({ id }) => laneOf(spreader.partitionKeyOf(key, id), key));
  return [1, 2, 4, 8].filter((count) => eventIds.every(({ lanes }, i) => lanes[count] === found[i]));
}

describe('a counter that the log refused', () => {
  it('has twice as many lanes, 200 ms later twice as many again, and half of them after 30 s each', () => {
    const { clock, spreader } = build();
    spread(spreader, 'k');
    for (const [atMs, refused, lanes] of [
      [0, false, 2],
      [199, true, 2],
      [200, true, 4],
      [399, true, 4],
      [400, true, 8],
      // The last refusal is what it cools from, even one that made no lanes.
      [500, true, 8],
      [30_499, false, 8],
      [30_500, false, 4],
      [60_499, false, 4],
      [60_500, false, 2],
      [90_499, false, 2],
      [90_500, false, 1],
    ] as const) {
      clock.nowMs = atMs;
      if (refused) spreader.refused('k');
      expect([atMs, lanesOf(spreader, 'k')]).toEqual([atMs, [lanes]]);
    }
  });

  it('is left as it is below two records a second', () => {
    const { clock, spreader } = build();
    spreader.partitionKeyOf('k', 'a');
    spreader.refused('k');
    expect(lanesOf(spreader, 'k')).toEqual([1]);
    const half = build();
    for (let i = 0; i < 2; i += 1) half.spreader.partitionKeyOf('k', 'a');
    // A millisecond into the next second, a thousandth of both is forgotten.
    half.clock.nowMs = 1001;
    half.spreader.refused('k');
    expect(lanesOf(half.spreader, 'k')).toEqual([1]);
    clock.nowMs = 1;
    spreader.refused('k');
    expect(lanesOf(spreader, 'k')).toEqual([2]);
  });
});

/** Event ids of which some go to the second lane. */
const probes = Array.from({ length: 8 }, (_, i) => `probe ${i}`);

/** Whether a counter is spread now, by one record that goes to the second lane if there are two or more. */
const isSpread = (spreader: KeySpreader, key: string): boolean =>
  probes.some((probe) => spreader.partitionKeyOf(key, probe) !== key);

/** Two records and a refusal: from then on the counter has two lanes. */
function spread(spreader: KeySpreader, key: string): void {
  for (let i = 0; i < 2; i += 1) spreader.partitionKeyOf(key, `first-${i}`);
  spreader.refused(key);
}

describe('the counters that are spread at the same time', () => {
  it('are a thousand: the one that was spread first gives way', () => {
    const { spreader } = build();
    for (let i = 0; i < 1000; i += 1) spread(spreader, `k${i}`);
    expect(['k0', 'k1', 'k999'].map((key) => isSpread(spreader, key))).toEqual([true, true, true]);
    spread(spreader, 'one more');
    expect(['k0', 'k1', 'k999', 'one more'].map((key) => isSpread(spreader, key))).toEqual([
      ...[false, true, true, true],
    ]);
  });

  it('make room when they have cooled', () => {
    const { clock, spreader } = build();
    spread(spreader, 'stays hot');
    spread(spreader, 'cools');
    clock.nowMs += 29_000;
    spreader.partitionKeyOf('stays hot', 'a');
    spread(spreader, 'stays hot');
    clock.nowMs += 1000;
    expect(isSpread(spreader, 'cools')).toBe(false);
    for (let i = 0; i < 999; i += 1) spread(spreader, `k${i}`);
    expect(isSpread(spreader, 'stays hot')).toBe(true);
    spread(spreader, 'one more');
    expect(isSpread(spreader, 'stays hot')).toBe(false);
  });
});

describe('a long name', () => {
  it('is spread while its partition keys have room, up to 246 characters, and otherwise stays as it is', () => {
    const { spreader } = build();
    for (const [length, spreads] of [
      [246, true],
      [247, false],
      [256, false],
    ] as const) {
      const key = 'x'.repeat(length);
      spread(spreader, key);
      const keys = probes.map((probe) => spreader.partitionKeyOf(key, probe));
      expect(new Set(keys).size).toBe(spreads ? 2 : 1);
      expect(Math.max(...keys.map((each) => each.length))).toBeLessThanOrEqual(256);
    }
  });
});

describe('a pinned counter', () => {
  it('has its lanes from its first record on, and loses half of them every 30 s once it is not', () => {
    const { clock, spreader, pin } = build();
    pin('k', 8);
    expect(lanesOf(spreader, 'k')).toEqual([8]);
    expect(lanesOf(spreader, 'l')).toEqual([1]);
    clock.nowMs = 1_000_000;
    expect(lanesOf(spreader, 'k')).toEqual([8]);
    pin('k', 0);
    for (const [afterMs, lanes] of [
      [29_999, 8],
      [30_000, 4],
      [59_999, 4],
      [60_000, 2],
      [90_000, 1],
    ] as const) {
      clock.nowMs = 1_000_000 + afterMs;
      expect([afterMs, lanesOf(spreader, 'k')]).toEqual([afterMs, [lanes]]);
    }
  });

  it('whose key is as long as a key with lanes can be is spread, and one longer is not', () => {
    const { spreader, pin } = build();
    const [long, longer] = ['x'.repeat(246), 'x'.repeat(247)];
    pin(long, 4);
    expect(lanesOf(spreader, long)).toEqual([4]);
    pin(longer, 4);
    expect(lanesOf(spreader, longer)).toEqual([1]);
  });
});
