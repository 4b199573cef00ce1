import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { createAdReader } from '../../lib/app/ads/ad-reader.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { buildProjection } from '../../lib/app/projection/build-projection.ts';
import { compareSides } from '../../lib/app/projection/compare-sides.ts';
import { dropProjection } from '../../lib/app/projection/drop-projection.ts';
import { switchReaders } from '../../lib/app/projection/switch-readers.ts';
import { createUsageReader } from '../../lib/app/usage/usage-reader.ts';
import { createUsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { adId } from '../support/ad-builder.ts';
import { adCreated, adDeleted, adUpdated } from '../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf } from '../support/ad-world.ts';
import { openLocalStore, type LocalStore } from './support/dynamodb-local.ts';

/** What only operators and their tools do to the store, with the store of a deployed stage. */
describe('on DynamoDB Local', () => {
  let local: LocalStore;
  beforeAll(async () => {
    local = await openLocalStore();
  });
  afterAll(() => {
    local.client.destroy();
  });

  /** Partitions of the second projection's ads and snapshots that hold anything. */
  const itemsOf = async (prefix: string, count: number): Promise<readonly string[]> => {
    const partitions = [
      `${prefix}snapshots`,
      ...Array.from({ length: count }, (_, n) => `${prefix}ad#${adId(n)}`),
    ];
    const held: string[] = [];
    for (const pk of partitions) {
      const { items } = await local.store.query({ table: 'ads', pk, limit: 100 });
      if (items.length > 0) held.push(pk);
    }
    return held;
  };

  it('a second projection is built, written by each commit, read, left and dropped', async () => {
    const world = createAdWorld({ state: local.store });
    const { ports, clock } = world;
    const projector = createAdProjector(ports, { snapshotChangesBytesMin: 0 });
    const created = Array.from({ length: 105 }, (_, n) => adCreated(n));
    const records = recordsOf([...created, adDeleted(3), adUpdated(2, { title: 'Another title' })]);
    await projectAll(projector, records.slice(0, 106));
    expect(await buildProjection(ports)).toMatchObject({ status: 'built', hasSnapshot: true });
    await projectAll(projector, records.slice(106));
    expect(await compareSides(ports)).toMatchObject({ ads: 104, equalRanges: 256, differences: [] });
    expect(await switchReaders(ports, 2)).toMatchObject({ status: 'switched' });
    expect(await createCatalogReader(ports).current([])).toMatchObject({
      status: 'ok',
      catalog: { version: 107, size: 104 },
    });
    const reader = createAdReader(ports);
    expect(await reader.read(adId(2), [])).toMatchObject({ ad: { title: 'Another title' } });
    expect(await switchReaders(ports, 1)).toMatchObject({ status: 'switched' });
    expect(await dropProjection(ports, 2)).toMatchObject({ status: 'too-soon' });
    await clock.sleep(16 * 60_000);
    expect(await itemsOf('p2.', 105)).not.toEqual([]);
    expect(await dropProjection(ports, 2)).toEqual({ status: 'dropped' });
    expect(await itemsOf('p2.', 105)).toEqual([]);
    expect(await createAdReader(ports).read(adId(2), [])).toMatchObject({ status: 'found' });
    await projectAll(projector, records);
    expect(await buildProjection(ports)).toMatchObject({ status: 'built' });
  });

  it('usage is added once, and its callers are listed page by page', async () => {
    const world = createAdWorld({ state: local.store });
    const { ports } = world;
    const usage = createUsageRecorder(ports);
    const names = ['a', 'arn:aws:iam::123456789012:user/x/y', 'b'.repeat(1000), '\u00e9'.repeat(500)];
    for (const name of names) {
      usage.noteCall(name);
      usage.noteIncrements(name, 5);
    }
    await usage.flush();
    usage.noteCall('a');
    await usage.flush();
    const reader = createUsageReader(ports);
    const today = ports.clock.nowMs();
    const found: string[] = [];
    for (let page = 0, more = true; more && page < 9; page += 1) {
      const listed = await reader.ofDay(today, { limit: 1, after: found.at(-1) });
      found.push(...listed.callers.map(({ principal }) => principal));
      ({ more } = listed);
    }
    expect(found).toEqual(names);
    expect(await reader.ofCaller('a', today, 1)).toMatchObject([{ calls: 2n, increments: 5n }]);
    expect(await reader.ofCaller('b'.repeat(1000), today, 1)).toMatchObject([{ calls: 1n, increments: 5n }]);
  });
});
