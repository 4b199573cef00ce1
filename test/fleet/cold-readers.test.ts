import { describe, expect, it } from '@jest/globals';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Container } from '../simulation/container.ts';
import { Kernel } from '../simulation/kernel.ts';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import { createMemoryStateStore, type MemoryStateStore } from '../support/memory/memory-state-store.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { writeAds } from './ads-at-rest.ts';
import { DynamoDb } from './dynamodb.ts';
import { SharedCatalogs } from './shared-catalogs.ts';

const clock = createVirtualClock();
const settings = stageSettings('prod');

async function stored(ads: number, changes: number): Promise<MemoryStateStore> {
  const state = createMemoryStateStore();
  await writeAds({ state, clock }, { ads, changes });
  return state;
}

describe('catalogs that containers share', () => {
  const deps = { clock, ids: systemIds, telemetry: nullTelemetry, settings };

  it('are the ones that each would have made', async () => {
    const state = await stored(60, 7);
    const shared = new SharedCatalogs();
    const load = async (making?: SharedCatalogs) =>
      createCatalogReader({ ...deps, state }, making).current([]);
    const views = await Promise.all([load(shared), load(shared), load()]);
    const [first, second, own] = views.map((view) => (view.status === 'ok' ? view.catalog : undefined));
    expect(first?.version).toBe(67);
    expect(second).toBe(first);
    expect(own).not.toBe(first);
    const page = (of: typeof first): unknown => of?.query({ age: 30 }, adEpochMs, { offset: 0, limit: 50 });
    expect(page(first)).toEqual(page(own));
    expect(first?.get(adId(59))).toEqual(own?.get(adId(59)));
  });

  it('are not made of a chunk that is broken for one of the containers', async () => {
    const whole = await stored(60, 0);
    const shared = new SharedCatalogs();
    const broken: MemoryStateStore = Object.assign(Object.create(whole) as MemoryStateStore, {
      get: async (key: Parameters<MemoryStateStore['get']>[0]) => {
        const item = await whole.get(key);
        return item?.['bytes'] instanceof Uint8Array
          ? { bytes: item['bytes'].map((byte) => byte ^ 1) }
          : item;
      },
      query: (range: Parameters<MemoryStateStore['query']>[0]) => whole.query(range),
    });
    expect(await createCatalogReader({ ...deps, state: whole }, shared).current([])).toMatchObject({
      status: 'ok',
    });
    // Without a snapshot there is only the change log, which begins after it.
    expect(await createCatalogReader({ ...deps, state: broken }, shared).current([])).toEqual({
      status: 'unavailable',
    });
  });
});

describe('reads of the fleet', () => {
  function world(warmed: boolean) {
    const kernel = new Kernel({ seed: 1 });
    const dynamodb = new DynamoDb(kernel, createMemoryStateStore(), { warmed });
    const prng = kernel.fork('container');
    const state = dynamodb.for(
      new Container({ kernel, id: 'c', functionName: 'query-ads', skewMs: 0, prng, pauses: true }),
    );
    const all = async <T>(work: readonly Promise<T>[]): Promise<T[]> => {
      const settled = await kernel.settle(Promise.all(work), 60_000);
      if (settled === undefined) throw new Error('not done after a minute');
      return settled.value;
    };
    return { dynamodb, state, all, kernel };
  }
  const chunk = (n: number) => ({ table: 'ads', pk: `chunk#${n}`, sk: '' }) as const;
  const bytes = new Uint8Array(200_000);

  it('cost a unit for each 4 KB, and come back whole though a part of them was throttled at first', async () => {
    const { dynamodb, state, all, kernel } = world(false);
    for (let n = 0; n < 40; n += 1)
      await dynamodb.store.write({ type: 'put', key: chunk(n), attributes: { bytes } });
    const keys = Array.from({ length: 40 }, (_, n) => chunk(n));
    // 49 units a chunk, 40 chunks, ten times: 19,600 of a table that gives 12,000 a second.
    const found = await all(Array.from({ length: 10 }, () => state.getMany(keys)));
    expect(found.flat().every((item) => item !== undefined)).toBe(true);
    expect(dynamodb.used('chunk').reads).toBe(19_600);
    expect(dynamodb.used('chunk').throttled).toBeGreaterThan(0);
    expect(kernel.elapsedMs).toBeGreaterThan(600);
  });

  it('take the time of their bytes and of the work that they make', async () => {
    const { dynamodb, state, all, kernel } = world(true);
    await dynamodb.store.write({ type: 'put', key: chunk(1), attributes: { bytes } });
    const key = { table: 'ads', pk: 'other', sk: '' } as const;
    await dynamodb.store.write({ type: 'put', key, attributes: { bytes } });
    const tookMs = async (read: () => Promise<unknown>): Promise<number> => {
      const beganMs = kernel.elapsedMs;
      await all([read()]);
      return kernel.elapsedMs - beganMs;
    };
    // 0.2 MB: 2.9 ms at 70 MB/s, and 16 ms at 80 ms a megabyte of chunks.
    expect(await tookMs(() => state.get(key))).toBeGreaterThan(2.9);
    expect(await tookMs(() => state.get(chunk(1)))).toBeGreaterThan(18.9);
  });

  it('refuse a key that is asked for more than 3,000 units a second, even in a table that gives more', async () => {
    const { dynamodb, state, all } = world(true);
    await dynamodb.store.write({ type: 'put', key: chunk(1), attributes: { bytes } });
    const codes = await all(
      Array.from({ length: 500 }, () =>
        state.get(chunk(1)).then(
          () => 'read',
          (error: unknown) => (error as { readonly code: string }).code,
        ),
      ),
    );
    expect(new Set(codes)).toEqual(new Set(['read', 'state-throttled']));
  });
});
