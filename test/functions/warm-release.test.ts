import type { APIGatewayProxyResult } from 'aws-lambda';
import { describe, expect, it } from '@jest/globals';
import {
  createReleasedQueryAds,
  type ReleasedQueryAds,
} from '../../functions/query-ads/released-query-ads.ts';
import { createWarmRelease, type BeforeTraffic } from '../../functions/warm-release/warm-release.ts';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { headKey } from '../../lib/app/state-keys.ts';
import { DeploymentError, ReleasedVersionError } from '../../lib/ports/released-version.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { adCreated, hourMs } from '../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf } from '../support/ad-world.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { toEvent } from '../support/proxy-event.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

/**
 * The hook and the functions that it warms up, with their real code: a version's containers begin, load and answer
 * as Lambda lets them, one call at a time each.
 */

const ads = (count: number, from = 0) => Array.from({ length: count }, (_, n) => adCreated(from + n));
const event: BeforeTraffic = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'hook-1' };

interface Options {
  readonly containersMin?: number;
  /** Lambda throttles beyond so many containers. */
  readonly containersMax?: number;
  /** Calls, counted from 0, that fail before they reach a container. */
  readonly failing?: (call: number) => boolean;
  /** How long a container takes to begin, by its number. */
  readonly beginMs?: (container: number) => number;
  /** Containers that Lambda ends after their first call. */
  readonly ending?: (container: number) => boolean;
  /** The store as a container sees it. */
  readonly seenBy?: (state: StateStore, container: number) => StateStore;
  /** The store as the hook sees it. */
  readonly hookState?: (state: StateStore) => StateStore;
  /** The version that the containers say they run. */
  readonly runs?: string;
  /** What is invoked instead of our function, as before it knew warm-up calls. */
  readonly older?: () => Promise<unknown>;
}

function createFleet(options: Options = {}) {
  const clock = createVirtualClock({ startMs: adEpochMs - hourMs, autoAdvance: true });
  const world = createAdWorld({ clock });
  const prod = stageSettings('prod');
  const settings = { ...prod, cloud: { ...prod.cloud, warmContainers: options.containersMin ?? 3 } };
  const {
    containersMax = 40,
    failing = () => false,
    beginMs = () => 300,
    seenBy = (state: StateStore) => state,
  } = options;
  const projector = createAdProjector(world.ports);
  const containers: { busy: boolean; readonly queryAds: ReleasedQueryAds }[] = [];
  const reports: (readonly [string, string])[] = [];
  const fleet = { calls: 0, deaf: 0 };

  const begin = async () => {
    const number = containers.length;
    const queryAds = createReleasedQueryAds({
      ...{ ...world.ports, settings, state: seenBy(world.memoryState, number) },
      ...{ container: `container ${number}`, version: options.runs ?? '9' },
    });
    const container = { busy: true, queryAds };
    containers.push(container);
    await clock.sleep(beginMs(number));
    await queryAds.prepare();
    return container;
  };
  const invoke = async (payload: unknown): Promise<unknown> => {
    const call = fleet.calls;
    fleet.calls += 1;
    await clock.sleep(1);
    if (failing(call)) throw new ReleasedVersionError('ServiceException 500');
    if (options.older !== undefined) return options.older();
    const idle = containers.find(({ busy }) => !busy);
    if (idle === undefined && containers.length >= containersMax) {
      throw new ReleasedVersionError('TooManyRequestsException 429');
    }
    if (idle !== undefined) idle.busy = true;
    const container = idle ?? (await begin());
    try {
      // The wire: JSON both ways.
      const answer = await container.queryAds.handler(JSON.parse(JSON.stringify(payload)) as never);
      return JSON.parse(JSON.stringify(answer)) as unknown;
    } finally {
      container.busy = options.ending?.(containers.indexOf(container)) ?? false;
    }
  };
  const hook = createWarmRelease({
    ...{ ...world.ports, settings, version: '9', released: { invoke } },
    state: options.hookState?.(world.memoryState) ?? world.memoryState,
    deployments: {
      report: ({ deploymentId, hookExecutionId }, outcome) => {
        if (fleet.deaf > 0) {
          fleet.deaf -= 1;
          return Promise.reject(new DeploymentError('ServiceException 500'));
        }
        reports.push([`${deploymentId} ${hookExecutionId}`, outcome]);
        return Promise.resolve();
      },
    },
  });
  const project = (events: ReturnType<typeof ads>) => projectAll(projector, recordsOf(events));
  return { ...world, clock, fleet, containers, reports, hook, invoke, project };
}

