import { rmSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openLmdb, type LmdbStores, type OpenLmdbOptions } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import type { QuarantinedRecord } from '../../lib/ports/quarantine.ts';
import { freshFolder, openFresh, testStreams } from './lmdb-folder.ts';

/**
 * Every operation in a full folder: what gives room back must succeed as often as it is asked, or nothing can
 * ever be trimmed; what takes room is refused by name and leaves nothing; afterwards all goes on.
 */
const shardId = 'shardId-000000000000';
const nowMs = 1_000_000;
const retentionMs = 1000;

const itemKey = (pk: string): ItemKey => ({ table: 'ads', pk, sk: '' });
const absent = { op: 'item-absent' } as const;
const large = 'x'.repeat(3000);
const put = (pk: string) => ({ type: 'put', key: itemKey(pk), attributes: { large } }) as const;
const remove = (pk: string) => ({ type: 'delete', key: itemKey(pk) }) as const;
const entries = (count: number) =>
  Array.from({ length: count }, () => ({ partitionKey: 'k', data: Buffer.alloc(3000) }));
const record = (number: number): QuarantinedRecord => ({
  stream: 'increments',
  epoch: '1',
  shardId,
  sequenceNumber: String(number),
  partitionKey: 'k',
  data: Buffer.alloc(3000),
  arrivedAtMs: 1,
  quarantinedAtMs: 1,
  reason: 'r',
});
const schedule = (number: number) => ({ name: `s${number}`, atMs: number, input: { adId: 'a', endAtMs: 1 } });

/** `turn` differs in each call, 0 .. `turns` - 1. */
type Operation = (stores: LmdbStores, turn: number) => Promise<unknown>;
const turns = 10;

const frees: readonly [string, Operation][] = [
  ['a checkpoint', ({ increments }, turn) => increments.writeCheckpoint('c', shardId, String(turn + 1))],
  ['a first checkpoint', ({ increments }, turn) => increments.writeCheckpoint(`c${turn}`, shardId, '1')],
  ['trimming', ({ increments }) => increments.trim()],
  ['a removal from the quarantine', ({ quarantine }, turn) => quarantine.remove(record(turn))],
  ['clearing a schedule', ({ schedule: schedules }, turn) => schedules.clear(`s${turn}`)],
  ['completing a schedule', ({ schedule: schedules }, turn) => schedules.complete(`s${turn + turns}`)],
  ['a delete', ({ state }, turn) => state.write(remove(`written ${turn}`))],
  ['deletes', ({ state }, turn) => state.writeEach([remove(`each ${turn}`), remove(`other ${turn}`)])],
  [
    'a transaction of deletes and checks',
    ({ state }, turn) =>
      state.transact([remove(`all ${turn}`), { type: 'check', key: itemKey('none'), condition: absent }]),
  ],
  ['the sweep of expired items', ({ state }) => state.sweepExpired(nowMs, 10)],
];

const stateFull = { code: 'state-full', retryable: true };
const takes: readonly [string, Operation, object][] = [
  ['a put', ({ state }) => state.write(put('new')), stateFull],
  [
    'an update that sets',
    ({ state }) => state.write({ type: 'update', key: itemKey('new'), set: { large } }),
    stateFull,
  ],
  [
    'an update that adds',
    ({ state }) => state.write({ type: 'update', key: itemKey('new'), add: { total: 1n } }),
    stateFull,
  ],
  ['writes, a delete among them', ({ state }) => state.writeEach([put('new'), remove('kept')]), stateFull],
  [
    'a transaction, a delete among its actions',
    ({ state }) => state.transact([put('new'), remove('kept')]),
    stateFull,
  ],
  [
    'transactions, one of deletes alone',
    ({ state }) => state.transactEach([[put('new')], [remove('kept')]]),
    stateFull,
  ],
  [
    'the quarantine',
    ({ quarantine }) => quarantine.store(record(9999)),
    { code: 'quarantine-unavailable', retryable: true },
  ],
  [
    'a schedule',
    ({ schedule: schedules }) => schedules.set(schedule(9999)),
    { code: 'schedule-unavailable', retryable: true },
  ],
];

