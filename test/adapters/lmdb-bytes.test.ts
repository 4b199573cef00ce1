import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open as openRaw } from 'lmdb';
import { describe, expect, test } from '@jest/globals';
import { encodeItem } from '../../lib/adapters/lmdb/item-codec.ts';
import { encodeItemKey } from '../../lib/adapters/lmdb/item-key.ts';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { Attributes, TableName } from '../../lib/ports/state-store.ts';
import { freshFolder, testStreams } from './lmdb-folder.ts';

/**
 * A data folder outlives the version that made it: what is on the disk is written out here, byte for byte. A
 * change of any of these needs another format name, or the next version restarts numbers and loses positions.
 */
const hex = (text: string): string => Buffer.from(text).toString('hex');

describe('the bytes on the disk never change', () => {
  test.each<[TableName, string]>([
    ['ads', '01'],
    ['counters', '02'],
    ['requests', '03'],
    ['tokens', '04'],
    ['delivery', '05'],
  ])('the key of an item of %s', (table, byte) => {
    const keyOf = (pk: string, sk: string): string => encodeItemKey({ table, pk, sk }).toString('hex');
    expect(keyOf('p', '')).toBe(`${byte}000170`);
    expect(keyOf('pé', 's')).toBe(`${byte}0003${hex('pé')}73`);
    const [longest, longer] = ['x'.repeat(900), 'x'.repeat(901)];
    expect(keyOf(longest, 's')).toBe(`${byte}0384${hex(longest)}73`);
    expect(keyOf('é'.repeat(450), '')).toBe(`${byte}0384${hex('é'.repeat(450))}`);
    const digest = (pk: string): string => createHash('sha256').update(pk).digest('hex');
    expect(keyOf(longer, 's')).toBe(`${byte}ffff${digest(longer)}73`);
    expect(keyOf(`${'é'.repeat(450)}x`, '')).toBe(`${byte}ffff${digest(`${'é'.repeat(450)}x`)}`);
    expect(keyOf('x'.repeat(2048), '')).toBe(`${byte}ffff${digest('x'.repeat(2048))}`);
  });

  test.each<[string, Attributes, string]>([
    ['nothing', {}, '0000'],
    ['text', { a: 'xé' }, `000101610003${hex('xé')}`],
    ['long text', { a: 'x'.repeat(200) }, `0001016100c801${hex('x'.repeat(200))}`],
    ['bytes', { é: Uint8Array.of(0, 255) }, `000102${hex('é')}010200ff`],
    ['numbers', { a: 0n, b: 300n, c: -5n }, '000301610200016202ac0201630305'],
    ['the largest small number', { a: 9007199254740991n }, '0001016102ffffffffffffff0f'],
    ['the first large number', { a: 9007199254740992n }, `000101610410${hex('9007199254740992')}`],
    ['a large negative number', { a: -9007199254740992n }, `000101610411${hex('-9007199254740992')}`],
    ['an expiry', { expires_at: 300n }, `ac02010a${hex('expires_at')}02ac02`],
    [
      'an expiry that never comes',
      { expires_at: 9007199254740992n },
      `00010a${hex('expires_at')}0410${hex('9007199254740992')}`,
    ],
    [
      'the last expiry',
      { expires_at: 9007199254740991n },
      `ffffffffffffff0f010a${hex('expires_at')}02ffffffffffffff0f`,
    ],
  ])('the value of an item with %s', (_, attributes, bytes) => {
    const target = Buffer.alloc(300);
    expect(target.subarray(0, encodeItem(target, attributes, 0)).toString('hex')).toBe(bytes);
  });

  test('everything in a folder', async () => {
    const folder = freshFolder();
    let nowMs = 0x10;
    const streams = { ...testStreams, increments: { epoch: 'e', shardCount: 2, retentionMs: 1000 } };
    const stores = openLmdb({ folder, streams, clock: { nowMs: () => nowMs } });
    await stores.increments.append([{ partitionKey: 'old', data: Buffer.of(1) }]);
    nowMs = 0x0102_0304_0506;
    // Their hashes are 2448022055 and 135196497: one in each half of the space.
    const data = Buffer.from([7, 8]);
    const keys = ['a', 'b', 'a'];
    await stores.increments.append(keys.map((partitionKey) => ({ partitionKey, data })));
    await stores.increments.trim();
    await stores.increments.writeCheckpoint('consumer', 'shardId-000000000001', '2');
    await stores.state.write({
      type: 'put',
      key: { table: 'ads', pk: 'p', sk: 's' },
      attributes: { a: 'x' },
    });
    await stores.schedule.set({ name: 'ad.1', atMs: 0x0a0b, input: { adId: 'id', endAtMs: 9 } });
    await stores.schedule.set({ name: 'far', atMs: 2 ** 50, input: { adId: 'id', endAtMs: 9 } });
    const record = {
      stream: 'increments',
      epoch: 'e',
      shardId: 's',
      sequenceNumber: '5',
      partitionKey: 'k',
      arrivedAtMs: 1,
      quarantinedAtMs: 2,
      reason: 'r',
    } as const;
    await stores.quarantine.store({ ...record, data: Buffer.of(9) });
    await stores.close();

    const facts = JSON.stringify(record);
    const shard = (index: number, hashFrom: number, hashTo: number) => ({
      shardId: `shardId-00000000000${index}`,
      parentShardIds: [],
      closed: false,
      hashFrom,
      hashTo,
    });
    const half = 2 ** 31;
    // Shard, last number, count, arrival, bytes; then each record with the lengths of its key and its data.
    expect(await dump(folder)).toEqual({
      meta: {
        format: 'adtally-lmdb-1',
        'checkpoint/log/increments/e/shardId-000000000001/consumer': '2',
        'dropped/log/ad-events/1/before': '0',
        'dropped/log/increments/e/before': '0',
        'dropped/log/increments/e/1': '1',
        'next/log/increments/e': '5',
        'shards/log/ad-events/1': JSON.stringify([shard(0, 0, 2 ** 32)]),
        'shards/log/increments/e': JSON.stringify([shard(0, 0, half), shard(1, half, 2 ** 32)]),
      },
      items: { '\u0001\u0000\u0001ps': Buffer.from('000101610001' + '78', 'hex').toString('latin1') },
      schedules: {
        'ad.1': JSON.stringify({ atMs: 0x0a0b, adId: 'id', endAtMs: 9 }),
        far: JSON.stringify({ atMs: 2 ** 50, adId: 'id', endAtMs: 9 }),
      },
      'schedule-times': {
        [latin(`00000000 0a0b ${hex('ad.1')}`)]: '\u0001',
        [latin(`ffffffff ffff ${hex('far')}`)]: '\u0001',
      },
      quarantine: {
        'increments/e/s/5': latin(`${facts.length.toString(16).padStart(8, '0')} ${hex(facts)} 09`),
      },
      'log/increments/e': {
        [latin('0000 0000000000000004 00000001 010203040506 000000000005')]: latin('01 62 02 0708'),
        [latin('0001 0000000000000003 00000002 010203040506 00000000000a')]: latin(
          '01 61 02 0708 01 61 02 0708',
        ),
      },
      'log/ad-events/1': {},
    });
    rmSync(folder, { recursive: true });
  });
});

function latin(bytes: string): string {
  return Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString('latin1');
}

/** Every database but the fence, which only counts commits. */
async function dump(folder: string): Promise<Record<string, Record<string, string>>> {
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = openRaw<Buffer, Buffer>(folder, { ...binary, noSubdir: false, overlappingSync: false });
  const found: Record<string, Record<string, string>> = {};
  // Each name ends with a zero byte.
  const names = Array.from(root.getKeys({ start: Buffer.of(0) }), (key) =>
    key.toString('latin1', 0, key.length - 1),
  );
  for (const name of names) {
    if (name === 'fence') continue;
    const database = root.openDB<Buffer, Buffer>(name, binary);
    const entries = Array.from(database.getRange({ start: Buffer.of(0) }), ({ key, value }) => [
      key.toString('latin1'),
      value.toString('latin1'),
    ]);
    found[name] = Object.fromEntries(entries) as Record<string, string>;
  }
  await root.close();
  return found;
}
