import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import {
  createCatalogReader,
  type CatalogReader,
  type CatalogView,
} from '../../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { changeKey, headKey } from '../../../lib/app/state-keys.ts';
import { parseToken, type ConsistencyToken } from '../../../lib/core/consistency-token.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adEpochMs } from '../../support/ad-builder.ts';
import { adCreated, adDeleted, adUpdated, hourMs } from '../../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf, type AdWorld } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const creations = (count: number) => Array.from({ length: count }, (_, n) => adCreated(n));
const withStaleness = (maxStalenessMs: number, staleServeMaxMs = 60_000): Ports['settings'] => ({
  ...stageSettings('local'),
  reader: { maxStalenessMs, staleServeMaxMs },
});
const token = (
  sequenceNumber: string,
  issuedAtMs = adEpochMs,
  shardId = 'shardId-000000000000',
): ConsistencyToken => ({
  type: 'ads',
  position: { epoch: '1', shardId, sequenceNumber },
  issuedAtMs,
});

async function ok(reader: CatalogReader, tokens: readonly ConsistencyToken[] = []) {
  const view = await reader.current(tokens);
  if (view.status !== 'ok') throw new Error(view.status);
  return view;
}

/** A store that counts its reads of the head and can be down. */
function watched(world: AdWorld) {
  const watch = { heads: 0, down: false };
  const state = overrideState(world.memoryState, {
    get: async (key) => {
      if (key === headKey) watch.heads += 1;
      if (watch.down) throw new StateStoreError('state-unavailable', 'down');
      return world.memoryState.get(key);
    },
  });
  return { watch, state };
}

/** A store whose reads are answered, with what they found when they came, only when they are released. */
function held(world: AdWorld) {
  const waiting: (() => void)[] = [];
  const state = overrideState(world.memoryState, {
    get: async (key) => {
      const item = await world.memoryState.get(key);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return item;
    },
  });
  const releaseThrice = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) {
      for (const release of waiting.splice(0)) release();
      await world.clock.advance(1);
    }
  };
  return { state, releaseThrice };
}

