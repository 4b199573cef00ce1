import { writeSync } from 'node:fs';
import { joinFolder } from '../../lib/adapters/lmdb/join-folder.ts';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { besideOwner } from './lmdb-folder.ts';

/**
 * Writes beside the process that owns the folder of its argument, as an operator's tool does: one write after
 * the other, without a pause. Says how many of each were acknowledged. Run by lmdb-two-processes.test.ts.
 */
const [folder = '', writes = '0'] = process.argv.slice(2);
const { adEvents, state, close } = await joinFolder(folder, systemClock, () =>
  openLmdb({ folder, streams: besideOwner }),
);
const key = { table: 'counters', pk: 'both', sk: '' } as const;
let appended = 0;
let added = 0;
for (let i = 0; i < Number(writes); i += 1) {
  const [result] = await adEvents.append([{ partitionKey: 'ads', data: Buffer.alloc(2000, i) }]);
  if (result?.status === 'appended') appended += 1;
  const written = await state.transact([
    { type: 'update', key, add: { total: 1n } },
    { type: 'put', key: { ...key, pk: `claim-${i}` }, attributes: {}, condition: { op: 'item-absent' } },
  ]);
  if (written.status === 'written') added += 1;
}
await close();
writeSync(1, JSON.stringify({ appended, added }));
