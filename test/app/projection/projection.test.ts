import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createAdReader } from '../../../lib/app/ads/ad-reader.ts';
import { createCatalogReader } from '../../../lib/app/ads/catalog-reader.ts';
import { buildProjection } from '../../../lib/app/projection/build-projection.ts';
import { compareSides } from '../../../lib/app/projection/compare-sides.ts';
import { dropProjection } from '../../../lib/app/projection/drop-projection.ts';
import { switchReaders } from '../../../lib/app/projection/switch-readers.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { StateStoreError, type ItemKey } from '../../../lib/ports/state-store.ts';
import { adId } from '../../support/ad-builder.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { adCreated, adDeleted, adUpdated } from '../../support/ad-event-builder.ts';
import { seeSide } from '../../support/ad-sides.ts';
import { createAdWorld, projectAll, projectEvents, recordsOf, type AdWorld } from '../../support/ad-world.ts';
import { failEachCall, interruptEachCall, type Work } from '../../support/failing-calls.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const always = { snapshotChangesBytesMin: 0 };
const headItem: ItemKey = { table: 'ads', pk: 'head', sk: '' };
const adItem = (prefix: string, n: number): ItemKey => ({
  table: 'ads',
  pk: `${prefix}ad#${adId(n)}`,
  sk: '',
});
const quarterMs = 15 * 60_000;

const events = [
  ...Array.from({ length: 6 }, (_, n) => adCreated(n)),
  adDeleted(3),
  adUpdated(2, { title: 'Another title' }),
];
const before = [...events.slice(0, 5)];

/** Both projections hold the same ads, and those are the ones of the change log. */
async function expectEqualSides({ memoryState, ports }: AdWorld): Promise<void> {
  const [one, two] = [seeSide(memoryState, ''), seeSide(memoryState, 'p2.')];
  expect(two.ads).toEqual(one.ads);
  expect(await compareSides(ports)).toMatchObject({ equalRanges: 256, differences: [] });
}

/** A world whose projector has settled the events, all but the last `later`, and goes on with them. */
async function openWorld(later = 0) {
  const world = createAdWorld();
  const projector = createAdProjector(world.ports, always);
  const records = recordsOf(events);
  let next = 0;
  const goOn = async (count = 1): Promise<void> => {
    const some = records.slice(next, next + count);
    next += some.length;
    if (some.length > 0) await projectAll(projector, some);
  };
  await goOn(events.length - later);
  return { ...world, goOn };
}
type OpenWorld = Awaited<ReturnType<typeof openWorld>>;

const unavailable = () => new StateStoreError('state-unavailable', 'no answer');

function disturbed(
  run: (ports: Ports, world: OpenWorld) => Promise<unknown>,
  open: () => Promise<OpenWorld>,
): Work<OpenWorld, { readonly state: Ports['state'] }> {
  return {
    open,
    portsOf: ({ ports: { state } }) => ({ state }),
    failures: { state: unavailable },
    run: ({ state }, world) => run({ ...world.ports, state }, world),
  };
}

