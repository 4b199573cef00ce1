import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { ChangeLogGapError } from '../../../lib/app/ads/change-log.ts';
import { writeSnapshot } from '../../../lib/app/ads/snapshot-writer.ts';
import { compareProjection } from '../../../lib/app/rebuild/compare-projection.ts';
import { switchProjection } from '../../../lib/app/rebuild/switch-projection.ts';
import {
  adKey,
  changeKey,
  chunkKey,
  endedKey,
  endedOnDayKey,
  headKey,
  manifestKey,
} from '../../../lib/app/state-keys.ts';
import { AdState } from '../../../lib/core/ads/ad-state.ts';
import { manifestFromJson } from '../../../lib/core/ads/snapshot/snapshot-manifest.ts';
import type { WriteAction } from '../../../lib/ports/state-store.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { adCreated, adDeleted, adExpired, adUpdated, hourMs } from '../../support/ad-event-builder.ts';
import { adEpochMs, adId, buildAd } from '../../support/ad-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectEvents,
  projection,
  recordsOf,
  type AdWorld,
} from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const local = stageSettings('local');
const endAt = adEpochMs + 24 * hourMs;
const always = { snapshotChangesBytesMin: 0 };
const events = [
  ...Array.from({ length: 250 }, (_, n) => adCreated(n)),
  adDeleted(3),
  adUpdated(7, { title: 'Another title' }),
];

const differencesOf = async (world: AdWorld) => (await compareProjection(world.ports)).differences;

/** A world whose projection is as it should be, and the same told as one value. */
async function sound() {
  const world = await projectEvents(events, always);
  return { world, before: await projection(world.ports.state, events) };
}

async function expectMended(world: AdWorld, before: unknown): Promise<void> {
  expect((await switchProjection(world.ports))?.differences).toEqual([]);
  expect(await differencesOf(world)).toEqual([]);
  expect(await projection(world.ports.state, events)).toEqual(before);
}

