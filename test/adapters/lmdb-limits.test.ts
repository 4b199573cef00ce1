import { afterEach, describe, expect, test } from '@jest/globals';
import type { LmdbLimits } from '../../lib/adapters/lmdb/lmdb-limits.ts';
import type { OpenLmdbOptions } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { AppendResult, EventLog } from '../../lib/ports/event-log.ts';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import { createCommitGate } from './commit-gate.ts';
import { openFresh } from './lmdb-folder.ts';

/** Each bound of what may wait, with small numbers: it is met exactly, and left again. */
const key: ItemKey = { table: 'counters', pk: 'total', sk: '' };
const addOne = { type: 'update', key, add: { total: 1n } } as const;
/** 64 of overhead and 9 for the key; what it adds takes none. */
const addOneBytes = 73;

let opened: ReturnType<typeof openFresh> | undefined;
afterEach(async () => {
  await opened?.close();
});

function open(limits: Partial<LmdbLimits>, more: Partial<OpenLmdbOptions> = {}) {
  const gate = createCommitGate();
  opened = openFresh({ commitStep: gate.step, limits, ...more });
  return { ...opened, gate };
}

/** An append of 100 bytes as the queue counts them: a key of one byte counts for three, 16 are overhead. */
function append(log: EventLog, bytes = 100): Promise<readonly AppendResult[]> {
  return log.append([{ partitionKey: 'k', data: new Uint8Array(bytes - 19) }]);
}

describe('appends that wait', () => {
  test('are as many as fit the bound, and as many again once they are written', async () => {
    const { increments, adEvents, gate } = open({
      appendBytesWaitingMax: 1000,
      appendBytesPerCommitMax: 300,
    });
    for (let round = 1; round <= 3; round += 1) {
      const waiting = Array.from({ length: 10 }, () => append(increments));
      await gate.reached();
      expect(await append(increments, 20)).toEqual([{ status: 'refused', reason: 'log overloaded' }]);
      // The other log has a queue of its own.
      const other = append(adEvents, 1000);
      gate.open();
      const results = (await Promise.all(waiting)).flat();
      expect(results.map((result) => result.status === 'appended' && result.sequenceNumber)).toEqual(
        Array.from({ length: 10 }, (_, i) => String((round - 1) * 10 + i + 1)),
      );
      expect(await other).toMatchObject([{ status: 'appended', sequenceNumber: String(round) }]);
      gate.shut();
    }
  });

  test('may be one that is larger than the bound', async () => {
    const { increments, gate } = open({ appendBytesWaitingMax: 1000, appendBytesPerCommitMax: 300 });
    const large = append(increments, 5000);
    expect(await append(increments)).toEqual([{ status: 'refused', reason: 'log overloaded' }]);
    gate.open();
    expect(await large).toMatchObject([{ status: 'appended' }]);
  });

  test('wait no more after a commit that failed', async () => {
    const { increments } = open(
      { appendBytesWaitingMax: 1000 },
      { commitStep: () => Promise.reject(new Error('disk')) },
    );
    expect(await append(increments, 900)).toMatchObject([{ status: 'unknown' }]);
    for (let tries = 0; tries < 3; tries += 1)
      expect(await append(increments, 900)).toEqual([{ status: 'refused', reason: 'log broken' }]);
  });

  test('that come during a commit are in the next one', async () => {
    const { increments, gate } = open({});
    const first = append(increments);
    await gate.reached();
    const second = append(increments);
    gate.open();
    expect([await first, await second].flat()).toMatchObject([
      { sequenceNumber: '1' },
      { sequenceNumber: '2' },
    ]);
    const shards = await increments.shards();
    const limits = { recordsMax: 10, bytesMax: 1000 };
    const read = await Promise.all(shards.map(({ shardId }) => increments.read(shardId, undefined, limits)));
    expect(read.flat().map(({ sequenceNumber }) => sequenceNumber)).toEqual(['1', '2']);
  });

  test('are announced by shard, each once in a commit', async () => {
    const { increments, gate } = open({});
    gate.open();
    const heard: string[] = [];
    increments.onAppend((shardId) => heard.push(shardId));
    const keys = Array.from({ length: 20 }, (_, i) => ({ partitionKey: `k${i}`, data: new Uint8Array(1) }));
    await Promise.all([increments.append(keys), increments.append(keys)]);
    expect(heard.toSorted()).toEqual([
      'shardId-000000000000',
      'shardId-000000000001',
      'shardId-000000000002',
    ]);
  });

  test('join one job up to the bytes of a commit', async () => {
    const { increments, gate } = open({ appendBytesPerCommitMax: 300, jobsPerCommitMax: 1 });
    gate.open();
    await Promise.all(Array.from({ length: 7 }, () => append(increments)));
    // Three, three, one.
    expect(gate.begun).toBe(3);
  });
});

