import { cpSync, renameSync, rmSync } from 'node:fs';
import { open } from 'lmdb';
import { describe, expect, test } from '@jest/globals';
import type { LmdbStores } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { CommitStep } from '../../lib/adapters/lmdb/group-writer.ts';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import { entry, readShard, textOf } from '../contracts/event-log/stored-records.ts';
import { openFresh, testStreams } from './lmdb-folder.ts';

const key: ItemKey = { table: 'counters', pk: 'counter', sk: '' };
const record = {
  stream: 'increments',
  epoch: '1',
  shardId: 'shardId-000000000000',
  sequenceNumber: '1',
  partitionKey: 'k',
  data: Uint8Array.of(1),
  arrivedAtMs: 1,
  quarantinedAtMs: 2,
  reason: 'r',
} as const;

/** Every way to write, as a caller sees it. */
const writes: readonly [string, (stores: LmdbStores) => Promise<unknown>][] = [
  ['append', ({ increments }) => increments.append([entry('k', 'x')])],
  ['write', ({ state }) => state.write({ type: 'update', key, add: { total: 1n } })],
  ['writeEach', ({ state }) => state.writeEach([{ type: 'update', key, add: { total: 1n } }])],
  ['transact', ({ state }) => state.transact([{ type: 'update', key, add: { total: 1n } }])],
  ['a checkpoint', ({ increments }) => increments.writeCheckpoint('c', 'shardId-000000000000', '1')],
  ['a schedule', ({ schedule }) => schedule.set({ name: 'n', atMs: 1, input: { adId: 'a', endAtMs: 1 } })],
  ['the quarantine', ({ quarantine }) => quarantine.store(record)],
];

describe('an acknowledgement', () => {
  test.each(writes)('of %s waits for the disk', async (_, write) => {
    const gate = createGate();
    const stores = openFresh({ commitStep: gate.step });
    let acknowledged = false;
    const writing = write(stores).then(() => {
      acknowledged = true;
    });
    await gate.reached;
    await turns();
    expect(acknowledged).toBe(false);
    // Nobody sees, or acts on, what is not on the disk.
    expect(await stores.state.get(key)).toBeUndefined();
    for (const { shardId } of await stores.increments.shards()) {
      expect(await readShard(stores.increments, shardId)).toEqual([]);
    }
    gate.open();
    await writing;
    await stores.close();
  });

  test('can wait for it: LMDB itself commits to the disk before it shows or tells', async () => {
    const { close, folder } = openFresh();
    // lmdb refuses to share an environment between the two ways of syncing.
    expect(() => open(folder, { noSubdir: false, overlappingSync: true })).toThrow(
      /opened without this flag/,
    );
    await close();
  });

  test('of many callers at once takes a few commits', async () => {
    let commits = 0;
    const step: CommitStep = (commit) => {
      commits += 1;
      return commit();
    };
    const { close, state, increments } = openFresh({ commitStep: step });
    const callers = Array.from({ length: 300 }, (_, caller) => caller);
    await Promise.all(
      callers.flatMap((caller) => [
        increments.append([entry(`k${caller}`, 'x')]),
        state.write({ type: 'update', key, add: { total: 1n } }),
      ]),
    );
    expect(commits).toBeLessThanOrEqual(3);
    expect(await state.get(key)).toEqual({ total: 300n });
    await close();
  });

  test('listeners hear of records no sooner', async () => {
    const gate = createGate();
    const { close, increments } = openFresh({ commitStep: gate.step });
    const heard: string[] = [];
    increments.onAppend((shardId) => heard.push(shardId));
    const appending = increments.append([entry('k', 'x')]);
    await gate.reached;
    await turns();
    expect(heard).toEqual([]);
    gate.open();
    await appending;
    expect(heard).toHaveLength(1);
    await close();
  });
});

