import { afterAll, describe, expect, test } from '@jest/globals';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import type { LmdbStateStore } from '../../lib/adapters/lmdb/lmdb-state-store.ts';
import type { ItemKey } from '../../lib/ports/state-store.ts';
import { openFresh } from './lmdb-folder.ts';

const nowSeconds = 1_767_225_600;
const key = (name: string): ItemKey => ({ table: 'requests', pk: name, sk: '' });

const lmdb = openFresh();
afterAll(async () => {
  await lmdb.close();
});

describe.each<[string, LmdbStateStore]>([
  ['memory', createMemoryStateStore()],
  ['LMDB', lmdb.state],
])('the sweep of expired items on %s', (_, store) => {
  test('deletes what has expired, and nothing else', async () => {
    const expiries: readonly [string, bigint | string | undefined][] = [
      ['past', BigInt(nowSeconds - 1)],
      ['now', BigInt(nowSeconds)],
      ['future', BigInt(nowSeconds + 1)],
      ['never', undefined],
      ['no number', '5'],
    ];
    for (const [name, expiry] of expiries) {
      const attributes = { name, ...(expiry === undefined ? {} : { expires_at: expiry }) };
      await store.write({ type: 'put', key: key(name), attributes });
    }
    expect(await store.sweepExpired(nowSeconds, 1000)).toBe(2);
    const found = await store.getMany(expiries.map(([name]) => key(name)));
    expect(found.map((item) => item?.['name'])).toEqual([
      undefined,
      undefined,
      'future',
      'never',
      'no number',
    ]);
    expect(await store.sweepExpired(nowSeconds, 1000)).toBe(0);
  });

  test('an expiry that was put off or taken away saves the item', async () => {
    for (const name of ['put off', 'taken away', 'replaced']) {
      await store.write({ type: 'put', key: key(name), attributes: { expires_at: 1n } });
    }
    await store.write({ type: 'update', key: key('put off'), set: { expires_at: BigInt(nowSeconds + 9) } });
    await store.write({ type: 'update', key: key('taken away'), remove: ['expires_at'] });
    await store.write({ type: 'put', key: key('replaced'), attributes: {} });
    expect(await store.sweepExpired(nowSeconds, 1000)).toBe(0);
  });

  test('comes around to every item in small steps', async () => {
    const names = Array.from({ length: 50 }, (__, index) => `step ${index}`);
    await store.writeEach(
      names.map((name) => ({ type: 'put', key: key(name), attributes: { expires_at: 1n } })),
    );
    let deleted = 0;
    for (let step = 0; step < 30; step += 1) deleted += await store.sweepExpired(nowSeconds, 7);
    expect(deleted).toBe(50);
  });

  test('starts over behind its last key, however often it has come around', async () => {
    // Items that stay, on both sides of what expires, so that the walk stops among them.
    for (const name of ['a stays', 'z stays', 'zz stays', 'zzz stays']) {
      await store.write({ type: 'put', key: key(name), attributes: {} });
    }
    for (const name of ['b', 'c', 'd']) {
      for (let step = 0; step < 30; step += 1) await store.sweepExpired(nowSeconds, 2);
      await store.write({ type: 'put', key: key(name), attributes: { expires_at: 1n } });
      let deleted = 0;
      for (let step = 0; step < 30; step += 1) deleted += await store.sweepExpired(nowSeconds, 2);
      expect([name, deleted]).toEqual([name, 1]);
    }
  });

  test('an item written at the same time is not lost', async () => {
    await store.write({ type: 'put', key: key('busy'), attributes: { total: 1n, expires_at: 1n } });
    const update = {
      type: 'update',
      key: key('busy'),
      add: { total: 1n },
      set: { expires_at: BigInt(nowSeconds + 9) },
    } as const;
    const [written] = await Promise.all([store.write(update), store.sweepExpired(nowSeconds, 1000)]);
    expect(await store.get(key('busy'))).toEqual(written.item);
  });
});