describe('a catalog reader', () => {
  it('serves what is there, also nothing', async () => {
    const world = createAdWorld();
    const reader = createCatalogReader(world.ports);
    expect((await ok(reader)).catalog.version).toBe(0);
    const projector = createAdProjector(world.ports);
    for (const [index, record] of recordsOf(creations(5)).entries()) {
      await projectAll(projector, [record]);
      expect((await ok(reader)).catalog).toMatchObject({ version: index + 1, size: index + 1 });
    }
    expect(reader.facts).toMatchObject({ version: 5, ads: 5, ageMs: 0 });
    expect(world.telemetry.total(metrics.catalogReloads)).toBe(1);
  });

  it('answers at once, without a promise, while its last check is young', async () => {
    const world = createAdWorld();
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state, settings: withStaleness(1000) });
    await ok(reader);
    await world.clock.advance(1000);
    expect(reader.current([])).toMatchObject({ status: 'ok', staleMs: 1000 });
    expect(watch.heads).toBe(1);
    await world.clock.advance(1);
    expect(reader.current([])).toBeInstanceOf(Promise);
    expect(watch.heads).toBe(2);
  });

  it('checks again when the wall clock has moved on while the monotonic one stood still', async () => {
    const world = createAdWorld();
    const reader = createCatalogReader({ ...world.ports, settings: withStaleness(1000) });
    await ok(reader);
    world.clock.jump(5000);
    expect(reader.current([])).toBeInstanceOf(Promise);
  });

  it('shows without a token what was settled before the request came, when its staleness is 0', async () => {
    const world = createAdWorld();
    const { state, releaseThrice } = held(world);
    const reader = createCatalogReader({ ...world.ports, state });
    const early = reader.current([]);
    await world.clock.advance(1);
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    // These came after the write; the read under way began before it.
    const late = [1, 2, 3].map(async () => reader.current([]));
    await releaseThrice();
    expect(await early).toMatchObject({ catalog: { version: 0 } });
    for (const view of await Promise.all(late)) expect(view).toMatchObject({ catalog: { version: 1 } });
  });

  it('makes one check for all who wait', async () => {
    const world = createAdWorld();
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state, settings: withStaleness(1000) });
    await Promise.all(Array.from({ length: 50 }, async () => ok(reader)));
    expect(watch.heads).toBe(1);
    const eager = createCatalogReader({ ...world.ports, state });
    await Promise.all(Array.from({ length: 50 }, async () => ok(eager)));
    expect(watch.heads).toBeLessThanOrEqual(3);
  });

  it('never goes back', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), recordsOf(creations(3)));
    const older = await world.memoryState.get(headKey);
    const reader = createCatalogReader(world.ports);
    await projectAll(createAdProjector(world.ports), recordsOf(creations(5)));
    expect((await ok(reader)).catalog.version).toBe(5);
    await world.memoryState.write({ type: 'put', key: headKey, attributes: older! });
    expect((await ok(reader)).catalog.version).toBe(5);
    // It says that it has not been able to check, and in the end that it cannot serve.
    await world.clock.advance(1000);
    expect((await ok(reader)).staleMs).toBe(1000);
    await world.clock.advance(60_000);
    expect(await reader.current([])).toStrictEqual({ status: 'unavailable' });
  });

  it('leaves a catalog that it handed out as it was', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports);
    await projectAll(projector, recordsOf([adCreated(1)]));
    const reader = createCatalogReader(world.ports);
    const { catalog } = await ok(reader);
    const before = catalog.query({}, adEpochMs, { offset: 0, limit: 10 });
    await projectAll(projector, recordsOf([adCreated(1), adDeleted(1)]));
    expect((await ok(reader)).catalog.size).toBe(0);
    expect(catalog.query({}, adEpochMs, { offset: 0, limit: 10 })).toStrictEqual(before);
  });

  it('reloads by itself when the changes do not join', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports, { snapshotChangesBytesMin: 0 });
    await projectAll(projector, recordsOf(creations(3)));
    const reader = createCatalogReader(world.ports);
    await ok(reader);
    await projectAll(projector, recordsOf(creations(9)));
    await world.memoryState.write({ type: 'delete', key: changeKey(5) });
    expect((await ok(reader)).catalog).toMatchObject({ version: 9, size: 9 });
  });
});

describe('two readers at one version', () => {
  it('answer byte for byte alike, however each got there', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports, { snapshotChangesBytesMin: 0 });
    const warm = createCatalogReader(world.ports);
    const events = [
      ...Array.from({ length: 40 }, (_, n) =>
        adCreated(n, { country: n % 2 === 0 ? ['TW'] : [], endAt: adEpochMs + 1 + (n % 7) * hourMs }),
      ),
      adDeleted(4),
      adUpdated(6, { endAt: adEpochMs + 9 * hourMs, gender: ['F'] }),
    ];
    for (const record of recordsOf(events)) {
      await projectAll(projector, [record]);
      await ok(warm);
    }
    const cold = createCatalogReader(world.ports);
    const views = [await ok(warm), await ok(cold)];
    expect(views[0]!.token).toBe(views[1]!.token);
    for (const atMs of [adEpochMs - 1, adEpochMs, adEpochMs + 1, adEpochMs + 3 * hourMs]) {
      for (const filter of [{}, { country: 'TW' }, { gender: 'F' as const }]) {
        const pages = views.map(({ catalog }) => catalog.query(filter, atMs, { offset: 3, limit: 20 }));
        expect(pages[0]).toStrictEqual(pages[1]);
      }
    }
  });
});

