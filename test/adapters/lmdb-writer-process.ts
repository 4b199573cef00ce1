import { writeSync } from 'node:fs';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { testStreams } from './lmdb-folder.ts';

/**
 * Writes to the folder of its argument until it is killed, and says on standard output what was acknowledged,
 * after it was: `record <text> <shard> <number>`, `total <n>`. Run by lmdb-kill.test.ts.
 */
const [folder = '', firstText = '0'] = process.argv.slice(2);
const { increments, state } = openLmdb({ folder, streams: testStreams });
const callers = 40;
let next = Number(firstText);

async function appendForEver(): Promise<void> {
  for (;;) {
    const text = String(next);
    next += 1;
    const [result] = await increments.append([{ partitionKey: `k${text}`, data: Buffer.from(text) }]);
    if (result?.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`);
    writeSync(1, `record ${text} ${result.shardId} ${result.sequenceNumber}\n`);
  }
}

async function countForEver(): Promise<void> {
  for (;;) {
    const key = { table: 'counters', pk: 'total', sk: '' } as const;
    const { item } = await state.write({ type: 'update', key, add: { total: 1n } });
    writeSync(1, `total ${String(item?.['total'])}\n`);
  }
}

await Promise.all([countForEver(), ...Array.from({ length: callers }, appendForEver)]);