describe('a commit that does not come about', () => {
  test('because another process wrote first is decided again, on what that one left', async () => {
    let others = 0;
    const { close, folder, state, increments } = openFresh({
      commitStep: async (commit) => {
        if (others > 0) return commit();
        others += 1;
        // A second writer on the same environment, as another process would be.
        const other = openLmdb({ folder, streams: testStreams, marginBytes: 0 });
        await other.state.write({ type: 'put', key, attributes: { owner: 'other' } });
        await other.increments.append([entry('k', 'other')]);
        const committed = await commit();
        expect(committed).toBe(false);
        return committed;
      },
    });
    const condition = { op: 'item-absent' } as const;
    const writing = state.write({ type: 'put', key, attributes: { owner: 'mine' }, condition });
    const appending = increments.append([entry('k', 'mine')]);
    expect(await writing).toEqual({ status: 'condition-failed', item: { owner: 'other' } });
    const [appended] = await appending;
    expect(appended).toMatchObject({ status: 'appended', sequenceNumber: '2' });
    const shardId = appended?.status === 'appended' ? appended.shardId : '';
    expect((await readShard(increments, shardId)).map(textOf)).toEqual(['other', 'mine']);
    await close();
  });

  test('because the disk failed is unknown, and the writer writes nothing more', async () => {
    const causes: unknown[] = [];
    const failure = new Error('the disk is on fire');
    const { close, state, increments, quarantine, schedule } = openFresh({
      commitStep: () => Promise.reject(failure),
      onBroken: (cause) => causes.push(cause),
    });
    const [result] = await increments.append([entry('k', 'x')]);
    expect(result?.status).toBe('unknown');
    expect(causes).toEqual([failure]);
    expect((await increments.append([entry('k', 'x')]))[0]?.status).toBe('refused');
    const update = { type: 'update', key, add: { total: 1n } } as const;
    await expect(state.write(update)).rejects.toMatchObject({ code: 'state-unavailable', cause: failure });
    await expect(quarantine.store(record)).rejects.toMatchObject({ code: 'quarantine-unavailable' });
    await expect(
      schedule.set({ name: 'n', atMs: 1, input: { adId: 'a', endAtMs: 1 } }),
    ).rejects.toMatchObject({ code: 'schedule-unavailable' });
    await expect(increments.writeCheckpoint('c', 'shardId-000000000000', '1')).rejects.toMatchObject({
      code: 'log-unavailable',
    });
    await close();
  });

  test.each<[string, (folder: string) => void]>([
    [
      'removed',
      (folder) => {
        rmSync(folder, { recursive: true });
      },
    ],
    [
      'moved',
      (folder) => {
        renameSync(folder, `${folder}.moved`);
      },
    ],
    [
      'replaced by its copy',
      (folder) => {
        renameSync(folder, `${folder}.moved`);
        cpSync(`${folder}.moved`, folder, { recursive: true });
      },
    ],
  ])('because the folder was %s is unknown, and the writer writes nothing more', async (_, damage) => {
    const causes: unknown[] = [];
    const { close, folder, state, increments } = openFresh({ onBroken: (cause) => causes.push(cause) });
    const put = { type: 'put', key, attributes: {}, condition: { op: 'item-absent' } } as const;
    expect(await state.write(put)).toMatchObject({ status: 'written' });
    damage(folder);
    // Nothing is written, and yet its answer would say that the item is there.
    await expect(state.write(put)).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(causes).toEqual([expect.objectContaining({ name: 'DataFileGoneError' })]);
    expect((await increments.append([entry('k', 'x')]))[0]?.status).toBe('refused');
    await close();
    rmSync(`${folder}.moved`, { recursive: true, force: true });
  });

  test('because the folder is gone at its end is unknown', async () => {
    let isFirst = true;
    const { close, folder, increments } = openFresh({
      commitStep: async (commit) => {
        const committed = await commit();
        if (!isFirst) rmSync(folder, { recursive: true });
        isFirst = false;
        return committed;
      },
    });
    expect((await increments.append([entry('k', 'x')]))[0]?.status).toBe('appended');
    expect((await increments.append([entry('k', 'x')]))[0]?.status).toBe('unknown');
    await close();
  });

  test('because it was closed is refused; what was under way is written', async () => {
    const { close, state } = openFresh();
    const update = { type: 'update', key, add: { total: 1n } } as const;
    const before = state.write(update);
    const closing = close();
    await expect(state.write(update)).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(await before).toEqual({ status: 'written', item: { total: 1n } });
    await closing;
  });
});

/** Lets each commit through once it is open. */
function createGate(): { step: CommitStep; open: () => void; reached: Promise<void> } {
  const held = Promise.withResolvers<undefined>();
  const arrived = Promise.withResolvers<undefined>();
  return {
    step: async (commit) => {
      arrived.resolve(undefined);
      await held.promise;
      return commit();
    },
    open: () => {
      held.resolve(undefined);
    },
    reached: arrived.promise,
  };
}

/** Long enough for an acknowledgement that does not wait to come through. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
