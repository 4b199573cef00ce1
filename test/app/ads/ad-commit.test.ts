import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createAdReader } from '../../../lib/app/ads/ad-reader.ts';
import { adKey, headKey, outcomeKey } from '../../../lib/app/state-keys.ts';
import type { AdCreated, AdDeleted, AdEvent } from '../../../lib/core/ads/ad-event.ts';
import type { WriteAction } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adEpochMs, adId } from '../../support/ad-builder.ts';
import {
  adCreated,
  adDeleted,
  adExpired,
  adImported,
  adUpdated,
  eventId,
  hourMs,
} from '../../support/ad-event-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectAll,
  projectEvents,
  recordsOf,
  recoverState,
} from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const shard = 'hw|1|shardId-000000000000|';
const dayMs = 24 * hourMs;
const endAt = adEpochMs + dayMs;

describe('the marks of a head', () => {
  const retentionMs = 7 * dayMs;

  /** Commits a change to a head with these marks; each has been idle for so long. */
  async function marksAfter(idleMs: Readonly<Record<string, number>>, shardId: string) {
    const world = createAdWorld();
    const nowMs = world.clock.nowMs();
    expect(nowMs % 1000).toBe(0);
    const marks = Object.entries(idleMs).map(
      ([name, ms]) => [`hw|1|${name}|`, `0015@${Math.floor((nowMs - ms) / 1000)}`] as const,
    );
    const attributes = { version: 0n, snapshot_version: 0n, ...Object.fromEntries(marks) };
    await world.memoryState.write({ type: 'put', key: headKey, attributes });
    const record = { ...recordsOf([adCreated(1)])[0]!, sequenceNumber: '6' };
    expect(await createAdProjector(world.ports).project(batchOf([record], shardId))).toEqual({
      lowestUnsettled: undefined,
    });
    const head = (await world.memoryState.get(headKey)) ?? {};
    const names = Object.keys(head).filter((name) => name.startsWith('hw|'));
    return {
      left: names.map((name) => name.split('|')[2]).sort(),
      overLimit: world.telemetry.total(metrics.marksOverLimit),
    };
  }

  it('stay for twice the retention, to the second', async () => {
    const idleMs = { a: 2 * retentionMs + 1000, b: 2 * retentionMs, c: 2 * retentionMs - 1000 };
    expect(await marksAfter(idleMs, 'z')).toEqual({ left: ['b', 'c', 'z'], overLimit: 0 });
    // The one that moves is in no danger.
    expect(await marksAfter(idleMs, 'a')).toEqual({ left: ['a', 'b', 'c'], overLimit: 0 });
  });

  it.each([
    [62, 63, 0],
    [63, 64, 0],
    [64, 64, 1],
    [70, 64, 1],
  ])(
    'of %d other shards and the own are %d at most, and too many are reported',
    async (others, left, over) => {
      const names = Array.from({ length: others }, (_, n) => String(n).padStart(2, '0'));
      // The later ones have been idle longer.
      const idleMs = Object.fromEntries(names.map((name, n) => [name, 1000 * (n + 1)]));
      const after = await marksAfter({ ...idleMs, gone: 2 * retentionMs + 1000 }, 'zz');
      expect(after).toEqual({ left: [...names.slice(0, left - 1), 'zz'], overLimit: over });
    },
  );
});

