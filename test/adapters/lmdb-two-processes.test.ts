import { execFile, spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { CommitStep } from '../../lib/adapters/lmdb/group-writer.ts';
import { FolderBusyError, joinFolder } from '../../lib/adapters/lmdb/join-folder.ts';
import { openLmdb, type LmdbStores } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import { entry, readShard, textOf } from '../contracts/event-log/stored-records.ts';
import { eventually } from '../contracts/eventually.ts';
import { besideOwner, freshFolder, openFresh, testStreams } from './lmdb-folder.ts';

const key: ItemKey = { table: 'counters', pk: 'both', sk: '' };
const script = new URL('./lmdb-second-process.ts', import.meta.url).pathname;
const silentMember = new URL('./lmdb-silent-member.ts', import.meta.url).pathname;

describe('two processes on one folder', () => {
  test('under load refuse nothing, lose nothing and give no number twice', async () => {
    const writes = 150;
    const folder = freshFolder();
    const owner = await joinFolder(folder, systemClock, () => openLmdb({ folder, streams: testStreams }));
    const { state, increments, adEvents } = owner;
    const second = promisify(execFile)(process.execPath, [script, folder, String(writes)]);
    const progress = { finished: false };
    const answer = second.then(({ stdout }) => {
      progress.finished = true;
      return JSON.parse(stdout) as unknown;
    });
    let rounds = 0;
    const failures: unknown[] = [];
    while (!progress.finished) {
      rounds += 1;
      // The values are large enough for the data to outgrow what both have mapped at first.
      const results = await Promise.all([
        increments.append(Array.from({ length: 50 }, (_, i) => entry(`k${i}`, 'x'.repeat(8000)))),
        state.write({ type: 'update', key, add: { total: 1n } }).then(() => [{ status: 'appended' }]),
      ]);
      failures.push(...results.flat().filter(({ status }) => status !== 'appended'));
    }
    expect(await answer).toEqual({ appended: writes, added: writes });
    expect(failures).toEqual([]);
    expect(await state.get(key)).toEqual({ total: BigInt(rounds + writes) });
    const numbers: string[] = [];
    for (const { shardId } of await increments.shards()) {
      for (const record of await readShard(increments, shardId)) numbers.push(record.sequenceNumber);
    }
    expect(numbers).toHaveLength(50 * rounds);
    expect(new Set(numbers).size).toBe(numbers.length);
    const events = await readShard(adEvents, 'shardId-000000000000');
    expect(events.map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual(
      Array.from({ length: writes }, (_, i) => i + 1),
    );
    await owner.close();
    rmSync(folder, { recursive: true });
  });

  test('are never in the middle of a commit while another opens the folder', async () => {
    const folder = freshFolder();
    let committing = 0;
    const commitStep: CommitStep = async (commit) => {
      committing += 1;
      const committed = await commit();
      committing -= 1;
      return committed;
    };
    const join = (open: () => LmdbStores) => joinFolder(folder, systemClock, open);
    const owner = await join(() => openLmdb({ folder, streams: testStreams, commitStep }));
    const progress = { stopped: false };
    let writes = 0;
    const writing = (async () => {
      while (!progress.stopped) {
        await owner.state.write({ type: 'update', key, add: { total: 1n } });
        writes += 1;
      }
    })();
    const seen: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const before = writes;
      const other = await join(() => {
        seen.push(committing);
        return openLmdb({ folder, streams: besideOwner });
      });
      await eventually('that writing goes on', () => Promise.resolve(writes > before || undefined));
      await other.close();
    }
    progress.stopped = true;
    await writing;
    expect(seen).toEqual(seen.map(() => 0));
    expect(await owner.state.get(key)).toEqual({ total: BigInt(writes) });
    await owner.close();
    rmSync(folder, { recursive: true });
  });

  test('are eight at most, and a place that was left can be taken', async () => {
    const folder = freshFolder();
    const join = () => joinFolder(folder, systemClock, () => openLmdb({ folder, streams: testStreams }));
    const members: LmdbStores[] = [];
    for (let i = 0; i < 8; i += 1) members.push(await join());
    await expect(join()).rejects.toThrow(FolderBusyError);
    await members.pop()?.close();
    members.push(await join());
    await expect(join()).rejects.toThrow(FolderBusyError);
    for (const member of members) await member.close();
    rmSync(folder, { recursive: true });
  });

  test('that ends before it has answered is waited for no more', async () => {
    const folder = freshFolder();
    const silent = spawn(process.execPath, [silentMember, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = createInterface(silent.stdout)[Symbol.asyncIterator]();
    expect(await said.next()).toMatchObject({ value: 'joined' });
    const joining = joinFolder(folder, systemClock, () => openLmdb({ folder, streams: testStreams }));
    expect(await said.next()).toMatchObject({ value: 'asked' });
    silent.kill('SIGKILL');
    const { state, close } = await joining;
    expect(await state.write({ type: 'put', key, attributes: {} })).toMatchObject({ status: 'written' });
    await close();
    rmSync(folder, { recursive: true });
  });

  test('see each other: what one appends the other reads, without an announcement', async () => {
    const { folder, increments, close } = openFresh();
    const other = openLmdb({ folder, streams: besideOwner });
    await other.increments.append([entry('k', 'from the other')]);
    const read = await eventually('the record', async () => {
      const shards = await increments.shards();
      const all = await Promise.all(shards.map(({ shardId }) => readShard(increments, shardId)));
      return all.flat().length > 0 ? all.flat() : undefined;
    });
    expect(read.map(textOf)).toEqual(['from the other']);
    await other.close();
    await close();
  });

  test('do not fight over the number of shards, and only the owner trims', async () => {
    const { folder, increments, close } = openFresh();
    const before = await increments.shards();
    const other = openLmdb({
      folder,
      streams: { ...besideOwner, increments: { ...besideOwner.increments, bytesMax: 1 } },
    });
    expect(await other.increments.shards()).toEqual(before);
    await increments.append([entry('k', 'kept')]);
    expect((await other.increments.append([entry('k', 'x')]))[0]?.status).toBe('refused');
    const read = await Promise.all(before.map(({ shardId }) => readShard(increments, shardId)));
    expect(read.flat()).toHaveLength(1);
    await other.close();
    await close();
  });

  test('a folder without the log is refused by the second, and stays as it is', () => {
    const folder = freshFolder();
    expect(() => openLmdb({ folder, streams: besideOwner })).toThrow('there is no log/ad-events/1');
    rmSync(folder, { recursive: true });
  });
});

describe('the log says what it has dropped', () => {
  test('by shard, and by the first number where nobody kept account', async () => {
    let nowMs = 1;
    const streams = { ...testStreams, increments: { ...testStreams.increments, retentionMs: 1000 } };
    const { folder, increments, close } = openFresh({ clock: { nowMs: () => nowMs }, streams });
    const [first] = await increments.append([entry('a', 'x')]);
    if (first?.status !== 'appended') throw new Error('not appended');
    expect(await increments.isWhole(first.shardId, undefined)).toBe(true);
    expect(await increments.droppedThrough(first.shardId)).toBeUndefined();
    nowMs = 5000;
    await increments.append([entry('a', 'y')]);
    expect((await increments.trim()).records).toBe(1);
    expect(await increments.isWhole(first.shardId, undefined)).toBe(false);
    expect(await increments.isWhole(first.shardId, { sequenceNumber: '1', atMs: 0 })).toBe(true);
    expect(await increments.droppedThrough(first.shardId)).toBe('1');
    const others = (await increments.shards()).filter(({ shardId }) => shardId !== first.shardId);
    for (const { shardId } of others) expect(await increments.isWhole(shardId, undefined)).toBe(true);
    for (const { shardId } of others) expect(await increments.droppedThrough(shardId)).toBeUndefined();
    const other = openLmdb({ folder, streams: besideOwner });
    expect(await other.increments.isWhole(first.shardId, undefined)).toBe(false);
    await other.close();
    await close();
  });
});

describe('a backup', () => {
  test('taken while it is written to holds one instant, and opens like the folder itself', async () => {
    const { state, increments, backup, close } = openFresh();
    const to = freshFolder();
    const progress = { copied: false };
    const copying = backup(to).then(() => {
      progress.copied = true;
    });
    let writes = 0;
    do {
      // Record and total in turn: a copy of one instant has at most one record more.
      await increments.append([entry('k', 'x')]);
      await state.write({ type: 'update', key, add: { total: 1n } });
      writes += 1;
    } while (!progress.copied);
    await copying;
    await close();
    const restored = openLmdb({ folder: to, streams: testStreams });
    const shards = await restored.increments.shards();
    const read = await Promise.all(shards.map(({ shardId }) => readShard(restored.increments, shardId)));
    const total = Number((await restored.state.get(key))?.['total'] ?? 0n);
    expect(total).toBeLessThanOrEqual(writes);
    expect([total, total + 1]).toContain(read.flat().length);
    expect((await restored.increments.append([entry('k', 'x')]))[0]?.status).toBe('appended');
    await restored.close();
    rmSync(to, { recursive: true });
  });

  test('by copying the folder of a stopped process works too', async () => {
    const { folder, state, close } = openFresh();
    await state.write({ type: 'update', key, add: { total: 7n } });
    const other = openLmdb({ folder, streams: besideOwner });
    await other.close();
    const to = freshFolder();
    cpSync(folder, to, { recursive: true });
    await close();
    const restored = openLmdb({ folder: to, streams: testStreams });
    expect(await restored.state.get(key)).toEqual({ total: 7n });
    await restored.close();
    rmSync(to, { recursive: true });
  });
});