const note = { table: 'counters', pk: 'release#9', sk: '' } as const;

describe('a version gets its first call', () => {
  it('once so many containers hold the catalog, each begun by the hook', async () => {
    const { hook, project, containers, reports, memoryState } = createFleet({ containersMin: 5 });
    await project(ads(7));
    expect(await hook(event)).toEqual({ outcome: 'warm', containers: 5, catalogVersion: 7 });
    expect(containers).toHaveLength(5);
    expect(reports).toEqual([['d-1 hook-1', 'Succeeded']]);
    expect(await memoryState.get(note)).toMatchObject({ containers: 5n, catalog_version: 7n });
  });

  it('which then answer without reading what they hold', async () => {
    let reads = 0;
    const { hook, project, containers } = createFleet({
      seenBy: (state) =>
        overrideState(state, {
          query: (range) => {
            reads += 1;
            return state.query(range);
          },
        }),
    });
    await project(ads(7));
    await hook(event);
    const before = reads;
    expect(before).toBeGreaterThan(0);
    for (const { queryAds } of containers) {
      const { statusCode, body } = (await queryAds.handler(
        toEvent({ path: '/api/v1/ads' }),
      )) as APIGatewayProxyResult;
      expect([statusCode, (JSON.parse(body) as { ads: unknown[] }).ads.length]).toEqual([200, 7]);
    }
    expect(reads).toBe(before);
  });

  it('in a stage without ads too', async () => {
    const { hook } = createFleet();
    expect(await hook(event)).toEqual({ outcome: 'warm', containers: 3, catalogVersion: 0 });
  });

  it('though a container begins more slowly than the others stay busy', async () => {
    const { hook, containers } = createFleet({ beginMs: (n) => n * 4000 });
    expect(await hook(event)).toMatchObject({ outcome: 'warm', containers: 3 });
    expect(containers.length).toBeLessThanOrEqual(4);
  });

  it('though calls fail at first', async () => {
    const { hook, reports } = createFleet({ failing: (call) => call < 4 });
    expect(await hook(event)).toMatchObject({ outcome: 'warm' });
    expect(reports).toEqual([['d-1 hook-1', 'Succeeded']]);
  });

  it('though the store fails at first, for the hook and for the containers', async () => {
    let failures = 6;
    const failing = (state: StateStore): StateStore =>
      overrideState(state, {
        get: (key) => {
          failures -= 1;
          return failures < 0
            ? state.get(key)
            : Promise.reject(new StateStoreError('state-unavailable', 'down'));
        },
      });
    const { hook, project } = createFleet({ hookState: failing, seenBy: failing });
    await project(ads(2));
    expect(await hook(event)).toMatchObject({ outcome: 'warm', catalogVersion: 2 });
  });

  it('though a container ends that could not load the catalog', async () => {
    const { hook, project, containers } = createFleet({
      ending: (n) => n === 1,
      seenBy: (state, n) =>
        n === 1
          ? overrideState(state, {
              get: () => Promise.reject(new StateStoreError('state-unavailable', 'down')),
            })
          : state,
    });
    await project(ads(2));
    expect(await hook(event)).toMatchObject({ outcome: 'warm', containers: 3 });
    expect(containers).toHaveLength(4);
  });

  it('though the catalog grows while it waits', async () => {
    const { hook, project, containers } = createFleet({
      beginMs: (n) => n * 1500,
      failing: (call) => call < 3,
    });
    await project(ads(2));
    const held = hook(event);
    await project(ads(5));
    expect(await held).toMatchObject({ outcome: 'warm', catalogVersion: 2 });
    expect(containers.length).toBeGreaterThanOrEqual(3);
  });

  it('though its warmth cannot be noted for people', async () => {
    const { hook, reports, telemetry } = createFleet({
      hookState: (state) =>
        overrideState(state, { write: () => Promise.reject(new StateStoreError('state-throttled', 'slow')) }),
    });
    expect(await hook(event)).toMatchObject({ outcome: 'warm' });
    expect(reports).toEqual([['d-1 hook-1', 'Succeeded']]);
    expect(telemetry.lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });
});

describe('a version is refused, in time and with its reasons', () => {
  /** The head item as it was when the test began. */
  function frozenHead(containersThatSee: (container: number) => boolean) {
    const old = new Map<number, Awaited<ReturnType<StateStore['get']>>>();
    return (state: StateStore, number: number): StateStore =>
      containersThatSee(number)
        ? state
        : overrideState(state, {
            get: (key) => Promise.resolve(key === headKey ? old.get(number) : undefined),
          });
  }

  it.each<[string, Options, readonly string[]]>([
    [
      'that gets too few containers',
      { containersMin: 5, containersMax: 4 },
      ['enough-containers: 4 of 5 containers answered', 'a call failed: TooManyRequestsException 429'],
    ],
    [
      'of which one container sees an old catalog',
      { seenBy: frozenHead((n) => n !== 1) },
      ['catalog-current: 1 of 3 containers hold no catalog of version 4 or later'],
    ],
    [
      'whose containers cannot load the catalog',
      {
        seenBy: (state) =>
          overrideState(state, {
            get: () => Promise.reject(new StateStoreError('state-unavailable', 'down')),
          }),
      },
      ['catalog-current: 3 of 3 containers hold no catalog of version 4 or later'],
    ],
    [
      'whose calls all fail',
      { failing: () => true },
      ['enough-containers: 0 of 3 containers answered', 'a call failed: ServiceException 500'],
    ],
    ['that is another one', { runs: '8' }, ['its-own-containers: 3 containers run version 8, not 9']],
    [
      'that does not know the call',
      { older: () => Promise.resolve({ statusCode: 404, body: '{}' }) },
      ['enough-containers: 0 of 3 containers answered', 'the version does not know the warm-up call'],
    ],
    [
      'whose catalog the hook cannot know',
      {
        hookState: (state) =>
          overrideState(state, {
            get: () => Promise.reject(new StateStoreError('state-unavailable', 'down')),
          }),
      },
      ["the catalog's version cannot be read: state-unavailable"],
    ],
  ])('%s', async (_what, options, reasons) => {
    const { hook, project, reports, clock, memoryState } = createFleet(options);
    await project(ads(4));
    const startMs = clock.monotonicMs();
    expect(await hook(event)).toEqual({ outcome: 'refused', reasons });
    expect(reports).toEqual([['d-1 hook-1', 'Failed']]);
    // It gives up after four minutes; one round may run over. The function may take five and a half.
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(240_000);
    expect(clock.monotonicMs() - startMs).toBeLessThan(270_000);
    expect(await memoryState.get(note)).toBeUndefined();
  });
});

describe('the deployment', () => {
  it('gets a report also if the hook itself breaks', async () => {
    const { hook, reports, telemetry } = createFleet({ older: () => Promise.reject(new TypeError('a bug')) });
    expect(await hook(event)).toEqual({ outcome: 'refused', reasons: ['the hook failed; see its log'] });
    expect(reports).toEqual([['d-1 hook-1', 'Failed']]);
    expect(telemetry.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('gets it from the second invocation if the first could not report', async () => {
    const { hook, fleet, reports } = createFleet();
    fleet.deaf = 1;
    await expect(hook(event)).rejects.toThrow('ServiceException 500');
    await hook(event);
    expect(reports).toEqual([['d-1 hook-1', 'Succeeded']]);
  });

  it('that was refused can be tried again', async () => {
    let down = true;
    const { hook, reports } = createFleet({ failing: () => down });
    await hook(event);
    down = false;
    await hook({ ...event, DeploymentId: 'd-2' });
    expect(reports).toEqual([
      ['d-1 hook-1', 'Failed'],
      ['d-2 hook-1', 'Succeeded'],
    ]);
  });

  it('is nobody’s if an operator calls the hook', async () => {
    const { hook, reports } = createFleet();
    expect(await hook({})).toMatchObject({ outcome: 'warm' });
    expect(reports).toEqual([]);
  });
});

describe('a container that begins', () => {
  it('holds the catalog before its first call', async () => {
    const { ports, memoryState, project } = createFleet();
    await project(ads(3));
    let heads = 0;
    const state = overrideState(memoryState, {
      get: (key) => {
        heads += 1;
        return memoryState.get(key);
      },
    });
    const settings = stageSettings('prod');
    const { handler, prepare } = createReleasedQueryAds({
      ...ports,
      settings,
      state,
      container: 'a',
      version: '9',
    });
    expect(heads).toBe(0);
    await prepare();
    expect(heads).toBe(1);
    expect(await handler({ warmUp: { holdMs: 0 } })).toEqual({
      container: 'a',
      version: '9',
      catalogVersion: 3,
    });
    // A request is answered from it, and a call that warms it up reads the head once more.
    expect(heads).toBe(2);
    await handler(toEvent({ path: '/api/v1/ads' }));
    expect(heads).toBe(2);
  });

  it('waits for no store that is slow or fails', async () => {
    const { ports, clock, memoryState } = createFleet();
    for (const get of [
      () => clock.sleep(60_000).then(() => undefined),
      () => Promise.reject(new StateStoreError('state-unavailable', 'down')),
    ]) {
      const state = overrideState(memoryState, { get });
      const settings = stageSettings('prod');
      const startMs = clock.monotonicMs();
      await createReleasedQueryAds({ ...ports, settings, state, container: 'a', version: '9' }).prepare();
      expect(clock.monotonicMs() - startMs).toBeLessThanOrEqual(8000);
    }
  });

  it('is tried again where nobody waits for it, until the catalog is there', async () => {
    const { ports, clock, memoryState } = createFleet();
    let reads = 0;
    const state = overrideState(memoryState, {
      get: (key) => {
        reads += 1;
        return reads < 6
          ? Promise.reject(new StateStoreError('state-unavailable', 'down'))
          : memoryState.get(key);
      },
    });
    const settings = stageSettings('prod');
    const { prepare } = createReleasedQueryAds({ ...ports, settings, state, container: 'a', version: '9' });
    const startMs = clock.monotonicMs();
    await prepare(true);
    expect(reads).toBeGreaterThanOrEqual(6);
    expect(clock.monotonicMs() - startMs).toBeLessThan(110_000);
  });

  it('ends after 110 s of a store that never answers, and does not try for ever', async () => {
    const { ports, clock, memoryState } = createFleet();
    const settings = stageSettings('prod');
    for (const get of [
      () => clock.sleep(600_000).then(() => undefined),
      () => Promise.reject(new StateStoreError('state-unavailable', 'down')),
    ]) {
      const state = overrideState(memoryState, { get });
      const startMs = clock.monotonicMs();
      await createReleasedQueryAds({ ...ports, settings, state, container: 'a', version: '9' }).prepare(true);
      expect(clock.monotonicMs() - startMs).toBeLessThanOrEqual(110_000);
    }
  });

  it('does not end the container if it fails for a reason that nobody foresaw', async () => {
    const { ports, memoryState } = createFleet();
    const telemetry = createRecordingTelemetry();
    const state = overrideState(memoryState, { get: () => Promise.reject(new TypeError('a defect')) });
    const settings = stageSettings('prod');
    for (const provisioned of [false, true]) {
      const release = { container: 'a', version: '9' };
      await createReleasedQueryAds({ ...ports, telemetry, settings, state, ...release }).prepare(provisioned);
    }
    expect(telemetry.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it.each([
    [-5, 0],
    [700, 700],
    [90_000, 5000],
  ])('stays busy for %d ms as %d ms', async (holdMs, busyMs) => {
    const { ports, clock } = createFleet();
    const settings = stageSettings('prod');
    const { handler } = createReleasedQueryAds({ ...ports, settings, container: 'a', version: '9' });
    const startMs = clock.monotonicMs();
    await handler({ warmUp: { holdMs } });
    expect(clock.monotonicMs() - startMs).toBe(busyMs);
  });
});
