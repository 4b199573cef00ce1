import { describe, expect, it } from '@jest/globals';
import { parseHead, type AdHead } from '../../../lib/app/ads/ad-head.ts';
import { bringUpTo, StateFollower } from '../../../lib/app/ads/ad-recovery.ts';
import { ChangeLogGapError, readChanges } from '../../../lib/app/ads/change-log.ts';
import { writeSnapshot } from '../../../lib/app/ads/snapshot-writer.ts';
import { changeKey } from '../../../lib/app/state-keys.ts';
import { AdState } from '../../../lib/core/ads/ad-state.ts';
import type { QueryRange } from '../../../lib/ports/state-store.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { createAdWorld } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const sortKey = (version: number): string => String(version).padStart(16, '0');

interface HeadChanges {
  readonly version: number;
  readonly snapshotVersion?: number;
  readonly liveAds?: number;
}

describe('the key of a change', () => {
  it.each([
    [1, 'changes#0'],
    [999, 'changes#0'],
    [1000, 'changes#1'],
    [1001, 'changes#1'],
    [1999, 'changes#1'],
    [2000, 'changes#2'],
    [1_234_567, 'changes#1234'],
  ])('of version %d is in %s', (version, pk) => {
    expect(changeKey(version)).toEqual({ table: 'ads', pk, sk: sortKey(version) });
  });
});

/**
 * A change log of `through` removals that is made up as it is read. A partition holds the versions of its
 * thousand, and a page ends after `pageItems`, as one that is full of bytes does.
 */
function createLongLog(through: number, pageItems: number) {
  const queries: { pk: string; from: number; to: number }[] = [];
  let running = 0;
  let together = 0;
  const query = async ({ pk, after = '', through: last = '', limit }: QueryRange) => {
    running += 1;
    together = Math.max(together, running);
    await Promise.resolve();
    running -= 1;
    const thousand = Number(pk.slice('changes#'.length)) * 1000;
    const from = Math.max(Number(after) + 1, thousand, 1);
    const to = Math.min(Number(last), thousand + 999, through);
    queries.push({ pk, from, to });
    const items = [];
    for (let version = from; version <= to && items.length < Math.min(limit, pageItems); version++) {
      const change = JSON.stringify({ v: 1, remove: adId(version), reason: 'deleted', version });
      items.push({ sk: sortKey(version), attributes: { change } });
    }
    return { items, more: items.length < to - from + 1 };
  };
  const state = overrideState(createAdWorld().memoryState, { query });
  return { state, queries, together: () => together };
}

async function read(
  log: ReturnType<typeof createLongLog>,
  after: number,
  through: number,
): Promise<number[]> {
  const versions: number[] = [];
  for await (const changes of readChanges(log, after, through)) {
    versions.push(...changes.map(({ version }) => version));
  }
  return versions;
}

describe('reading the change log', () => {
  const edges = [0, 1, 999, 1000, 1001, 2000];
  const cases = edges.flatMap((after) =>
    edges.filter((through) => through > after).map((through) => [after, through] as const),
  );

  it.each([1000, 7])('gives each version once, from any to any, in pages of %d', async (pageItems) => {
    for (const [after, through] of cases) {
      const log = createLongLog(2001, pageItems);
      const expected = Array.from({ length: through - after }, (_, index) => after + 1 + index);
      expect(await read(log, after, through)).toEqual(expected);
    }
  });

  it.each([
    [7999, 8],
    [8000, 8],
    [8999, 8],
    [17_001, 8],
    [3000, 4],
  ])('goes through %d versions, at most eight buckets at a time', async (through, together) => {
    const log = createLongLog(through, 1000);
    const versions = await read(log, 0, through);
    expect(versions).toHaveLength(through);
    expect(versions.every((version, index) => version === index + 1)).toBe(true);
    expect(log.together()).toBe(together);
  });

  it.each([999, 1000, 1001, 7999, 8000, 8001])('is refused when the log ends after %d', async (end) => {
    const log = createLongLog(end, 1000);
    await expect(read(log, 0, 9000)).rejects.toThrow(ChangeLogGapError);
  });
});

