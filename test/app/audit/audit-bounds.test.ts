import { describe, expect, it } from '@jest/globals';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
import { auditLimits } from '../../../lib/app/audit/audit-limits.ts';
import { AuditLimitError } from '../../../lib/app/audit/audit-reader.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { toPartitionKey } from '../../../lib/core/counters/counter-key.ts';
import { laneName } from '../../../lib/core/counters/hot/lanes.ts';
import { counterKey } from '../../../lib/app/state-keys.ts';
import { createAuditWorld } from '../../support/audit-world.ts';
import { increment, keyed } from '../../support/counter-world.ts';

const hourMs = 3_600_000;

describe('the bounds of an audit', () => {
  it('are these', () => {
    expect(auditLimits).toEqual({
      recordsPerRead: 10_000,
      bytesPerRead: 4_194_304,
      recordsPerLook: 100_000,
      keysPerSlice: 1000,
      pendingMax: 2_000_000,
      keyedIdsMax: 5_000_000,
      differencesMax: 1000,
      suspectsMax: 1000,
    });
  });

  it('stops when more records wait than it may hold, those of earlier runs included', async () => {
    const world = createAuditWorld({}, { ...auditLimits, pendingMax: 3 });
    await world.append([increment('a'), increment('b'), increment('a')]);
    expect(await world.audit()).toMatchObject({ status: 'equal', inFlight: 3n });
    await world.append([increment('a')]);
    await expect(world.audit(structuredClone(world.book))).rejects.toThrow(AuditLimitError);
    await world.count();
    await world.append([increment('a')]);
    // Those that were counted make room; there never are more than three unless all are read at once.
    const roomy = createAuditWorld(
      {},
      { ...auditLimits, pendingMax: 3, recordsPerRead: 1, recordsPerLook: 1 },
    );
    await roomy.append(Array.from({ length: 12 }, () => increment('a')));
    await roomy.count();
    expect(await roomy.audit()).toMatchObject({ status: 'equal', counted: 12n });
  });

  it('stops when more keyed events are in the log than it may remember', async () => {
    const world = createAuditWorld({}, { ...auditLimits, keyedIdsMax: 2 });
    await world.append([keyed('a'), keyed('b'), increment('a'), increment('a')]);
    expect(await world.audit()).toMatchObject({ status: 'equal' });
    await world.append([keyed('a')]);
    await expect(world.audit()).rejects.toThrow('more than 2 keyed events in two days');
  });

  it('forgets no event while a shard is behind, however far another has been read', async () => {
    const world = createAuditWorld(
      {},
      { ...auditLimits, recordsPerRead: 20, recordsPerLook: 1, keyedIdsMax: 70 },
    );
    const partitionKey = toPartitionKey(
      'a',
      laneName('a', 1, (key) => world.increments.hashPosition(key)),
    );
    // A page of the quiet shard spans twenty days, and all of its events are on the busy one too.
    for (let day = 0; day < 20; day += 1) {
      const events = Array.from({ length: 10 }, () => keyed('a'));
      await world.append(events);
      await world.append(events.slice(0, 1).map((event) => ({ ...event, partitionKey })));
      await world.count();
      await world.clock.sleep(24 * hourMs);
    }
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 200n, counted: 200n });
  });

  it('lists so many differences at most', async () => {
    const world = createAuditWorld({}, { ...auditLimits, differencesMax: 2 });
    await world.append(['a', 'b', 'c'].map((key) => increment(key)));
    await world.count();
    for (const key of ['a', 'b', 'c']) await world.tamper(key, 1n);
    const { different } = await world.audit();
    expect(different.map(({ key }) => key)).toHaveLength(2);
    expect(world.telemetry.total(metrics.auditDifferences)).toBe(2);
  });

  it('keeps the newest suspects of a counter', async () => {
    const world = createAuditWorld({}, { ...auditLimits, suspectsMax: 2 });
    await world.append([1, 2, 3].map((value) => increment('a', value)));
    await world.count();
    await world.tamper('a', 1n);
    await world.audit();
    expect(world.book.suspects.get('a')?.map(({ value }) => value)).toEqual([2n, 3n]);
    await world.tamper('a', -1n);
    await world.audit();
    expect(world.book.suspects.size).toBe(0);
  });
});

