import { describe, expect, it } from '@jest/globals';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
import { addSync } from '../../../lib/app/counters/add-sync.ts';
import { giveUpIncrement } from '../../../lib/app/quarantine/give-up.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { counterKey } from '../../../lib/app/state-keys.ts';
import { StateStoreError, type ItemKey, type StateStore } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { createAuditWorld, type AuditWorld } from '../../support/audit-world.ts';
import { garbage, increment, keyed } from '../../support/counter-world.ts';

/** `increments` of value 1 in records of 50, spread over 1000 keys. */
function many(increments: number) {
  return Array.from({ length: increments / 50 }, (_, i) => increment(`k${i % 1000}`, 50, { count: 50 }));
}

/** Gives up the next record of a shard as its consumer would have, had it killed the function. */
async function giveUp(world: AuditWorld, key: string): Promise<{ shardId: string; sequenceNumber: string }> {
  for (const { shardId } of await world.increments.shards()) {
    const records = await world.increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 });
    const record = records.findLast(({ partitionKey }) => partitionKey === key);
    if (record === undefined) continue;
    const shard = { epoch: '1', shardId };
    await giveUpIncrement(world.ports, { shard, record, reason: 'kills the function' });
    return { shardId, sequenceNumber: record.sequenceNumber };
  }
  throw new Error(`no record of ${key}`);
}