describe('a follower that comes back after a gap', () => {
  /** Versions 1 .. 1499 create ads; the snapshot holds those of 1200. */
  const head = ({ snapshotVersion = 0, ...changes }: HeadChanges): AdHead => {
    const empty = parseHead({});
    return { ...empty, exists: true, ...changes, active: { ...empty.active, snapshotVersion } };
  };

  async function createLog() {
    const world = createAdWorld();
    for (let version = 1; version < 2500; version++) {
      const change = JSON.stringify({ v: 1, put: row(version) });
      await world.memoryState.write({ type: 'put', key: changeKey(version), attributes: { change } });
    }
    const ads = Array.from({ length: 1200 }, (_, n) => buildAd({ id: adId(n + 1), version: n + 1 }));
    await world.memoryState.write({
      type: 'put',
      key: { table: 'ads', pk: 'head', sk: '' },
      attributes: { version: 1200n, snapshot_version: 0n },
    });
    await writeSnapshot(world.ports, AdState.from(ads, 1200), head({ version: 1200 }));
    const ranges: string[] = [];
    const state = overrideState(world.memoryState, {
      query: async (range) => {
        if (range.pk !== 'snapshots') ranges.push(`${Number(range.after)}..${Number(range.through)}`);
        return world.memoryState.query(range);
      },
    });
    return { ports: { ...world.ports, state }, ranges };
  }

  it('reads the changes, unless a snapshot saves more than a thousand of them and more than the ads', async () => {
    const { ports, ranges } = await createLog();
    const come = async (from: number, changes: HeadChanges): Promise<string> => {
      const follower = new StateFollower();
      follower.load(
        Object.assign(follower.createRows(), {
          ads: Array.from({ length: from }, (_, n) => buildAd({ id: adId(n + 1), version: n + 1 })),
        }),
        from,
      );
      ranges.splice(0);
      await bringUpTo(ports, head(changes), follower);
      expect([follower.version, follower.state.size]).toEqual([changes.version, changes.version]);
      return ranges.join(' ');
    };
    const snapshotVersion = 1200;
    // Cold.
    expect(await come(0, { version: 1200, snapshotVersion, liveAds: 1200 })).toBe('');
    expect(await come(0, { version: 1201, snapshotVersion, liveAds: 1201 })).toBe('1200..1201');
    expect(await come(0, { version: 3, snapshotVersion: 0, liveAds: 3 })).toBe('0..3');
    // Warm: a thousand changes are read one by one, whatever the number of ads.
    expect(await come(500, { version: 1500, snapshotVersion, liveAds: 10 })).toBe('500..999 999..1500');
    expect(await come(499, { version: 1500, snapshotVersion, liveAds: 10 })).toBe('1200..1500');
    // As many changes as there are ads are, too.
    expect(await come(100, { version: 1400, snapshotVersion, liveAds: 1300 })).toBe('100..999 999..1400');
    expect(await come(100, { version: 1400, snapshotVersion, liveAds: 1299 })).toBe('1200..1400');
    // A snapshot that is no newer than the follower saves nothing.
    expect(await come(1200, { version: 2400, snapshotVersion, liveAds: 10 })).toBe('1200..1999 1999..2400');
    expect(await come(1199, { version: 2400, snapshotVersion, liveAds: 10 })).toBe('1200..1999 1999..2400');
    // It never goes back.
    expect(await come(7, { version: 7, snapshotVersion: 0, liveAds: 7 })).toBe('');
  });
});

function row(version: number): unknown[] {
  const { title, content, startAt, endAt, createdAt } = buildAd();
  return [adId(version), title, content, startAt, endAt, null, null, 0, '', 0, version, createdAt, 0];
}
