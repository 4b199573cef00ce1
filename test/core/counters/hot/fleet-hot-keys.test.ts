import { describe, expect, it } from '@jest/globals';
import {
  currentHotKeys,
  mergeHotKeys,
  type FleetHotKey,
  type SeenRate,
} from '../../../../lib/core/counters/hot/fleet-hot-keys.ts';

const startMs = 1_000_000;
const seen = (perSecond: number, key = 'a', pinnedLanes = 0): SeenRate => ({ key, perSecond, pinnedLanes });
const merge = (known: readonly FleetHotKey[], what: readonly SeenRate[], afterMs = 0) =>
  mergeHotKeys(known, what, { nowMs: startMs + afterMs, laneRecordsPerSecond: 200 });
const entry = (lanes: number, key = 'a', atMs = startMs): FleetHotKey => ({
  ...{ key, lanes, raisedAtMs: atMs, seenAtMs: atMs },
});

describe('the counters that the whole fleet spreads', () => {
  it('have twice the lanes that their rate needs, at most 32', () => {
    expect(merge([], [seen(200)])).toBeUndefined();
    expect(merge([], [seen(201)])).toEqual([entry(4)]);
    expect(merge([], [seen(1000)])).toEqual([entry(10)]);
    expect(merge([], [seen(5000)])).toEqual([entry(32)]);
  });

  it('get more when each of their lanes is over its share, and not before all containers know', () => {
    const four = [entry(4)];
    expect(merge(four, [seen(400)], 9999)).toBeUndefined();
    expect(merge(four, [seen(400)], 10_000)).toEqual([entry(16, 'a', startMs + 10_000)]);
    expect(merge(four, [seen(200)], 10_000)).toBeUndefined();
    expect(merge([entry(32)], [seen(600)], 10_000)).toBeUndefined();
  });

  it('start from the lanes that an operator has pinned', () => {
    expect(merge([], [seen(200, 'a', 16)])).toBeUndefined();
    expect(merge([], [seen(210, 'a', 8)])).toEqual([entry(18)]);
    expect(merge([entry(4)], [seen(300, 'a', 8)], 10_000)).toEqual([entry(24, 'a', startMs + 10_000)]);
  });

  it('stay while they are busy, written every 20 s, and go a minute later', () => {
    const eight = [entry(8)];
    expect(merge(eight, [seen(60)], 19_999)).toBeUndefined();
    expect(merge(eight, [seen(60)], 20_000)).toEqual([{ ...entry(8), seenAtMs: startMs + 20_000 }]);
    expect(merge(eight, [seen(50)], 20_000)).toBeUndefined();
    expect(currentHotKeys(eight, startMs + 59_999)).toEqual(eight);
    expect(currentHotKeys(eight, startMs + 60_000)).toEqual([]);
    // It begins anew, and what is over leaves with the next write.
    expect(merge([entry(8), entry(8, 'b')], [seen(300)], 60_000)).toEqual([entry(4, 'a', startMs + 60_000)]);
  });

  it('are not kept by a clock that is wrong', () => {
    const future = [entry(8, 'a', startMs + 3_600_000)];
    expect(currentHotKeys(future, startMs)).toEqual([]);
    expect(merge(future, [seen(300)])).toEqual([entry(4)]);
  });

  it('are sixteen, those with the most lanes', () => {
    const known = Array.from({ length: 16 }, (_, i) => entry(i === 7 ? 2 : 8, `k${i}`));
    const merged = merge(known, [seen(500)]) ?? [];
    expect(merged).toHaveLength(16);
    expect(merged.map(({ key }) => key)).toContain('a');
    expect(merged.map(({ key }) => key)).not.toContain('k7');
  });
});