describe('a second projection', () => {
  it('is built from any events, and each commit after it writes both', async () => {
    await fc.assert(
      fc.asyncProperty(adEventLogs, fc.nat(), fc.boolean(), async (log, at, snapshots) => {
        const world = createAdWorld();
        const projector = createAdProjector(world.ports, snapshots ? always : {});
        const records = recordsOf(log);
        const cut = 1 + (at % Math.max(1, records.length));
        await projectAll(projector, records.slice(0, cut));
        const built = await buildProjection(world.ports);
        expect(built.status).toBe(records.length === 0 ? 'no-ads' : 'built');
        if (built.status === 'no-ads') return;
        await expectEqualSides(world);
        await projectAll(projector, records.slice(cut));
        await expectEqualSides(world);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same whenever a change is committed while it is built', async () => {
    const work = disturbed(
      (ports) => buildProjection(ports),
      () => openWorld(3),
    );
    for await (const { world, what, error } of interruptEachCall(work, ({ goOn }) => goOn(3))) {
      expect({ what, error }).toEqual({ what, error: undefined });
      await world.goOn(3);
      expect({ what, ads: seeSide(world.memoryState, 'p2.').ads }).toEqual({
        what,
        ads: seeSide(world.memoryState, '').ads,
      });
      await expectEqualSides(world);
      expect(await buildProjection(world.ports)).toMatchObject({ status: 'kept', record: { id: 2 } });
    }
  });

  it('is whole although a change is committed before each of its writes', async () => {
    const { goOn, ...world } = await openWorld(3);
    const { ports, memoryState } = world;
    const behind = overrideState(memoryState, {
      transact: async (actions) => {
        await goOn();
        return memoryState.transact(actions);
      },
    });
    expect(await buildProjection({ ...ports, state: behind })).toMatchObject({ status: 'built' });
    await expectEqualSides(world);
  });

  it('is built by a second run after a fault in any call, whatever was committed in between', async () => {
    const work = disturbed(
      (ports) => buildProjection(ports),
      () => openWorld(3),
    );
    for await (const { world, what } of failEachCall(work)) {
      await world.goOn(2);
      const again = await buildProjection(world.ports);
      expect({ what, is: ['built', 'kept'].includes(again.status) }).toEqual({ what, is: true });
      await world.goOn(1);
      await expectEqualSides(world);
      expect(seeSide(world.memoryState, 'p2.').snapshots.length).toBeGreaterThan(0);
    }
  });

  it('is never written by a run that another one has taken over from', async () => {
    const work = disturbed(
      (ports) => buildProjection(ports),
      () => openWorld(2),
    );
    const other = async ({ ports, goOn }: OpenWorld): Promise<void> => {
      await buildProjection(ports);
      await goOn(2);
    };
    for await (const { world, what, error } of interruptEachCall(work, other)) {
      expect({ what, error }).toEqual({ what, error: undefined });
      await expectEqualSides(world);
    }
  });

  it.each([0, 1, 2])(
    'is not spoilt by write %i of a run that was taken over, though it dies there',
    async (at) => {
      const world = await openWorld(2);
      const { ports, memoryState, goOn } = world;
      let writes = 0;
      const late = overrideState(memoryState, {
        transact: async (actions) => {
          writes += 1;
          if (writes - 1 > at) throw unavailable();
          if (writes - 1 === at) {
            await buildProjection(ports);
            await goOn(2);
          }
          return memoryState.transact(actions);
        },
      });
      await buildProjection({ ...ports, state: late }).catch(() => undefined);
      expect(writes).toBeGreaterThan(at);
      await expectEqualSides(world);
    },
  );

  it('waits until there are ads', async () => {
    expect(await buildProjection(createAdWorld().ports)).toEqual({ status: 'no-ads' });
  });

  it('is found to differ, ad by ad and by its snapshot, and the other one too', async () => {
    const world = await openWorld();
    await buildProjection(world.ports);
    const { memoryState } = world;
    await memoryState.write({ type: 'delete', key: adItem('p2.', 4) });
    await memoryState.write({ type: 'update', key: adItem('', 5), set: { end_at: 1n, ad: '[]' } });
    await memoryState.write({ type: 'put', key: adItem('p2.', 3), attributes: { ad: '[]' } });
    const manifest = { table: 'ads', pk: 'p2.snapshots', sk: '8'.padStart(16, '0') } as const;
    await memoryState.write({ type: 'update', key: manifest, set: { state: 'writing' } });
    const compared = await compareSides(world.ports);
    expect(compared?.differences).toHaveLength(4);
    expect(compared?.differences).toEqual(
      expect.arrayContaining([
        { type: 'ad', projection: 1, adId: adId(5), what: 'differs' },
        { type: 'ad', projection: 2, adId: adId(4), what: 'missing' },
        { type: 'ad', projection: 2, adId: adId(3), what: 'should be gone' },
        { type: 'snapshot', projection: 2, version: 8, what: 'unreadable' },
      ]),
    );
    expect(compared?.equalRanges).toBe(253);
    expect(await switchReaders(world.ports, 2)).toMatchObject({ status: 'differs' });
    expect(await memoryState.get(headItem)).not.toHaveProperty('projection');
  });

  it('is found to differ although changes are committed while it is compared', async () => {
    const { ports, memoryState, goOn } = await openWorld(3);
    await buildProjection(ports);
    await memoryState.write({ type: 'delete', key: adItem('p2.', 1) });
    const moving = overrideState(memoryState, {
      getMany: async (keys) => {
        await goOn();
        return memoryState.getMany(keys);
      },
    });
    const compared = await compareSides({ ...ports, state: moving });
    expect(compared?.head.version).toBe(8);
    expect(compared?.differences).toEqual([{ type: 'ad', projection: 2, adId: adId(1), what: 'missing' }]);
  });
});

/** What each way of reading says of the ads. */
async function readAll(ports: Ports): Promise<unknown> {
  const view = await createCatalogReader(ports).current([]);
  if (view.status !== 'ok') return view.status;
  const reader = createAdReader(ports);
  const single: unknown[] = [];
  for (let n = 0; n < 6; n += 1) single.push(await reader.read(adId(n), []));
  return { version: view.catalog.version, list: view.catalog.listById(undefined, 100, 0), single };
}

describe('the pointer of readers', () => {
  it('moves to the other projection and back, and all that is read stays as it was', async () => {
    const world = await openWorld(2);
    const { ports, goOn } = world;
    await buildProjection(ports);
    const first = await readAll(ports);
    expect(await switchReaders(ports, 2)).toMatchObject({ status: 'switched', head: { active: { id: 2 } } });
    expect(await readAll(ports)).toEqual(first);
    expect(await switchReaders(ports, 2)).toMatchObject({ status: 'unchanged' });
    await goOn(1);
    await expectEqualSides(world);
    const second = await readAll(ports);
    expect(await switchReaders(ports, 1)).toMatchObject({ status: 'switched', head: { active: { id: 1 } } });
    expect(await readAll(ports)).toEqual(second);
    expect(await switchReaders(ports, 1)).toMatchObject({ status: 'unchanged' });
    await goOn(1);
    await expectEqualSides(world);
  });

  it('leads readers to the items and the snapshot of that projection alone', async () => {
    const world = await openWorld();
    const { ports, memoryState } = world;
    await buildProjection(ports);
    const expected = await readAll(ports);
    await switchReaders(ports, 2);
    for (const { key } of memoryState.all()) {
      // Also the changes before the snapshot: a cold reader does without them.
      if (/^(?:ad#|chunk#|snapshots$|changes#)/.test(key.pk))
        await memoryState.write({ type: 'delete', key });
    }
    expect(await readAll(ports)).toEqual(expected);
  });

  it('does not move to one that is being built, and says how far behind that is', async () => {
    const world = await openWorld(2);
    const { ports, memoryState, goOn } = world;
    expect(await switchReaders(ports, 2)).toEqual({ status: 'absent' });
    let calls = 0;
    const dying = overrideState(memoryState, {
      transact: (actions) => {
        calls += 1;
        return calls === 2 ? Promise.reject(unavailable()) : memoryState.transact(actions);
      },
    });
    await expect(buildProjection({ ...ports, state: dying })).rejects.toThrow('no answer');
    expect(await switchReaders(ports, 2)).toEqual({ status: 'behind', versions: 6 });
    await goOn(2);
    expect(await switchReaders(ports, 2)).toEqual({ status: 'behind', versions: 8 });
    expect(await readAll(ports)).toMatchObject({ version: 8 });
  });

  it('does not move to one without a snapshot, which a second start writes', async () => {
    const world = await openWorld();
    const { ports, memoryState } = world;
    const noChunks = overrideState(memoryState, { writeEach: () => Promise.reject(unavailable()) });
    await expect(buildProjection({ ...ports, state: noChunks })).rejects.toThrow('no answer');
    expect(await switchReaders(ports, 2)).toEqual({ status: 'no-snapshot' });
    expect(await buildProjection(ports)).toMatchObject({ status: 'kept' });
    expect(await switchReaders(ports, 2)).toMatchObject({ status: 'switched' });
  });

  it('is where one of both operators put it, after a fault in any call', async () => {
    const open = async (): Promise<OpenWorld> => {
      const world = await openWorld(1);
      await buildProjection(world.ports);
      return world;
    };
    const work = disturbed((ports) => switchReaders(ports, 2), open);
    for await (const { world, what } of failEachCall(work)) {
      await world.goOn(1);
      const again = await switchReaders(world.ports, 2);
      expect({ what, is: ['switched', 'unchanged'].includes(again.status) }).toEqual({ what, is: true });
      await expectEqualSides(world);
    }
    const drop = async ({ ports }: OpenWorld): Promise<void> => {
      await dropProjection(ports, 2);
    };
    for await (const { world, what, error } of interruptEachCall(work, drop)) {
      const layout = await world.memoryState.get(headItem);
      const isMixed = layout?.['projection'] === 2n && seeSide(world.memoryState, 'p2.').items.length === 0;
      expect({ what, isMixed }).toEqual({ what, isMixed: false });
      expect({ what, code: (error as { name?: string } | undefined)?.name }).toEqual({
        what,
        code: error === undefined ? undefined : 'MovingProjectionError',
      });
    }
  });
});

const isChunk = ({ pk }: ItemKey): boolean => pk.includes('chunk#');

describe('warm readers at a switch', () => {
  it('answer without a wait from the old catalog until the new one is there', async () => {
    const world = await openWorld(1);
    const { ports, memoryState, goOn } = world;
    await buildProjection(ports);
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let chunkReads = 0;
    const slow = overrideState(memoryState, {
      get: async (key, options) => {
        if (isChunk(key)) chunkReads += 1;
        if (isChunk(key) && chunkReads > 1) await gate;
        return memoryState.get(key, options);
      },
    });
    const reader = createCatalogReader({ ...ports, state: slow });
    const now = async () => {
      const view = await reader.current([]);
      return view.status === 'ok' ? view.catalog : undefined;
    };
    const old = await now();
    expect(chunkReads).toBe(1);
    await switchReaders(ports, 2);
    expect(await now()).toBe(old);
    await goOn(1);
    expect(await now()).toMatchObject({ version: 8 });
    expect(chunkReads).toBe(2);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    const moved = await now();
    expect(moved).toMatchObject({ version: 8 });
    expect(moved?.listById(undefined, 100, 0)).toEqual(
      Object.values(seeSide(memoryState, 'p2.').ads).map(() => expect.any(String) as unknown),
    );
    expect(chunkReads).toBe(2);
  });

  it('go on from the new catalog once they have it, and read no change twice', async () => {
    const { ports, memoryState, goOn } = await openWorld(3);
    await buildProjection(ports);
    let changesRead = 0;
    const counting = overrideState(memoryState, {
      query: async (range) => {
        const page = await memoryState.query(range);
        if (range.pk.startsWith('changes#')) changesRead += page.items.length;
        return page;
      },
    });
    const reader = createCatalogReader({ ...ports, state: counting });
    await reader.current([]);
    await switchReaders(ports, 2);
    await reader.current([]);
    await new Promise((resolve) => setImmediate(resolve));
    await reader.current([]);
    changesRead = 0;
    for (const version of [6, 7, 8]) {
      await goOn();
      expect(await reader.current([])).toMatchObject({ status: 'ok', catalog: { version } });
    }
    expect(changesRead).toBe(3);
  });

  it('try again when the other catalog cannot be loaded, and serve the old one meanwhile', async () => {
    const world = await openWorld(1);
    const { ports, memoryState, goOn, clock } = world;
    await buildProjection(ports);
    let failures = 0;
    let fails = false;
    const failing = overrideState(memoryState, {
      get: (key, options) => {
        if (!fails || !isChunk(key)) return memoryState.get(key, options);
        failures += 1;
        return Promise.reject(unavailable());
      },
    });
    const reader = createCatalogReader({ ...ports, state: failing });
    await reader.current([]);
    // What is wrong in the first projection is what the switch takes readers away from.
    await switchReaders(ports, 2);
    fails = true;
    for (let round = 0; round < 3; round += 1) {
      expect(await reader.current([])).toMatchObject({ status: 'ok', staleMs: 0 });
      await clock.advance(1000);
    }
    expect(failures).toBeGreaterThan(1);
    fails = false;
    await goOn(1);
    expect(await reader.current([])).toMatchObject({ status: 'ok', catalog: { version: 8 } });
  });

  it('of single ads follow within five seconds, and find the ad in either projection meanwhile', async () => {
    const world = await openWorld();
    const { ports, memoryState, clock } = world;
    await buildProjection(ports);
    const reader = createAdReader(ports);
    await reader.read(adId(1), []);
    await switchReaders(ports, 2);
    await memoryState.write({ type: 'delete', key: adItem('p2.', 1) });
    expect(await reader.read(adId(1), [])).toMatchObject({ status: 'found' });
    await clock.advance(5000);
    expect(await reader.read(adId(1), [])).toEqual({ status: 'not-found' });
    expect(await reader.read(adId(2), [])).toMatchObject({ status: 'found', ad: { title: 'Another title' } });
  });

  it('of single ads believe their pointer for thirty seconds while the head cannot be read', async () => {
    const world = await openWorld();
    const { ports, memoryState, clock } = world;
    let isDown = false;
    const state = overrideState(memoryState, {
      get: (key) => (isDown && key.pk === 'head' ? Promise.reject(unavailable()) : memoryState.get(key)),
    });
    const reader = createAdReader({ ...ports, state });
    await reader.read(adId(1), []);
    isDown = true;
    await clock.advance(30_000);
    expect(await reader.read(adId(1), [])).toMatchObject({ status: 'found' });
    await clock.advance(1);
    await expect(reader.read(adId(1), [])).rejects.toThrow('no answer');
  });

  it('of single ads count the age of their pointer from before its read', async () => {
    const world = await openWorld();
    const { ports, memoryState, clock } = world;
    const slow = overrideState(memoryState, {
      get: async (key) => {
        const item = await memoryState.get(key);
        // The container is frozen in the middle of the first read, and thaws after the projection is gone.
        if (key.pk === 'head' && memoryState.all().some(({ key: { pk } }) => pk.startsWith('ad#'))) {
          await buildProjection(ports);
          await switchReaders(ports, 2);
          await clock.advance(quarterMs);
          await dropProjection(ports, 1);
        }
        return item;
      },
    });
    const reader = createAdReader({ ...ports, state: slow });
    await reader.read(adId(1), []);
    expect(await reader.read(adId(1), [])).toMatchObject({ status: 'found' });
  });
});

describe('a projection that is dropped', () => {
  it('is not the active one, and not one that readers left less than 15 minutes ago', async () => {
    const world = await openWorld();
    const { ports, clock } = world;
    expect(await dropProjection(ports, 1)).toEqual({ status: 'active' });
    expect(await dropProjection(ports, 2)).toEqual({ status: 'absent' });
    await buildProjection(ports);
    await switchReaders(ports, 2);
    const leftMs = clock.nowMs();
    expect(await dropProjection(ports, 2)).toEqual({ status: 'active' });
    await clock.advance(quarterMs - 1);
    expect(await dropProjection(ports, 1)).toEqual({ status: 'too-soon', untilMs: leftMs + quarterMs });
    await clock.advance(1);
    expect(await dropProjection(ports, 1)).toEqual({ status: 'dropped' });
    expect(seeSide(world.memoryState, '').items).toEqual([]);
    expect(await readAll(ports)).toMatchObject({ version: 8 });
  });

  it('is never the one that another operator switches readers to meanwhile', async () => {
    const open = async (): Promise<OpenWorld> => {
      const world = await openWorld();
      await buildProjection(world.ports);
      return world;
    };
    const expected = await readAll((await open()).ports);
    const work = disturbed((ports) => dropProjection(ports, 2), open);
    const statuses = new Set<string>();
    const other = async ({ ports }: OpenWorld): Promise<void> => {
      statuses.add((await switchReaders(ports, 2)).status);
    };
    for await (const { world, what, error } of interruptEachCall(work, other)) {
      expect({ what, error }).toEqual({ what, error: undefined });
      expect({ what, read: await readAll(world.ports) }).toEqual({ what, read: expected });
    }
    expect(statuses).toEqual(new Set(['switched', 'absent']));
  });

  it('leaves nothing behind, built or half built, after a fault in any call, and can be built again', async () => {
    const built = async (): Promise<OpenWorld> => {
      const world = await openWorld(2);
      await buildProjection(world.ports);
      return world;
    };
    const half = async (): Promise<OpenWorld> => {
      const world = await openWorld(2);
      const { memoryState } = world;
      let calls = 0;
      const dying = overrideState(memoryState, {
        transact: (actions) => {
          calls += 1;
          return calls === 2 ? Promise.reject(unavailable()) : memoryState.transact(actions);
        },
      });
      await buildProjection({ ...world.ports, state: dying }).catch(() => undefined);
      expect(seeSide(memoryState, 'p2.').items.length).toBeGreaterThan(0);
      return world;
    };
    for (const open of [built, half]) {
      const work = disturbed((ports) => dropProjection(ports, 2), open);
      for await (const { world, what } of failEachCall(work)) {
        await world.goOn(1);
        const again = await dropProjection(world.ports, 2);
        expect({ what, is: ['dropped', 'absent'].includes(again.status) }).toEqual({ what, is: true });
        expect({ what, items: seeSide(world.memoryState, 'p2.').items }).toEqual({ what, items: [] });
        const names = Object.keys((await world.memoryState.get(headItem)) ?? {});
        expect(names.filter((name) => name.startsWith('p2_') || name === 'second')).toEqual([]);
        expect(await buildProjection(world.ports)).toMatchObject({ status: 'built' });
        await world.goOn(1);
        await expectEqualSides(world);
      }
    }
  });

  it('leaves no ad behind that was created while it was built', async () => {
    const { ports, memoryState, goOn } = await openWorld(3);
    let writes = 0;
    const dying = overrideState(memoryState, {
      write: async (action) => {
        await goOn();
        return memoryState.write(action);
      },
      transact: (actions) => {
        writes += 1;
        return writes === 2 ? Promise.reject(unavailable()) : memoryState.transact(actions);
      },
    });
    await expect(buildProjection({ ...ports, state: dying })).rejects.toThrow('no answer');
    expect(await memoryState.get(adItem('p2.', 5))).toBeDefined();
    expect(await dropProjection(ports, 2)).toEqual({ status: 'dropped' });
    expect(seeSide(memoryState, 'p2.').items).toEqual([]);
  });

  it('is not built again before it is gone', async () => {
    const { ports, memoryState } = await openWorld();
    await buildProjection(ports);
    let writes = 0;
    const dying = overrideState(memoryState, {
      transact: (actions) => {
        writes += 1;
        return writes === 2 ? Promise.reject(unavailable()) : memoryState.transact(actions);
      },
    });
    await expect(dropProjection({ ...ports, state: dying }, 2)).rejects.toThrow('no answer');
    expect(await buildProjection(ports)).toMatchObject({ status: 'dropping', record: { id: 2 } });
    expect(await switchReaders(ports, 2)).toEqual({ status: 'absent' });
    expect(await dropProjection(ports, 2)).toEqual({ status: 'dropped' });
    expect(await buildProjection(ports)).toMatchObject({ status: 'built' });
  });

  it('does not take the items of one that was built after it', async () => {
    const open = async (): Promise<OpenWorld> => {
      const world = await openWorld(1);
      await buildProjection(world.ports);
      return world;
    };
    const work = disturbed((ports) => dropProjection(ports, 2), open);
    const other = async ({ ports }: OpenWorld): Promise<void> => {
      await dropProjection(ports, 2);
      await buildProjection(ports);
    };
    for await (const { world } of interruptEachCall(work, other)) {
      await world.goOn(1);
      if ((await compareSides(world.ports)) === undefined) await buildProjection(world.ports);
      await expectEqualSides(world);
    }
  });
});

it('a projection that is built while another operator drops it is whole, or gone', async () => {
  const work = disturbed(
    (ports) => dropProjection(ports, 2),
    () => openWorld(1),
  );
  const other = async ({ ports }: OpenWorld): Promise<void> => {
    await buildProjection(ports);
  };
  for await (const { world } of interruptEachCall(work, other)) {
    await world.goOn(1);
    if ((await compareSides(world.ports)) !== undefined) await expectEqualSides(world);
    else expect(seeSide(world.memoryState, 'p2.').items).toEqual([]);
  }
});

describe('a projector that does not know of the second projection', () => {
  it('is fenced by its first commit and then writes both', async () => {
    const world = createAdWorld();
    const [one, two] = [createAdProjector(world.ports, always), createAdProjector(world.ports, always)];
    const records = recordsOf(before);
    await projectAll(one, records.slice(0, 3));
    await projectAll(two, records.slice(0, 3));
    await buildProjection(world.ports);
    await projectAll(one, records.slice(3, 4));
    await expectEqualSides(world);
    await projectAll(two, records.slice(3));
    await expectEqualSides(world);
    await switchReaders(world.ports, 2);
    await projectAll(one, records);
    await expectEqualSides(world);
  });

  it('finds room for both in a transaction', async () => {
    const world = await projectEvents([adCreated(1000)], always);
    await buildProjection(world.ports);
    const many = Array.from({ length: 300 }, (_, n) => adCreated(n));
    const records = recordsOf(many).map((record, n) => ({ ...record, sequenceNumber: String(n + 2) }));
    await projectAll(createAdProjector(world.ports, always), records);
    await expectEqualSides(world);
    expect(Object.keys(seeSide(world.memoryState, 'p2.').ads)).toHaveLength(301);
  });
});