describe.each<[string, Partial<OpenLmdbOptions>]>([
  ['at the bound of its data', { bytesMax: 1_800_000 }],
  // Nothing may be added to the file: what the disk leaves free is far below this.
  ['on a full disk', { freeBytesMin: Number.MAX_SAFE_INTEGER }],
])('a folder %s', (_, full) => {
  test('frees what it can, refuses the rest by name, and goes on once there is room', async () => {
    const folder = freshFolder();
    const options = {
      folder,
      streams: { ...testStreams, increments: { ...testStreams.increments, shardCount: 1, retentionMs } },
      clock: { nowMs: () => nowMs },
      marginBytes: 600_000,
      limits: { appendBytesWaitingMax: 200_000 },
    };
    const before = openLmdb({ ...options, clock: { nowMs: () => 1 } });
    await prepare(before);
    await before.close();
    const stores = openLmdb({ ...options, ...full });
    await fill(stores);

    for (const [name, operation, error] of takes) {
      const taking = operation(stores, 0).then(() => `${name} was taken`);
      await expect(taking).rejects.toMatchObject(error);
    }
    // As often as one asks: nothing refused waits for anything.
    for (let tries = 0; tries < 5; tries += 1)
      expect(await stores.increments.append(entries(30))).toEqual(
        entries(30).map(() => ({ status: 'refused', reason: 'log full' })),
      );
    expect(await stores.state.getMany([itemKey('new'), itemKey('kept')])).toEqual([undefined, { large }]);
    expect(await stores.quarantine.get(record(9999))).toBeUndefined();

    // Each also in one commit with something that is refused.
    const [refused] = await Promise.allSettled([
      stores.state.write(put('new')),
      stores.increments.writeCheckpoint('beside', shardId, '5'),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: stateFull });
    expect(await stores.increments.readCheckpoint('beside', shardId)).toBe('5');
    for (let turn = 0; turn < turns; turn += 1) {
      // In turn alone and together.
      const all = frees.map(
        ([, operation]) =>
          () =>
            operation(stores, turn),
      );
      if (turn % 2 === 0) await Promise.all(all.map((operation) => operation()));
      else for (const operation of all) await operation();
    }
    await expectFreed(stores);

    for (const [, operation] of takes) await operation(stores, 0);
    expect(await stores.increments.append(entries(5))).toMatchObject(
      entries(5).map(() => ({ status: 'appended' })),
    );
    expect(await stores.state.getMany([itemKey('new'), itemKey('kept')])).toEqual([{ large }, undefined]);
    await stores.close();
    rmSync(folder, { recursive: true });
  });
});

test('the writes of one commit together stay within the bound of all data', async () => {
  const { state, close } = openFresh({ bytesMax: 1_000_000 });
  const text = 'x'.repeat(100_000);
  const writes = Array.from({ length: 20 }, (_, i) =>
    state.write({ type: 'update', key: itemKey(`together ${i}`), set: { text } }),
  );
  const outcomes = await Promise.allSettled(writes);
  const written = outcomes.filter(({ status }) => status === 'fulfilled').length;
  expect(written).toBeGreaterThanOrEqual(8);
  expect(written).toBeLessThanOrEqual(9);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(stateFull);
  await close();
});

/** What the operations free: old and settled records, items, entries and schedules. */
async function prepare({ increments, state, quarantine, schedule: schedules }: LmdbStores): Promise<void> {
  const names = Array.from({ length: turns }, (_, turn) => turn);
  await Promise.all([
    increments.append(entries(60)),
    state.writeEach([
      put('kept'),
      ...['written', 'each', 'other', 'all'].flatMap((kind) => names.map((turn) => put(`${kind} ${turn}`))),
      ...names.map((turn) => ({
        ...put(`expired ${turn}`),
        attributes: { large, expires_at: BigInt(nowMs) },
      })),
    ]),
    ...names.map((turn) => quarantine.store(record(turn))),
    ...names.flatMap((turn) => [schedules.set(schedule(turn)), schedules.set(schedule(turn + turns))]),
  ]);
}

/** Until the smallest thing is refused. */
async function fill({ state }: LmdbStores): Promise<void> {
  let filled = 0;
  for (const text of ['x'.repeat(100_000), large, 'x']) {
    for (let refused = false; !refused; filled += 1) {
      expect(filled).toBeLessThan(1000);
      try {
        await state.write({ type: 'put', key: itemKey(`filler ${filled}`), attributes: { text } });
      } catch (error) {
        expect(error).toMatchObject(stateFull);
        refused = true;
      }
    }
  }
}

async function expectFreed({
  increments,
  state,
  quarantine,
  schedule: schedules,
}: LmdbStores): Promise<void> {
  expect(await increments.readCheckpoint('c', shardId)).toBe(String(turns));
  expect(await increments.read(shardId, undefined, { recordsMax: 10, bytesMax: 10 })).toEqual([]);
  expect(await quarantine.list({ limit: 10 })).toMatchObject({ records: [], more: false });
  expect(await schedules.next()).toBeUndefined();
  const gone = ['written', 'each', 'other', 'all', 'expired'].map((kind) => itemKey(`${kind} 7`));
  expect(await state.getMany(gone)).toEqual(gone.map(() => undefined));
}