describe('what an audit remembers', () => {
  it.each([
    [48 * hourMs, 0n],
    [48 * hourMs + 1, 4n],
  ])('is the id of a keyed event: a copy after %d ms adds %d', async (laterMs, added) => {
    const world = createAuditWorld();
    const event = keyed('a', 4);
    await world.append([event]);
    await world.count();
    expect(await world.audit()).toMatchObject({ accepted: 4n, counted: 4n });
    world.clock.jump(laterMs);
    await world.append([keyed('b', 1)]);
    await world.audit();
    await world.append([event]);
    const { accepted } = await world.audit();
    expect(accepted - 5n).toBe(added);
  });

  it('is the instant at which a run began: from it on the log may have dropped what the run did not see', async () => {
    const asked: unknown[] = [];
    const world = createAuditWorld();
    await world.append([increment('a')]);
    await world.count();
    const isWhole = world.history.isWhole.bind(world.history);
    world.history.isWhole = (shardId, after) => {
      asked.push(after?.atMs);
      return isWhole(shardId, after);
    };
    const beganMs = world.clock.nowMs();
    const { shards } = world.history;
    world.history.shards = async () => {
      await world.clock.sleep(5000);
      return shards();
    };
    await world.audit();
    expect(world.clock.nowMs()).toBeGreaterThanOrEqual(beganMs + 10_000);
    expect(world.book.ranAtMs).toBe(beganMs);
    await world.audit();
    expect(asked).toEqual([undefined, undefined, beganMs, beganMs]);
  });

  it('is where it was in each shard, and asks of that position whether the log is whole', async () => {
    const world = createAuditWorld();
    world.history.whole = undefined;
    await world.append(['a', 'b', 'c', 'd'].map((key) => increment(key)));
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal' });
    await world.increments.dropBefore(Infinity);
    // All that was dropped had been read.
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 4n });
  });

  it('is no baseline from before a gap', async () => {
    const world = createAuditWorld();
    world.history.whole = undefined;
    await world.append([increment('a', 5)]);
    await world.count();
    await world.increments.dropBefore(Infinity);
    expect(await world.audit()).toMatchObject({ status: 'not-auditable' });
    await world.append([increment('a', 1)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'not-auditable', notAuditable: 1 });
    expect(world.book.accounts.get('a')).toMatchObject({ baseline: 5n, settled: 1n });
    await world.append([increment('a', 10)]);
    await world.count();
    await world.increments.dropBefore(Infinity);
    await world.append([increment('a', 2)]);
    await world.count();
    // Ten of it were never read.
    expect(await world.audit()).toMatchObject({ status: 'not-auditable', different: [] });
    expect(world.book.accounts.get('a')).toMatchObject({ baseline: 15n, settled: 3n });
  });

  it('is nothing that waited before a gap for a mark that is gone', async () => {
    const world = createAuditWorld();
    world.history.droppedThrough = () => Promise.resolve(undefined);
    const dropMarks = async (): Promise<void> => {
      const item = (await world.ports.state.get(counterKey('a'))) ?? {};
      const remove = Object.keys(item).filter((name) => name.startsWith('hw|'));
      await world.ports.state.write({ type: 'update', key: counterKey('a'), remove });
    };
    await world.append([increment('a', 1)]);
    expect(await world.audit()).toMatchObject({ inFlight: 1n });
    await world.count();
    await dropMarks();
    world.history.whole = false;
    await world.append([increment('a', 2)]);
    expect(await world.audit()).toMatchObject({ different: [], notAuditable: 1, inFlight: 2n });
    world.history.whole = true;
    await world.count();
    expect(await world.audit()).toMatchObject({ different: [], counted: 3n, inFlight: 0n });
    await world.tamper('a', 1n);
    expect(await world.audit()).toMatchObject({ different: [{ key: 'a', difference: 1n }] });
  });

  it('has in flight what a shard got that was opened during the run', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 1)]);
    await world.count();
    const { shards } = world.history;
    let lists = 0;
    world.history.shards = async () => {
      lists += 1;
      if (lists === 2) {
        for (const { shardId, closed } of await shards())
          if (!closed) await world.increments.reshard({ type: 'split', shardId });
        await world.append([increment('a', 2)]);
      }
      return shards();
    };
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 1n, inFlight: 2n });
    expect(lists).toBeGreaterThanOrEqual(2);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 3n, inFlight: 0n });
  });

  it('moves while the stream before is still counted, and stands once that has ended', async () => {
    const world = createAuditWorld();
    const addFromBefore = (value: bigint) =>
      world.ports.state.write({
        ...{ type: 'update', key: counterKey('a'), add: { total: value } },
        set: { 'hw|0|shardId-000000000000|': `0015@${Math.floor(world.clock.nowMs() / 1000)}` },
      });
    await world.append([increment('a', 1)]);
    await world.count();
    await addFromBefore(5n);
    expect(await world.audit()).toMatchObject({ different: [], notAuditable: 1, counted: 6n });
    await world.clock.sleep(3_600_000);
    await addFromBefore(7n);
    expect(await world.audit()).toMatchObject({ different: [], notAuditable: 1, counted: 13n });
    await world.clock.sleep(3_600_000);
    expect(await world.audit()).toMatchObject({ different: [], counted: 13n });
    await world.tamper('a', -1n);
    expect(await world.audit()).toMatchObject({ different: [{ key: 'a', expected: 13n, difference: -1n }] });
  });

  it('is nothing of another epoch', () => {
    const { whole, ranAtMs, began, unreadable, epoch, ...rest } = emptyBook('2');
    expect({ whole, ranAtMs, began, unreadable, epoch }).toEqual({
      ...{ whole: false, ranAtMs: undefined, began: undefined, unreadable: 0, epoch: '2' },
    });
    for (const map of Object.values(rest)) expect(map.size).toBe(0);
  });
});