describe('an audit', () => {
  it('finds a difference of 1 in 1,000,000 increments, and where it is', async () => {
    const world = createAuditWorld();
    await world.append(many(1_000_000));
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', counters: 1000, accepted: 1_000_000n });
    await world.tamper('k417', -1n);
    expect(await world.audit()).toMatchObject({
      status: 'different',
      different: [{ key: 'k417', expected: 1000n, difference: -1n }],
    });
    expect(world.telemetry.total(metrics.auditDifferences)).toBe(1);
    await world.tamper('k417', 1n);
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 1_000_000n });
  }, 60_000);

  it('adds up: accepted = counted + in flight + quarantined + dropped', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 5), increment('b', 7), garbage('a'), increment('c', 11)]);
    await world.count();
    await world.append([increment('a', 100), increment('b', 1000)]);
    await giveUp(world, 'a');
    await createRedrive(world.ports).drop({
      stream: 'increments',
      epoch: '1',
      ...(await giveUp(world, 'b')),
    });
    await world.append([increment('c', 10_000)]);
    const report = await world.audit();
    expect(report).toMatchObject({
      status: 'equal',
      accepted: 11_123n,
      counted: 23n,
      inFlight: 10_000n,
      quarantined: 100n,
      dropped: 1000n,
      unreadable: 1,
    });
  });

  it('takes a redrive for counted, whenever it comes', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 5)]);
    const place = await giveUp(world, 'a');
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 0n, quarantined: 5n });
    await createRedrive(world.ports).redrive({ stream: 'increments', epoch: '1', ...place });
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 5n, quarantined: 0n });
    await world.tamper('a', 5n);
    expect(await world.audit()).toMatchObject({ status: 'different' });
  });

  it('adds up also when a record is redriven between two looks at its counter', async () => {
    const memory = createMemoryStateStore();
    let reads = 0;
    const redriveAfterFirstRead = async (): Promise<void> => {
      reads += 1;
      if (reads === 2)
        await createRedrive(world.ports).redrive({ stream: 'increments', epoch: '1', ...place });
    };
    const getMany = async (keys: readonly ItemKey[]) => {
      await redriveAfterFirstRead();
      return memory.getMany(keys);
    };
    const world = createAuditWorld({ state: { ...bound(memory), getMany } });
    await world.append([increment('a', 5)]);
    await world.count();
    await world.append([increment('a', 100)]);
    const place = await giveUp(world, 'a');
    reads = 0;
    const report = await world.audit();
    expect(reads).toBeGreaterThan(2);
    expect(report).toMatchObject({ status: 'equal', accepted: 105n, counted: 105n, quarantined: 0n });
  });

  it('compares a counter up to its mark, so that a busy pipeline is equal', async () => {
    const world = createAuditWorld();
    await world.append(many(5000));
    await world.count(10);
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 1000n, inFlight: 4000n });
  });

  it.each([true, false])(
    'reads on to the marks it finds, when more is counted while it looks (%s)',
    async (whole) => {
      const memory = createMemoryStateStore();
      let busy = 0;
      const state = {
        ...bound(memory),
        getMany: async (keys: readonly ItemKey[]) => {
          if (busy > 0) {
            busy -= 1;
            await world.append(many(2000));
            await world.count();
          }
          return memory.getMany(keys);
        },
      };
      const world = createAuditWorld({ state });
      await world.append(many(5000));
      await world.count();
      world.history.whole = whole;
      busy = 3;
      // What came after the mark of its counter was read is in flight to the audit, and compared the next
      // time.
      const status = whole ? 'equal' : 'not-auditable';
      expect(await world.audit()).toMatchObject({ status });
      expect(busy).toBeLessThan(3);
      busy = 0;
      world.history.whole = true;
      const report = await world.audit();
      expect(report).toMatchObject({ status, inFlight: 0n });
      expect(report.counted).toBeGreaterThan(5000n);
    },
  );

  it('does not take for the log what mode=sync added', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 5)]);
    await world.count();
    const identity = { keyed: false, eventId: () => '0'.repeat(32) } as never;
    await addSync(world.ports, { key: 'a', value: 90 }, identity);
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 5n });
  });

  it('counts copies of a keyed event once, also over two runs', async () => {
    const world = createAuditWorld();
    const event = keyed('a', 5);
    await world.append([event, keyed('a', 1), event]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 6n });
    await world.append([event]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 6n });
  });

  it('reads only what is new', async () => {
    const world = createAuditWorld();
    await world.append(many(10_000));
    await world.count();
    await world.audit();
    const before = world.pagesRead();
    await world.audit();
    expect(world.pagesRead()).toBe(before);
    await world.append([increment('k1', 1)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 10_001n });
    expect(world.pagesRead()).toBe(before + 1);
  });

  it('says not auditable where the log no longer has the beginning, yet finds what goes wrong from there on', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 5), increment('b', 7)]);
    await world.count();
    await world.increments.dropBefore(Infinity);
    world.history.whole = false;
    await world.append([increment('a', 1)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'not-auditable', counters: 1, notAuditable: 1 });
    world.history.whole = true;
    await world.append([increment('a', 2)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'not-auditable' });
    await world.tamper('a', 1n);
    expect(await world.audit()).toMatchObject({
      status: 'different',
      different: [{ key: 'a', difference: 1n }],
    });
  });

  it('says not auditable when records were dropped before it came back, never equal', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 5)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal' });
    await world.append([increment('a', 7)]);
    await world.count();
    await world.increments.dropBefore(Infinity);
    world.history.whole = false;
    expect(await world.audit()).toMatchObject({ status: 'not-auditable' });
    world.history.whole = true;
    expect(await world.audit()).toMatchObject({ status: 'not-auditable' });
  });

  it('misses records once, and from then on finds every error, also in a shard of which it read nothing', async () => {
    const world = createAuditWorld();
    world.history.whole = undefined;
    await world.append([increment('a', 5), increment('b', 7)]);
    await world.count();
    await world.increments.dropBefore(Infinity);
    await world.append([increment('a', 1)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'not-auditable', different: [] });
    await world.tamper('a', 1n);
    expect(await world.audit()).toMatchObject({ different: [{ key: 'a', difference: 1n }] });
    await world.tamper('a', -1n);
    await world.append([increment('b', 2)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'not-auditable', different: [], notAuditable: 2 });
  });

  it.each([
    ['counted', 'equal', 0n],
    ['never counted', 'different', -5n],
  ])(
    'takes a record that the log has dropped for settled, its mark gone: %s',
    async (what, status, difference) => {
      const world = createAuditWorld();
      world.history.whole = undefined;
      await world.append([increment('a', 5), increment('a', 3)]);
      expect(await world.audit()).toMatchObject({ status: 'equal', inFlight: 8n });
      await world.count();
      const key = counterKey('a');
      const mark = Object.keys((await world.ports.state.get(key)) ?? {}).find((name) =>
        name.startsWith('hw|'),
      );
      await world.ports.state.write({ type: 'update', key, remove: [mark!] });
      // The mark alone says nothing: the records may still be delivered.
      expect(await world.audit()).toMatchObject({ status: 'different', inFlight: 8n });
      await world.increments.dropBefore(Infinity);
      if (what === 'never counted') await world.tamper('a', -5n);
      expect(await world.audit()).toMatchObject({
        ...{ status, inFlight: 0n },
        different: difference === 0n ? [] : [{ key: 'a', difference }],
      });
    },
  );

  it('says not auditable of a counter that an earlier stream fed', async () => {
    const world = createAuditWorld();
    const movedAt = Math.floor(world.clock.nowMs() / 1000);
    const set = { 'hw|0|shardId-000000000000|': `0019@${movedAt}`, total: 50n };
    await world.ports.state.write({ type: 'update', key: counterKey('a'), set });
    await world.append([increment('a', 5), increment('b', 7)]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'not-auditable', notAuditable: 1, counters: 2 });
  });

  it('goes through resharding', async () => {
    const world = createAuditWorld();
    await world.append(many(5000));
    await world.count();
    await world.audit();
    await world.append(many(5000));
    await world.increments.reshard({ type: 'split', shardId: 'shardId-000000000000' });
    await world.append(many(5000));
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 15_000n, counted: 15_000n });
  });

  it('goes on from a run that found differences while records waited', async () => {
    const world = createAuditWorld();
    await world.append([increment('a', 1), increment('a', 2), increment('a', 3)]);
    await world.count(1);
    await world.tamper('a', 10n);
    const different = [{ key: 'a', expected: 1n, difference: 10n }];
    expect(await world.audit()).toMatchObject({ status: 'different', different, inFlight: 5n });
    await giveUp(world, 'a');
    await world.append([increment('a', 4)]);
    // Its mark has passed 2 and 3 without a word on 2: what it lacks now is told from what it has too much.
    await world.tamper('a', -10n);
    expect(await world.audit()).toMatchObject({
      status: 'different',
      different: [{ difference: -2n }],
      quarantined: 3n,
    });
    await world.tamper('a', 2n);
    await world.count();
    expect(await world.audit()).toMatchObject({
      status: 'equal',
      accepted: 10n,
      counted: 7n,
      quarantined: 3n,
    });
  });

  it('takes only the first epoch for the beginning of all counters', () => {
    expect(emptyBook('1').whole).toBe(true);
    expect(emptyBook('2').whole).toBe(false);
  });

  it('rejects when the store does not answer, and says nothing', async () => {
    const memory = createMemoryStateStore();
    const failure = new StateStoreError('state-unavailable', 'no answer');
    const world = createAuditWorld({ state: { ...bound(memory), getMany: () => Promise.reject(failure) } });
    await world.append([increment('a', 5)]);
    await expect(world.audit()).rejects.toBe(failure);
  });
});

/** Its methods, to be replaced one by one. */
function bound(store: StateStore): StateStore {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (range) => store.query(range),
    write: (action) => store.write(action),
    writeEach: (actions) => store.writeEach(actions),
    transact: (actions) => store.transact(actions),
    transactEach: (transactions) => store.transactEach(transactions),
  };
}