describe('a batch', () => {
  it.each([99, 100, 101, 250])(
    'of %d events that were decided under other numbers changes nothing',
    async (count) => {
      const events = Array.from({ length: count }, (_, n) => adDeleted(n));
      const world = await projectEvents(events);
      const again = recordsOf(events).map((record, n) => ({ ...record, sequenceNumber: String(1000 + n) }));
      const projector = createAdProjector(world.ports);
      expect(await projector.project(batchOf(again))).toEqual({ lowestUnsettled: undefined });
      expect((await world.memoryState.get(headKey))?.[shard]).toMatch(new RegExp(`^004${999 + count}@`));
      expect(world.telemetry.total(metrics.adEventsRefused)).toBe(count);
    },
  );

  it('is settled in the order of its numbers, each number once, however it comes', async () => {
    const events = [
      adCreated(1),
      adUpdated(1, { title: 'second' }),
      adUpdated(1, { title: 'third' }, { tag: 'b' }),
      adDeleted(99),
    ];
    const [first, second, third, fourth] = recordsOf(events).map((record, n) => ({
      ...record,
      sequenceNumber: ['8', '9', '10', '11'][n]!,
    }));
    const world = createAdWorld();
    const shuffled = [third!, fourth!, first!, third!, second!, first!];
    expect(await createAdProjector(world.ports).project(batchOf(shuffled))).toEqual({
      lowestUnsettled: undefined,
    });
    const state = await recoverState(world.ports);
    expect([state.version, state.get(adId(1))?.title]).toEqual([3, 'third']);
    expect((await world.memoryState.get(headKey))?.[shard]).toMatch(/^00211@/);
    expect(world.telemetry.total(metrics.adEventsApplied)).toBe(3);
  });

  it('counts as a change what created a version, and not an import of what is there', async () => {
    const imported = (tag: string, title: string) => adImported(1, { externalId: 'x', title }, { tag });
    const world = await projectEvents([
      imported('a', 'first'),
      imported('b', 'first'),
      imported('c', 'next'),
    ]);
    expect((await recoverState(world.ports)).version).toBe(2);
    expect(world.telemetry.total(metrics.adEventsApplied)).toBe(2);
    expect(world.telemetry.total(metrics.adEventsRefused)).toBe(0);
  });
});

describe('a transaction', () => {
  /** The sizes of the transactions that settle the events; snapshots aside. */
  async function transactionsOf(events: readonly AdEvent[]) {
    const world = createAdWorld();
    const sizes: { actions: number; bytes: number }[] = [];
    const state = overrideState(world.memoryState, {
      transact: async (actions) => {
        const isSnapshot = actions.some(({ key }) => key.pk === 'snapshots');
        if (!isSnapshot) sizes.push({ actions: actions.length, bytes: bytesOf(actions) });
        return world.memoryState.transact(actions);
      },
    });
    await projectAll(createAdProjector({ ...world.ports, state }), recordsOf(events));
    return sizes;
  }
  const bytesOf = (actions: readonly WriteAction[]): number =>
    Buffer.byteLength(
      JSON.stringify(actions, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    );

  it('takes 33 changes and the head, 100 actions', async () => {
    const events = Array.from({ length: 67 }, (_, n) => adCreated(n));
    expect((await transactionsOf(events)).map(({ actions }) => actions)).toEqual([100, 100, 4]);
  });

  it('takes 97 refusals and the head: the next event could need three actions', async () => {
    const events = Array.from({ length: 98 }, (_, n) => adDeleted(n));
    expect((await transactionsOf(events)).map(({ actions }) => actions)).toEqual([98, 2]);
  });

  it('stays under 4 MB also where a character takes six bytes in JSON, and is filled', async () => {
    const events = Array.from({ length: 26 }, (_, n) => adCreated(n, { content: '\u0001'.repeat(20_000) }));
    const sizes = await transactionsOf(events);
    expect(sizes.map(({ actions }) => (actions - 1) / 3)).toEqual([12, 12, 2]);
    for (const { bytes } of sizes) expect(bytes).toBeLessThan(4_000_000);
  });
});

describe('the schedule of an ad', () => {
  const scheduled = async (end: number) => {
    const world = await projectEvents([adCreated(1, { endAt: end })]);
    return (await world.schedule.due(Number.MAX_SAFE_INTEGER, 1)).map(({ atMs }) => atMs);
  };

  it('is at the first full second at or after its end, and never past the last one', async () => {
    expect(await scheduled(endAt - 1)).toEqual([endAt]);
    expect(await scheduled(endAt)).toEqual([endAt]);
    expect(await scheduled(endAt + 1)).toEqual([endAt + 1000]);
    // 9999-12-31T23:59:59Z
    for (const afterMs of [0, 1, 999]) {
      expect(await scheduled(253_402_300_799_000 + afterMs)).toEqual([253_402_300_799_000]);
    }
  });

  it('is cleared by the last reason of a batch in which an ad was removed twice', async () => {
    const world = await projectEvents([adCreated(1)]);
    const events: AdEvent[] = [
      adExpired(1, endAt),
      adCreated(1, { endAt: endAt + hourMs }, { tag: 'again', at: endAt }),
      adDeleted(1, { at: endAt }),
    ];
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1), ...events]).slice(1));
    expect(await world.schedule.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });
});