describe('a strong read', () => {
  it('checks the head after it came, however young the last check is', async () => {
    const world = createAdWorld();
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state, settings: withStaleness(1000) });
    await ok(reader);
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    expect(reader.current([])).toMatchObject({ catalog: { version: 0 } });
    expect(reader.current([], 'eventual')).toMatchObject({ catalog: { version: 0 } });
    expect(await reader.current([], 'strong')).toMatchObject({ staleMs: 0, catalog: { version: 1 } });
    expect(watch.heads).toBe(2);
    // What it learnt serves the others.
    expect(reader.current([])).toMatchObject({ catalog: { version: 1 } });
    expect(watch.heads).toBe(2);
  });

  it('does not share a check that began before it, though others may', async () => {
    const world = createAdWorld();
    const { state, releaseThrice } = held(world);
    const reader = createCatalogReader({ ...world.ports, state, settings: withStaleness(1000) });
    const early = reader.current([]);
    await world.clock.advance(1);
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    const late = [reader.current([], 'strong'), reader.current([])];
    await releaseThrice();
    expect(await early).toMatchObject({ catalog: { version: 0 } });
    expect(await late[0]).toMatchObject({ catalog: { version: 1 } });
    expect(await late[1]).toMatchObject({ status: 'ok' });
  });

  it('is unchecked while the store is down, and just after, when others are served what there is', async () => {
    const world = createAdWorld();
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state, settings: withStaleness(1000) });
    expect(await reader.current([], 'strong')).toMatchObject({ status: 'ok' });
    watch.down = true;
    expect(await reader.current([], 'strong')).toStrictEqual({ status: 'unchecked' });
    expect(reader.current([])).toMatchObject({ status: 'ok' });
    watch.down = false;
    const { heads } = watch;
    expect(await reader.current([], 'strong')).toStrictEqual({ status: 'unchecked' });
    expect(watch.heads).toBe(heads);
    await world.clock.advance(250);
    expect(await reader.current([], 'strong')).toMatchObject({ status: 'ok', staleMs: 0 });
  });

  it('is unchecked if the store has gone back', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), recordsOf(creations(3)));
    const older = await world.memoryState.get(headKey);
    const reader = createCatalogReader({ ...world.ports, settings: withStaleness(1000) });
    await projectAll(createAdProjector(world.ports), recordsOf(creations(5)));
    await ok(reader);
    await world.memoryState.write({ type: 'put', key: headKey, attributes: older! });
    expect(await reader.current([], 'strong')).toStrictEqual({ status: 'unchecked' });
  });

  it('waits for its tokens too', async () => {
    const world = createAdWorld();
    const reader = createCatalogReader({ ...world.ports, settings: withStaleness(1000) });
    await ok(reader);
    const waiting = reader.current([token('1')], 'strong');
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    expect(await waiting).toMatchObject({ status: 'ok', catalog: { version: 1 } });
    expect(await reader.current([token('2')], 'strong')).toStrictEqual({ status: 'not-caught-up' });
  });
});