describe('jobs that wait', () => {
  test('are as many as the bound says, and as many again', async () => {
    const { state, gate } = open({ jobsWaitingMax: 5, jobsPerCommitMax: 2 });
    for (let round = 1; round <= 3; round += 1) {
      const first = state.write(addOne);
      await gate.reached();
      const waiting = Array.from({ length: 5 }, () => state.write(addOne));
      await expect(state.write(addOne)).rejects.toMatchObject({ code: 'state-throttled' });
      gate.open();
      const totals = (await Promise.all([first, ...waiting])).map(({ item }) => item?.['total']);
      expect(totals).toEqual([1n, 2n, 3n, 4n, 5n, 6n].map((total) => total + BigInt((round - 1) * 6)));
      gate.shut();
    }
    // One, two, two, one in each round.
    expect(gate.begun).toBe(12);
  });

  test('are refused once their bytes are at the bound, and taken again', async () => {
    const { state, gate } = open({ bytesWaitingMax: 3 * addOneBytes });
    for (let round = 1; round <= 3; round += 1) {
      const first = state.write(addOne);
      await gate.reached();
      const waiting = [state.write(addOne), state.write(addOne), state.write(addOne)];
      await expect(state.write(addOne)).rejects.toMatchObject({ code: 'state-throttled' });
      gate.open();
      await Promise.all([first, ...waiting]);
      gate.shut();
    }
    expect(await state.get(key)).toEqual({ total: 12n });
  });

  test('share a commit up to its bytes; one that is larger has its own', async () => {
    const { state, gate } = open({ bytesPerCommitMax: 2 * addOneBytes });
    gate.open();
    const large = { ...addOne, set: { text: 'x'.repeat(1000) } };
    const actions = [addOne, addOne, addOne, large, addOne, addOne];
    const results = await Promise.all(actions.map((action) => state.write(action)));
    expect(results.map(({ item }) => item?.['total'])).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    expect(gate.begun).toBe(4);
  });
});

describe('the writer', () => {
  test('writes everything that waits when it is closed, in as many commits as it takes', async () => {
    const { state, gate, close } = open({ jobsPerCommitMax: 1 });
    const writing = Array.from({ length: 4 }, () => state.write(addOne));
    let closed = false;
    const closing = close().then(() => {
      closed = true;
    });
    await gate.reached();
    expect(closed).toBe(false);
    gate.open();
    expect((await Promise.all(writing)).map(({ item }) => item?.['total'])).toEqual([1n, 2n, 3n, 4n]);
    await closing;
    opened = undefined;
  });

  test('refuses what waits behind a commit that failed, and names that cause to the end', async () => {
    const cause = new Error('the disk is on fire');
    const failing = openFresh({
      commitStep: () => Promise.reject(cause),
      limits: { jobsPerCommitMax: 1 },
    });
    const [first, second] = [failing.state.write(addOne), failing.state.write(addOne)];
    await expect(first).rejects.toMatchObject({
      code: 'state-unavailable',
      message: 'the disk failed',
      cause,
    });
    await expect(second).rejects.toMatchObject({ message: 'not written: broken', cause });
    await failing.close();
    await expect(failing.state.write(addOne)).rejects.toMatchObject({ message: 'not written: broken' });
  });

  test('begins no commit while anybody holds it, and finishes the one under way first', async () => {
    const { state, gate, hold } = open({});
    const first = state.write(addOne);
    await gate.reached();
    let held = 0;
    const holds = Promise.all([hold(), hold()].map((each) => each.finally(() => (held += 1))));
    const second = state.write(addOne);
    await turns();
    expect(held).toBe(0);
    gate.open();
    await first;
    const [releaseFirst, releaseSecond] = await holds;
    await turns();
    expect(gate.begun).toBe(1);
    releaseFirst?.();
    await turns();
    expect(gate.begun).toBe(1);
    releaseSecond?.();
    expect((await second).item).toEqual({ total: 2n });
    (await hold())();
    expect((await state.write(addOne)).item).toEqual({ total: 3n });
  });

  test('keeps what the jobs of one commit share apart by log, table and port', async () => {
    const { adEvents, increments, state, quarantine, schedule, gate } = open({});
    gate.open();
    const schedules = ['n', 'm'].map((name) =>
      schedule.set({ name, atMs: 5, input: { adId: name, endAtMs: 4 } }),
    );
    const [ads, more] = await Promise.all([
      append(adEvents),
      append(increments),
      state.write(addOne),
      increments.writeCheckpoint('c', 'shardId-000000000000', '7'),
      adEvents.writeCheckpoint('c', 'shardId-000000000000', '8'),
      schedule.clear('n'),
      ...schedules,
    ]);
    expect([ads, more].flat()).toMatchObject([{ sequenceNumber: '1' }, { sequenceNumber: '1' }]);
    expect(await increments.readCheckpoint('c', 'shardId-000000000000')).toBe('7');
    expect(await adEvents.readCheckpoint('c', 'shardId-000000000000')).toBe('8');
    // Set and cleared in one commit.
    expect((await schedule.due(5, 10)).map(({ name }) => name)).toEqual(['m']);
    await Promise.all([
      schedule.clear('n'),
      schedule.set({ name: 'n', atMs: 9, input: { adId: 'x', endAtMs: 9 } }),
    ]);
    expect((await schedule.due(9, 10)).map(({ atMs }) => atMs)).toEqual([5, 9]);
    await Promise.all([schedule.clear('n'), schedule.clear('n'), schedule.clear('m')]);
    expect([await schedule.due(9, 10), await schedule.next()]).toEqual([[], undefined]);
    expect((await quarantine.list({ limit: 1 })).records).toEqual([]);
    expect(gate.begun).toBe(3);
  });
});

/** Long enough for a commit that does not wait to begin. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
