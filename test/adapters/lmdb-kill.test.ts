import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { readShard, textOf } from '../contracts/event-log/stored-records.ts';
import { freshFolder, testStreams } from './lmdb-folder.ts';

const rounds = 3;
const acknowledgedMin = 400;

test('a process killed at any instant loses nothing it has acknowledged, and writes nothing twice', async () => {
  const folder = freshFolder();
  const records = new Map<string, string>();
  let total = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const line of await runUntilKilled(folder, round * 1_000_000)) {
      const [kind, ...facts] = line.split(' ');
      if (kind === 'record') records.set(facts[0] ?? '', `${facts[1]}/${facts[2]}`);
      else total = Math.max(total, Number(facts[0]));
    }
    await expectKept(folder, records, total);
  }
  expect(records.size).toBeGreaterThan((rounds * acknowledgedMin) / 2);
  rmSync(folder, { recursive: true, force: true });
});

/** The lines it said in full: what it acknowledged. */
async function runUntilKilled(folder: string, firstText: number): Promise<readonly string[]> {
  const script = new URL('./lmdb-writer-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder, String(firstText)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
    if (said.split('\n').length > acknowledgedMin) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  expect(child.signalCode).toBe('SIGKILL');
  return said.split('\n').slice(0, -1);
}

async function expectKept(
  folder: string,
  records: ReadonlyMap<string, string>,
  total: number,
): Promise<void> {
  const { increments, state, close } = openLmdb({ folder, streams: testStreams });
  const found = new Map<string, string>();
  let count = 0;
  for (const { shardId } of await increments.shards()) {
    for (const record of await readShard(increments, shardId)) {
      found.set(textOf(record), `${shardId}/${record.sequenceNumber}`);
      count += 1;
    }
  }
  expect([...records].filter(([text, place]) => found.get(text) !== place)).toEqual([]);
  expect(count).toBe(found.size);
  const item = await state.get({ table: 'counters', pk: 'total', sk: '' });
  // One more may have been written without having been said.
  expect([total, total + 1]).toContain(Number(item?.['total']));
  await close();
}