describe('a token', () => {
  it('is met by a catalog that shows its write, and answered at once', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), recordsOf(creations(2)));
    const reader = createCatalogReader({ ...world.ports, settings: withStaleness(1000) });
    await ok(reader);
    expect(reader.current([token('2')])).toMatchObject({ status: 'ok' });
  });

  it('makes a fresh reader look again, and is met by a refused event too', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports);
    const reader = createCatalogReader({ ...world.ports, settings: withStaleness(1000) });
    await projectAll(projector, recordsOf([adCreated(1)]));
    await ok(reader);
    await projectAll(projector, recordsOf([adCreated(1), adDeleted(9)]));
    expect(await reader.current([token('2')])).toMatchObject({ status: 'ok', catalog: { version: 1 } });
  });

  it('is waited for', async () => {
    const world = createAdWorld();
    const reader = createCatalogReader(world.ports);
    const waiting = reader.current([token('1')]);
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    expect(await waiting).toMatchObject({ status: 'ok', catalog: { version: 1 } });
  });

  it('is answered not-caught-up after two seconds', async () => {
    const world = createAdWorld();
    const reader = createCatalogReader(world.ports);
    const startMs = world.clock.monotonicMs();
    expect(await reader.current([token('1')])).toStrictEqual({ status: 'not-caught-up' });
    expect(world.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(2000);
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(2300);
  });

  it('compares numbers as numbers', async () => {
    const world = createAdWorld();
    const [record] = recordsOf([adCreated(1)]);
    await projectAll(createAdProjector(world.ports), [{ ...record!, sequenceNumber: '9' }]);
    expect(await createCatalogReader(world.ports).current([token('10')])).toMatchObject({
      status: 'not-caught-up',
    });
  });

  it('without a mark is met once it is older than twice the retention', async () => {
    const world = createAdWorld();
    const reader = createCatalogReader(world.ports);
    const twice = 2 * 7 * 24 * hourMs;
    const nowMs = world.clock.nowMs();
    expect(await reader.current([token('5', nowMs - twice - 1, 'gone')])).toMatchObject({ status: 'ok' });
    expect(await reader.current([token('5', nowMs - twice + 5000, 'gone')])).toMatchObject({
      status: 'not-caught-up',
    });
  });

  it('of a catalog is met by every later one and by no earlier one', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports);
    const reader = createCatalogReader(world.ports);
    const nothing = parseToken((await ok(reader)).token);
    await projectAll(projector, recordsOf([adCreated(1)]));
    const first = parseToken((await ok(reader)).token);
    const behind = createCatalogReader({
      ...world.ports,
      state: frozen(await world.memoryState.get(headKey), world),
    });
    await projectAll(projector, recordsOf([adCreated(1), adCreated(2)]));
    const second = parseToken((await ok(reader)).token);
    expect(await reader.current([nothing!, first!, second!])).toMatchObject({ status: 'ok' });
    expect(await behind.current([nothing!, first!])).toMatchObject({ status: 'ok' });
    expect(await behind.current([second!])).toStrictEqual({ status: 'not-caught-up' });
  });

  it('of a counter is none of the catalog', async () => {
    const world = createAdWorld();
    const counter: ConsistencyToken = { ...token('999'), type: 'counter', partitionKey: 'k' };
    expect(await createCatalogReader(world.ports).current([counter])).toMatchObject({ status: 'ok' });
  });
});

describe('while the store fails', () => {
  it('serves what it has and says how stale it is, up to the limit', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state, settings: withStaleness(0, 5000) });
    await ok(reader);
    watch.down = true;
    await world.clock.advance(4000);
    expect(await reader.current([])).toMatchObject({ status: 'ok', staleMs: 4000, catalog: { version: 1 } });
    expect(world.telemetry.total(metrics.catalogStaleServed)).toBe(1);
    expect(world.telemetry.observations(metrics.catalogStaleMs)).toStrictEqual([4000]);
    await world.clock.advance(1001);
    expect(await reader.current([])).toStrictEqual({ status: 'unavailable' });
    watch.down = false;
    await world.clock.advance(250);
    expect(await reader.current([])).toMatchObject({ status: 'ok', staleMs: 0 });
  });

  it('does not try again for every request', async () => {
    const world = createAdWorld();
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state });
    await ok(reader);
    watch.down = true;
    watch.heads = 0;
    for (let request = 0; request < 100; request += 1) await ok(reader);
    expect(watch.heads).toBe(1);
  });

  it('is unavailable when it has nothing', async () => {
    const world = createAdWorld();
    const { watch, state } = watched(world);
    watch.down = true;
    const reader = createCatalogReader({ ...world.ports, state });
    expect(await reader.current([])).toStrictEqual({ status: 'unavailable' });
    expect(reader.facts).toStrictEqual({ version: 0, ads: 0, ageMs: undefined });
  });

  it('keeps to tokens: what it has meets them, or it says not-caught-up', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    const { watch, state } = watched(world);
    const reader = createCatalogReader({ ...world.ports, state });
    await ok(reader);
    watch.down = true;
    expect(await reader.current([token('1')])).toMatchObject({ status: 'ok' });
    expect(await reader.current([token('2')])).toStrictEqual({
      status: 'not-caught-up',
    } satisfies CatalogView);
  });
});

/** A store whose head stays as it was. */
function frozen(head: Awaited<ReturnType<Ports['state']['get']>>, { memoryState }: AdWorld): Ports['state'] {
  return overrideState(memoryState, { get: async (key) => (key === headKey ? head : memoryState.get(key)) });
}
