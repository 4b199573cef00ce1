import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DataFormatError } from '../../lib/adapters/lmdb/data-file.ts';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { freshFolder, testStreams } from './lmdb-folder.ts';

describe('a data folder', () => {
  let folder = '';
  beforeEach(() => {
    folder = freshFolder();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const openIt = (at = folder) => openLmdb({ folder: at, streams: testStreams });

  test('is made if there is none, whatever its name', async () => {
    const nested = join(folder, 'deep', 'data.v1');
    await openIt(nested).close();
    expect(existsSync(join(nested, 'data.mdb'))).toBe(true);
  });

  test('keeps items, schedules and the quarantine when it is opened again', async () => {
    const first = openIt();
    const key = { table: 'ads', pk: 'p', sk: 's' } as const;
    const schedule = { name: 'n', atMs: 5, input: { adId: 'a', endAtMs: 4 } };
    await first.state.write({ type: 'put', key, attributes: { text: 'x', total: 2n ** 70n } });
    await first.schedule.set(schedule);
    await first.close();
    const second = openIt();
    expect(await second.state.get(key)).toEqual({ text: 'x', total: 2n ** 70n });
    expect(await second.schedule.due(5, 1)).toEqual([schedule]);
    expect(await second.schedule.next()).toBe(5);
    await second.close();
  });

  test('of another format is refused by name, and left as it is', async () => {
    await openIt().close();
    await rewriteFormat('adtally-lmdb-999');
    expect(() => openIt()).toThrow(DataFormatError);
    expect(() => openIt()).toThrow(
      /holds format 'adtally-lmdb-999', and this version reads 'adtally-lmdb-1'/,
    );
    await rewriteFormat('adtally-lmdb-1');
    await openIt().close();
  });

  test('that belongs to another program is refused', async () => {
    const other = open<string, string>(folder, { noSubdir: false });
    const table = other.openDB<string, string>('theirs', {});
    await table.put('key', 'value');
    await other.close();
    expect(() => openIt()).toThrow(/holds the database of another program/);
  });

  test('with a file that is not a database is refused', () => {
    writeFileSync(join(folder, 'data.mdb'), 'x'.repeat(10_000));
    expect(() => openIt()).toThrow(/is not a database/);
    writeFileSync(join(folder, 'data.mdb'), 'x');
    expect(() => openIt()).toThrow(DataFormatError);
  });

  test('with one sound page of the two that a database begins with is refused', async () => {
    await openIt().close();
    const whole = readFileSync(join(folder, 'data.mdb'));
    writeFileSync(join(folder, 'data.mdb'), whole.subarray(0, 8191));
    expect(() => openIt()).toThrow(/is not a database/);
    for (const page of [0, 4096]) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt32LE(0xbeefc0df, page + 24);
      writeFileSync(join(folder, 'data.mdb'), damaged);
      expect(() => openIt()).toThrow(/is not a database/);
    }
    writeFileSync(join(folder, 'data.mdb'), whole);
    await openIt().close();
  });

  test('with an empty file, as a process leaves it that was killed at its start, is a new one', async () => {
    writeFileSync(join(folder, 'data.mdb'), '');
    await openIt().close();
    expect(readFileSync(join(folder, 'data.mdb')).length).toBeGreaterThan(8192);
  });

  test('that was cut short is refused', async () => {
    const stores = openIt();
    for (const pk of ['a', 'b', 'c']) {
      const attributes = { text: pk.repeat(300_000) };
      await stores.state.write({ type: 'put', key: { table: 'ads', pk, sk: '' }, attributes });
    }
    await stores.close();
    const root = open(folder, { noSubdir: false, overlappingSync: false });
    const { lastPageNumber } = root.getStats() as { lastPageNumber: number };
    await root.close();
    const usedBytes = (lastPageNumber + 1) * 4096;
    expect(usedBytes).toBeGreaterThan(900_000);
    // The last 64 KiB may never have been written.
    for (const bytes of [usedBytes - 65_537, 100_000]) {
      truncateSync(join(folder, 'data.mdb'), bytes);
      expect(() => openIt()).toThrow(/has been cut short/);
    }
  });

  async function rewriteFormat(format: string): Promise<void> {
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    const root = open<Buffer, Buffer>(folder, { ...binary, noSubdir: false, overlappingSync: false });
    const meta = root.openDB<Buffer, Buffer>('meta', binary);
    meta.putSync(Buffer.from('format'), Buffer.from(format));
    await root.close();
  }
});
