import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import { entry } from '../contracts/event-log/stored-records.ts';
import { freshFolder, openFresh } from './lmdb-folder.ts';

const key = (index: number): ItemKey => ({ table: 'ads', pk: `item ${index}`, sk: '' });

test('over the bound of all data, writes are refused by name; once there is room they go through', async () => {
  const { close, state, increments, quarantine, schedule } = openFresh({ bytesMax: 3_000_000 });
  let index = 0;
  const put = async (): Promise<unknown> => {
    index += 1;
    return state.write({ type: 'put', key: key(index), attributes: { text: 'x'.repeat(100_000) } });
  };
  const filling = (async () => {
    for (let tries = 0; tries < 100; tries += 1) await put();
  })();
  await expect(filling).rejects.toMatchObject({ code: 'state-full', retryable: true });
  expect(index).toBeGreaterThan(15);

  const large = { partitionKey: 'k', data: new Uint8Array(200_000) };
  expect(await increments.append([large])).toEqual([{ status: 'refused', reason: 'log full' }]);
  const update = { type: 'update', key: key(1), set: { more: 'x'.repeat(200_000) } } as const;
  await expect(state.transact([update])).rejects.toMatchObject({ code: 'state-full' });
  await expect(state.writeEach([update])).rejects.toMatchObject({ code: 'state-full' });
  const record = {
    stream: 'increments',
    epoch: '1',
    shardId: 's',
    sequenceNumber: '1',
    partitionKey: 'k',
    data: large.data,
    arrivedAtMs: 1,
    quarantinedAtMs: 1,
    reason: 'r',
  } as const;
  await expect(quarantine.store(record)).rejects.toMatchObject({ code: 'quarantine-unavailable' });
  // Reads go on, and so does whatever gives room back or hardly takes any.
  expect(await state.get(key(1))).toEqual({ text: 'x'.repeat(100_000) });
  await increments.writeCheckpoint('c', 'shardId-000000000000', '1');
  await schedule.clear('none');
  for (let freed = 1; freed <= 8; freed += 1) await state.write({ type: 'delete', key: key(freed) });

  await put();
  await quarantine.store(record);
  expect((await increments.append([entry('k', 'x')]))[0]?.status).toBe('appended');
  await close();
});

test('on a full disk nothing is lost or corrupt, and it goes on when there is room', () => {
  const folder = freshFolder();
  const script = new URL('./lmdb-full-process.ts', import.meta.url).pathname;
  // 12 MiB, in the blocks of the shell.
  const command = `ulimit -f 12288; exec "${process.execPath}" "${script}" "${folder}"`;
  const said = execFileSync('bash', ['-c', command], { encoding: 'utf8' });
  const { first, second, append, refusedBeside, ...rest } = JSON.parse(said) as Record<
    'first' | 'second',
    { written: number; codes: string[] }
  > & { append: string; refusedBeside: number };
  expect(rest).toEqual({ wrongWhenFull: 0, wrongAfterwards: 0 });
  expect(append).toBe('refused');
  expect(refusedBeside).toBeGreaterThan(0);
  expect([first.codes, second.codes]).toEqual([['state-full'], ['state-full']]);
  expect(first.written).toBeGreaterThan(100);
  expect(second.written).toBeGreaterThan(10);
  rmSync(folder, { recursive: true, force: true });
});