describe('a removed ad', () => {
  /** A UUIDv7 of this instant. */
  const idOf = (ms: number): string => {
    const hex = ms.toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  };
  const created = (id: string, at: number): AdCreated => ({ ...adCreated(1, {}, { at }), adId: id });
  const deleted = (id: string, at: number): AdDeleted => ({ ...adDeleted(1, { at }), adId: id });

  /** Ingest has logged both events; the projector settles them at these instants. */
  async function createAndRemove(idAheadMs: number, ageMs: number) {
    const world = createAdWorld();
    const startMs = world.clock.nowMs();
    const id = idOf(startMs + idAheadMs);
    const records = recordsOf([created(id, startMs), deleted(id, startMs + ageMs)]);
    const projector = createAdProjector(world.ports);
    await projectAll(projector, records.slice(0, 1));
    await world.clock.advance(ageMs);
    await projectAll(projector, records.slice(1));
    return { world, id, removedAtMs: startMs + ageMs };
  }

  it.each([0, 59_999, 60_000])(
    'leaves a tombstone for an hour and a minute while it is young: %d ms',
    async (ageMs) => {
      const { world, id, removedAtMs } = await createAndRemove(0, ageMs);
      const expected = { expires_at: BigInt(Math.ceil((removedAtMs + 61 * 60_000) / 1000)) };
      expect(await world.memoryState.get(adKey(id))).toEqual(ageMs < 60_000 ? expected : undefined);
    },
  );

  it('leaves one also when it was created in the same batch', async () => {
    const world = createAdWorld();
    const id = idOf(world.clock.nowMs());
    const at = world.clock.nowMs();
    await projectAll(createAdProjector(world.ports), recordsOf([created(id, at), deleted(id, at)]));
    expect(await world.memoryState.get(adKey(id))).toEqual({ expires_at: expect.any(BigInt) });
  });

  const ages = [0, 10_000, 59_999, 60_000, 3_000_000];
  it.each(ages.flatMap((age) => [-50_000, 0, 1_800_000, 3_599_999].map((ahead) => [age, ahead] as const)))(
    'is unknown at once at every later instant: removed after %d ms, id %d ms ahead',
    async (ageMs, idAheadMs) => {
      const { world, id } = await createAndRemove(idAheadMs, ageMs);
      const reader = createAdReader(world.ports);
      for (const afterMs of [0, 1, 9_999, 50_000, 3_540_000, 60_000, 3_000, 8_000, 7_200_000]) {
        await world.clock.advance(afterMs);
        await world.memoryState.sweepExpired(Math.floor(world.clock.nowMs() / 1000), 1000);
        const beforeMs = world.clock.monotonicMs();
        expect(await reader.read(id, [])).toEqual({ status: 'not-found' });
        expect(world.clock.monotonicMs()).toBe(beforeMs);
      }
    },
  );
});

describe('the recency of an unknown id', () => {
  it.each([
    [-10_000, false],
    [-9_999, true],
    [0, true],
    [3_599_999, true],
    [3_600_000, false],
  ])('%d ms from now: %s', async (fromNowMs, recent) => {
    const world = createAdWorld();
    const beforeMs = world.clock.monotonicMs();
    const hex = (world.clock.nowMs() + fromNowMs).toString(16).padStart(12, '0');
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-9def-0123456789ab`;
    expect((await createAdReader(world.ports).read(id, [])).status).toBe(
      recent ? 'not-caught-up' : 'not-found',
    );
    expect(world.clock.monotonicMs() - beforeMs).toBe(recent ? 2000 : 0);
    // Of another version or variant, it says nothing about its time.
    for (const other of [id.replace('-7', '-4'), id.replace('-9', '-c'), `${id.slice(0, -1)}g`]) {
      expect((await createAdReader(world.ports).read(other, [])).status).toBe('not-found');
    }
  });
});

describe('an outcome', () => {
  it('outlives the retention of the log and of the quarantine by a day, to the second', async () => {
    const settings = { ...stageSettings('local'), quarantineRetentionDays: 3 };
    const world = createAdWorld({ settings });
    await world.clock.advance(1);
    await projectEvents([adCreated(1)], {}, world);
    const lifeMs = dayMs + settings.streams['ad-events'].retentionHours * hourMs + 3 * dayMs;
    const item = await world.memoryState.get(outcomeKey(eventId('c1')));
    expect(item?.expires_at).toBe(BigInt((adEpochMs - hourMs + lifeMs) / 1000 + 1));
  });
});
