import { writeSync } from 'node:fs';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import { testStreams } from './lmdb-folder.ts';

/**
 * Runs under a limit on the size of files, which LMDB meets as it would a full disk: fills the folder of its
 * argument, makes room, goes on, and says what happened as one line of JSON. Run by lmdb-full.test.ts.
 */
process.on('SIGXFSZ', () => undefined);
const [folder = ''] = process.argv.slice(2);
const options = { folder, streams: testStreams, freeBytesMin: 0, marginBytes: 1_048_576 };
let stores = openLmdb(options);
const kept = new Map<number, string>();

const itemKey = (index: number): ItemKey => ({ table: 'ads', pk: `item ${index}`, sk: '' });

async function put(index: number): Promise<string> {
  const text = `${index} `.repeat(10_000);
  try {
    await stores.state.write({ type: 'put', key: itemKey(index), attributes: { text } });
    kept.set(index, text);
    return 'written';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

async function wrongItems(): Promise<number> {
  let wrong = 0;
  for (const [index, text] of kept) {
    if ((await stores.state.get(itemKey(index)))?.['text'] !== text) wrong += 1;
  }
  return wrong;
}

async function fill(from: number): Promise<{ written: number; codes: readonly string[] }> {
  const codes = new Set<string>();
  let written = 0;
  for (let index = from; index < from + 300; index += 1) {
    const outcome = await put(index);
    if (outcome === 'written') written += 1;
    else codes.add(outcome);
  }
  return { written, codes: [...codes] };
}

const first = await fill(0);
const [append] = await stores.increments.append([{ partitionKey: 'k', data: new Uint8Array(500_000) }]);
const wrongWhenFull = await wrongItems();
// Each in one commit with a write that finds no room.
const refusedBeside: string[] = [];
for (const index of [...kept.keys()].slice(0, 20)) {
  const [outcome] = await Promise.all([
    put(10_000 + index),
    stores.state.write({ type: 'delete', key: itemKey(index) }),
  ]);
  if (outcome !== 'written') refusedBeside.push(outcome);
  kept.delete(index);
}
for (const index of [...kept.keys()].slice(0, 60)) {
  await stores.state.write({ type: 'delete', key: itemKey(index) });
  kept.delete(index);
}
const second = await fill(1000);
await stores.close();
stores = openLmdb(options);
const wrongAfterwards = await wrongItems();
await stores.close();
writeSync(
  1,
  JSON.stringify({
    first,
    second,
    append: append?.status,
    refusedBeside: refusedBeside.length,
    wrongWhenFull,
    wrongAfterwards,
  }),
);