describe('a rebuild', () => {
  it('finds nothing in what the projector made of any events, and writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(adEventLogs, fc.boolean(), async (log, snapshots) => {
        const world = await projectEvents(log, snapshots ? always : {});
        const readOnly = overrideState(world.ports.state, {
          write: () => Promise.reject(new Error('a write')),
          transact: () => Promise.reject(new Error('a write')),
          transactEach: () => Promise.reject(new Error('a write')),
        });
        const { differences } = await compareProjection({ ...world.ports, state: readOnly });
        expect(differences).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, (world: AdWorld) => Promise<unknown>, unknown[]]>([
    [
      'a changed ad',
      ({ memoryState }) => memoryState.write({ type: 'update', key: adKey(adId(9)), set: { end_at: 1n } }),
      [{ type: 'ad', adId: adId(9), what: 'differs' }],
    ],
    [
      'an ad of another version',
      ({ memoryState }) => memoryState.write({ type: 'update', key: adKey(adId(9)), add: { version: 1n } }),
      [{ type: 'ad', adId: adId(9), what: 'differs' }],
    ],
    [
      'an ad with the content of another',
      async ({ memoryState }) => {
        const { ad } = (await memoryState.get(adKey(adId(8))))!;
        return memoryState.write({ type: 'update', key: adKey(adId(9)), set: { ad: ad! } });
      },
      [{ type: 'ad', adId: adId(9), what: 'differs' }],
    ],
    [
      'a lost ad',
      ({ memoryState }) => memoryState.write({ type: 'delete', key: adKey(adId(249)) }),
      [{ type: 'ad', adId: adId(249), what: 'missing' }],
    ],
    [
      'a deleted ad that came back',
      ({ memoryState }) => memoryState.write({ type: 'put', key: adKey(adId(3)), attributes: { ad: '[]' } }),
      [{ type: 'ad', adId: adId(3), what: 'should be gone' }],
    ],
    [
      'a wrong number of live ads',
      ({ memoryState }) => memoryState.write({ type: 'update', key: headKey, add: { live_ads: 1n } }),
      [{ type: 'head', attribute: 'live_ads', expected: 249, found: 250 }],
    ],
    [
      'wrong bytes of live ads',
      ({ memoryState }) => memoryState.write({ type: 'update', key: headKey, set: { live_bytes: 5n } }),
      [{ type: 'head', attribute: 'live_bytes', expected: expect.any(Number), found: 5 }],
    ],
    [
      'a wrong number of deleted ads',
      ({ memoryState }) => memoryState.write({ type: 'update', key: headKey, add: { deleted: 2n } }),
      [{ type: 'head', attribute: 'deleted', expected: 1, found: 3 }],
    ],
    [
      'a wrong number of expired ads',
      ({ memoryState }) => memoryState.write({ type: 'update', key: headKey, set: { expired: 4n } }),
      [{ type: 'head', attribute: 'expired', expected: 0, found: 4 }],
    ],
    ['a snapshot that lost a chunk', loseChunk, [{ type: 'snapshot', version: 252, what: 'unreadable' }]],
    [
      'a sound snapshot of another state',
      forgeSnapshot,
      [{ type: 'snapshot', version: 252, what: 'differs' }],
    ],
  ])('finds %s, and mends it when it switches', async (_, damage, expected) => {
    const { world, before } = await sound();
    await damage(world);
    expect(await differencesOf(world)).toEqual(expected);
    await expectMended(world, before);
  });

  it('keeps again the ended ads that a release before them did not keep, in groups', async () => {
    const endings = [
      ...Array.from({ length: 120 }, (_, n) => adCreated(n)),
      adDeleted(3, { at: adEpochMs }),
      ...Array.from({ length: 120 }, (_, n) => adExpired(n, endAt)),
    ];
    const world = await projectEvents(endings, always);
    const kept = () => world.memoryState.all().filter(({ key }) => key.pk.startsWith('ended#'));
    const before = kept();
    expect(before).toHaveLength(2 * 119);
    for (const { key } of before) await world.memoryState.write({ type: 'delete', key });
    const missing = await differencesOf(world);
    expect(missing).toHaveLength(119);
    expect(missing[0]).toEqual({ type: 'ended', adId: adId(0), what: 'missing' });
    expect((await switchProjection(world.ports))?.differences).toEqual([]);
    expect(kept()).toEqual(before);
  });

  it.each<[string, WriteAction, string]>([
    ['the ad is lost', { type: 'delete', key: endedKey(adId(1)) }, 'missing'],
    ['it is not under its day', { type: 'delete', key: endedOnDayKey(endAt, adId(1)) }, 'missing'],
    ['it is another ad', { type: 'update', key: endedKey(adId(1)), set: { ad: '[]' } }, 'differs'],
    [
      'it ended with another version',
      { type: 'update', key: endedKey(adId(1)), add: { ended_version: 1n } },
      'differs',
    ],
  ])('finds of an ended ad that %s', async (_, damage, what) => {
    const world = await projectEvents([adCreated(1), adCreated(2), adExpired(1, endAt)], always);
    const before = world.memoryState.all();
    await world.memoryState.transact([damage]);
    expect(await differencesOf(world)).toEqual([{ type: 'ended', adId: adId(1), what }]);
    await switchProjection(world.ports);
    expect(world.memoryState.all()).toEqual(before);
  });

  it('leaves alone what is kept no longer', async () => {
    const world = await projectEvents([adCreated(1), adExpired(1, endAt)]);
    await world.memoryState.write({ type: 'delete', key: endedKey(adId(1)) });
    world.clock.jump(endAt + 90 * 24 * hourMs - world.clock.nowMs());
    expect(await differencesOf(world)).toEqual([]);
  });

  it('does not ask for ended ads where the stage keeps none', async () => {
    const settings = { ...local, ads: { ...local.ads, endedDays: 0 } };
    const world = await projectEvents([adCreated(1), adExpired(1, endAt)], {}, createAdWorld({ settings }));
    expect(await differencesOf(world)).toEqual([]);
  });

  it('mends more than one transaction holds', async () => {
    const { world, before } = await sound();
    for (let n = 0; n < 200; n += 1) await world.memoryState.write({ type: 'delete', key: adKey(adId(n)) });
    expect(await differencesOf(world)).toHaveLength(199);
    await expectMended(world, before);
  });

  it('begins anew when a change is projected between the look and the write, and loses none', async () => {
    const { world } = await sound();
    await world.memoryState.write({ type: 'delete', key: adKey(adId(9)) });
    const more = [...events, adUpdated(9, { title: 'Changed meanwhile' }), adDeleted(12)];
    let isFirst = true;
    const state = overrideState(world.ports.state, {
      transact: async (actions) => {
        if (!isFirst) return world.memoryState.transact(actions);
        isFirst = false;
        await createAdProjector(world.ports).project(batchOf(recordsOf(more).slice(-2)));
        const result = await world.memoryState.transact(actions);
        // Not for a moment may the older ad stand there again.
        expect(result.status).toBe('condition-failed');
        expect((await world.memoryState.get(adKey(adId(9))))?.version).toBe(253n);
        return result;
      },
    });
    expect((await switchProjection({ ...world.ports, state }))?.head.version).toBe(254);
    const undisturbed = await projectEvents(more, always);
    const expected = (await projection(undisturbed.ports.state, more)) as Record<string, unknown>;
    expect(await projection(world.ports.state, more)).toMatchObject({
      ads: expected.ads,
      canonical: expected.canonical,
    });
  });

  it('compares while ads are changed', async () => {
    const { world } = await sound();
    // It differs before the change and after it, though the change does not touch it.
    await world.memoryState.write({ type: 'delete', key: adKey(adId(20)) });
    const more = [...events, adUpdated(9, { title: 'Changed meanwhile' }), adDeleted(12)];
    let isFirst = true;
    const state = overrideState(world.ports.state, {
      getMany: async (keys) => {
        if (isFirst && keys.some(({ pk }) => pk === adKey(adId(9)).pk)) {
          isFirst = false;
          await createAdProjector(world.ports).project(batchOf(recordsOf(more).slice(-2)));
        }
        return world.memoryState.getMany(keys);
      },
    });
    const { differences, head } = await compareProjection({ ...world.ports, state });
    const missing = [{ type: 'ad', adId: adId(20), what: 'missing' }];
    expect({ differences, version: head.version }).toEqual({ differences: missing, version: 254 });
  });

  it('compares what was changed meanwhile as well', async () => {
    const { world } = await sound();
    const more = [...events, adUpdated(9, { title: 'Changed meanwhile' }), adDeleted(12)];
    let isFirst = true;
    const state = overrideState(world.ports.state, {
      getMany: async (keys) => {
        const found = await world.memoryState.getMany(keys);
        if (isFirst && keys.some(({ pk }) => pk === adKey(adId(9)).pk)) {
          isFirst = false;
          // It was as it should be when it was read; after the change it is not.
          await createAdProjector(world.ports).project(batchOf(recordsOf(more).slice(-2)));
          await world.memoryState.write({ type: 'update', key: adKey(adId(9)), set: { end_at: 1n } });
        }
        return found;
      },
    });
    const { differences, head } = await compareProjection({ ...world.ports, state });
    const differs = [{ type: 'ad', adId: adId(9), what: 'differs' }];
    expect({ differences, version: head.version }).toEqual({ differences: differs, version: 254 });
  });

  it('sets no schedule', async () => {
    const { world, before } = await sound();
    await world.memoryState.write({ type: 'delete', key: adKey(adId(9)) });
    const schedules = await world.schedule.due(Number.MAX_SAFE_INTEGER - 1, 1000);
    await expectMended(world, before);
    expect(await world.schedule.due(Number.MAX_SAFE_INTEGER - 1, 1000)).toEqual(schedules);
  });

  it('says so when the change log has a gap', async () => {
    const { world } = await sound();
    await world.memoryState.write({ type: 'delete', key: changeKey(17) });
    await expect(compareProjection(world.ports)).rejects.toThrow(ChangeLogGapError);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await differencesOf(await projectEvents([]))).toEqual([]);
  });
});

async function loseChunk({ memoryState }: AdWorld): Promise<void> {
  const { manifest } = (await memoryState.get(manifestKey(252)))!;
  const [chunk = ''] = manifestFromJson(String(manifest))!.chunks;
  await memoryState.write({ type: 'delete', key: chunkKey(chunk) });
}

/** Every checksum of it is right: only a replay can tell. */
async function forgeSnapshot({ memoryState, ports }: AdWorld): Promise<void> {
  const head = parseHead(await memoryState.get(headKey));
  const state = AdState.from([buildAd()], head.version);
  await memoryState.write({ type: 'update', key: manifestKey(252), set: { state: 'writing' } });
  expect(await writeSnapshot(ports, state, head)).toBeDefined();
}
