import { hashPosition } from '../../../lib/adapters/records/partition-hash.ts';
import { describe, expect, it } from '@jest/globals';
import { createAdExpirer, ExpiryNotLoggedError } from '../../../lib/app/ads/ad-expirer.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createCatalogReader } from '../../../lib/app/ads/catalog-reader.ts';
import { decodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { adEpochMs, adId } from '../../support/ad-builder.ts';
import { adCreated, adUpdated, hourMs } from '../../support/ad-event-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectEvents,
  recordsOf,
  recoverState,
  type AdWorld,
} from '../../support/ad-world.ts';

const endAt = adEpochMs + 24 * hourMs;
const input = { adId: adId(1), endAtMs: endAt };

async function logged({ adEvents }: AdWorld) {
  return adEvents.read('shardId-000000000000', undefined, { recordsMax: 10_000, bytesMax: 1e9 });
}

/** Projects what the expirer logged, behind the records that made the ads. */
async function projectLogged(world: AdWorld): Promise<void> {
  const records = (await logged(world)).map((record) => ({
    ...record,
    sequenceNumber: String(100_000 + Number(record.sequenceNumber)),
  }));
  if (records.length > 0) {
    expect(await createAdProjector(world.ports).project(batchOf(records))).toStrictEqual({
      lowestUnsettled: undefined,
    });
  }
}

describe('a schedule that fires', () => {
  it('logs the end of its ad, which is then gone', async () => {
    const world = await projectEvents([adCreated(1)]);
    world.clock.jump(endAt - world.clock.nowMs());
    await createAdExpirer(world.ports).expire(input);
    expect((await logged(world)).map(({ data }) => decodeAdEvent(data))).toMatchObject([
      { event: { type: 'AdExpired', adId: adId(1), endAt, at: endAt } },
    ]);
    await projectLogged(world);
    expect((await recoverState(world.ports)).size).toBe(0);
  });

  it('logs nothing before the end by its own clock', async () => {
    const world = await projectEvents([adCreated(1)]);
    world.clock.jump(endAt - world.clock.nowMs() - 1);
    await createAdExpirer(world.ports).expire(input);
    expect(await logged(world)).toHaveLength(0);
  });

  it('twice, and late, changes nothing more', async () => {
    const world = await projectEvents([adCreated(1)]);
    const expirer = createAdExpirer(world.ports);
    world.clock.jump(endAt - world.clock.nowMs());
    await expirer.expire(input);
    world.clock.jump(24 * hourMs);
    await expirer.expire(input);
    await projectLogged(world);
    expect((await recoverState(world.ports)).version).toBe(2);
    expect(world.telemetry.total(metrics.adEventsRefused)).toBe(0);
  });

  it('for an end that has since moved on leaves the ad in its place', async () => {
    const world = await projectEvents([adCreated(1), adUpdated(1, { endAt: endAt + hourMs })]);
    world.clock.jump(endAt - world.clock.nowMs());
    await createAdExpirer(world.ports).expire(input);
    await projectLogged(world);
    expect((await recoverState(world.ports)).get(adId(1))?.endAt).toBe(endAt + hourMs);
  });

  it('is to be tried again when the log does not take it', async () => {
    const world = createAdWorld();
    const adEvents = {
      stream: 'ad-events' as const,
      epoch: '1',
      hashPosition,
      append: async () => Promise.resolve([{ status: 'refused' as const, reason: 'full' }]),
    };
    world.clock.jump(endAt - world.clock.nowMs());
    await expect(createAdExpirer({ ...world.ports, adEvents }).expire(input)).rejects.toThrow(
      ExpiryNotLoggedError,
    );
  });
});

describe('the sweep', () => {
  it('logs the end of ads that ended more than two minutes ago, and of no other', async () => {
    const ends = [endAt, endAt + 1, endAt + hourMs];
    const world = await projectEvents(ends.map((end, n) => adCreated(n, { endAt: end })));
    world.clock.jump(endAt + 2 * 60_000 + 1 - world.clock.nowMs());
    expect(await createAdExpirer(world.ports).sweep()).toStrictEqual({ appended: 1 });
    await projectLogged(world);
    const state = await recoverState(world.ports);
    expect([...state.ads.keys()]).toStrictEqual([adId(1), adId(2)]);
    expect(world.telemetry.total(metrics.adsSwept)).toBe(1);
  });

  it('follows the log from run to run', async () => {
    const world = createAdWorld();
    const expirer = createAdExpirer(world.ports);
    expect(await expirer.sweep()).toStrictEqual({ appended: 0 });
    await projectEvents([adCreated(1)], {}, world);
    world.clock.jump(endAt + hourMs - world.clock.nowMs());
    expect(await expirer.sweep()).toStrictEqual({ appended: 1 });
    expect(await expirer.sweep()).toStrictEqual({ appended: 1 });
    await projectLogged(world);
    expect((await recoverState(world.ports)).version).toBe(2);
    expect(await expirer.sweep()).toStrictEqual({ appended: 0 });
  });

  it('takes the longest ended first and stops where the log does', async () => {
    const world = await projectEvents(
      Array.from({ length: 700 }, (_, n) => adCreated(n, { endAt: endAt + 700 - n })),
    );
    world.clock.jump(endAt + hourMs - world.clock.nowMs());
    let room = 500;
    const adEvents = {
      stream: 'ad-events' as const,
      epoch: '1',
      hashPosition,
      append: async (entries: Parameters<typeof world.adEvents.append>[0]) => {
        if (room < entries.length)
          return entries.map(() => ({ status: 'refused' as const, reason: 'throttled' }));
        room -= entries.length;
        return world.adEvents.append(entries);
      },
    };
    expect(await createAdExpirer({ ...world.ports, adEvents }).sweep()).toStrictEqual({ appended: 500 });
    const [first] = await logged(world);
    expect(decodeAdEvent(first!.data)).toMatchObject({ event: { adId: adId(699) } });
  });

  it('does not need the schedule: without any, no ad is served past its end', async () => {
    const world = createAdWorld();
    const schedule = { set: async () => Promise.resolve(), clear: async () => Promise.resolve() };
    await createAdProjector({ ...world.ports, schedule }).project(batchOf(recordsOf([adCreated(1)])));
    const reader = createCatalogReader(world.ports);
    const view = await reader.current([]);
    const served = (atMs: number): number | undefined =>
      view.status === 'ok' ? view.catalog.query({}, atMs, { offset: 0, limit: 10 }).total : undefined;
    expect([adEpochMs - 1, adEpochMs, endAt - 1, endAt].map(served)).toStrictEqual([0, 1, 1, 0]);
  });
});
