import { describe, expect, it } from '@jest/globals';
import { createAdExpirer } from '../../../lib/app/ads/ad-expirer.ts';
import { decodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../../lib/app/ads/snapshot-writer.ts';
import { changeKey, headKey } from '../../../lib/app/state-keys.ts';
import { AdState } from '../../../lib/core/ads/ad-state.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { adEpochMs, adId, buildAd } from '../../support/ad-builder.ts';
import { adCreated, adUpdated, hourMs } from '../../support/ad-event-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectEvents,
  recordsOf,
  recoverState,
  type AdWorld,
} from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const shardId = 'shardId-000000000000';
const endAt = adEpochMs + 24 * hourMs;
const sweptAfterMs = 120_000;

/** The ids of the ads whose end was logged, in the order of the log. */
async function expired({ adEvents }: AdWorld): Promise<string[]> {
  const records = await adEvents.read(shardId, undefined, { recordsMax: 10_000, bytesMax: 1e9 });
  return records.map(({ data }) => {
    const decoded = decodeAdEvent(data);
    if (decoded.status !== 'ok' || decoded.event.type !== 'AdExpired') throw new Error('not an expiry');
    return decoded.event.adId;
  });
}

/** Ads as versions first, first + 1, ..., written as a projector would have. */
async function writeAds({ memoryState }: AdWorld, ads: readonly Ad[], first = 1): Promise<void> {
  for (const [index, ad] of ads.entries()) {
    const { id, title, content, startAt, endAt, createdAt } = ad;
    const row = [id, title, content, startAt, endAt, null, null, 0, '', 0, first + index, createdAt, 0];
    const attributes = { change: JSON.stringify({ v: 1, put: row }) };
    await memoryState.write({ type: 'put', key: changeKey(first + index), attributes });
  }
  const version = BigInt(first + ads.length - 1);
  await memoryState.write({ type: 'update', key: headKey, set: { version, snapshot_version: 0n } });
}

describe('a sweep', () => {
  it('logs 5,000 ends at most, in appends of 500, and the rest with the next run', async () => {
    const world = createAdWorld();
    // The ads with the higher numbers ended first.
    await writeAds(
      world,
      Array.from({ length: 5003 }, (_, n) => buildAd({ id: adId(n), endAt: endAt - n })),
    );
    world.clock.jump(endAt + sweptAfterMs + 1 - world.clock.nowMs());
    const sizes: number[] = [];
    const adEvents = {
      ...world.adEvents,
      epoch: '1',
      append: async (entries: Parameters<typeof world.adEvents.append>[0]) => {
        sizes.push(entries.length);
        return world.adEvents.append(entries);
      },
    };
    expect(await createAdExpirer({ ...world.ports, adEvents }).sweep()).toEqual({ appended: 5000 });
    expect(sizes).toEqual(new Array(10).fill(500));
    expect(await expired(world)).toEqual(Array.from({ length: 5000 }, (_, n) => adId(5002 - n)));
  });

  it.each([
    [sweptAfterMs - 1, []],
    [sweptAfterMs, []],
    [sweptAfterMs + 1, [adId(1)]],
    [sweptAfterMs + 2, [adId(1), adId(2)]],
  ])('%d ms after an end logs it, or leaves it to the schedule', async (afterMs, ids) => {
    const world = createAdWorld();
    await writeAds(world, [buildAd({ id: adId(2), endAt: endAt + 1 }), buildAd({ id: adId(1), endAt })]);
    world.clock.jump(endAt + afterMs - world.clock.nowMs());
    await createAdExpirer(world.ports).sweep();
    expect(await expired(world)).toEqual(ids);
  });

  it('logs an end again that was moved on and came back: the first log of it was refused', async () => {
    const world = await projectEvents([adCreated(1)]);
    world.clock.jump(endAt + hourMs - world.clock.nowMs());
    const expirer = createAdExpirer(world.ports);
    // The client moves the end on before the sweep's event is decided, and back after it.
    await expirer.sweep();
    const moves = (to: number, tag: string) => adUpdated(1, { endAt: to }, { tag, at: endAt - 1 });
    const [swept] = await world.adEvents.read(shardId, undefined, { recordsMax: 10, bytesMax: 1e9 });
    const projector = createAdProjector(world.ports);
    await projectFrom(projector, 10, [moves(endAt + 24 * hourMs, 'on')]);
    expect(await projector.project(batchOf([{ ...swept!, sequenceNumber: '20' }]))).toEqual({
      lowestUnsettled: undefined,
    });
    await projectFrom(projector, 30, [moves(endAt, 'back')]);
    expect((await recoverState(world.ports)).size).toBe(1);
    await expirer.sweep();
    const all = await world.adEvents.read(shardId, undefined, { recordsMax: 10, bytesMax: 1e9 });
    expect(await projector.project(batchOf([{ ...all[1]!, sequenceNumber: '40' }]))).toEqual({
      lowestUnsettled: undefined,
    });
    expect((await recoverState(world.ports)).size).toBe(0);
  });

  it('reads only what is new since the run before', async () => {
    const world = createAdWorld();
    await writeAds(world, [buildAd({ id: adId(1), endAt })]);
    const ranges: string[] = [];
    const state = overrideState(world.memoryState, {
      query: async (range) => {
        ranges.push(`${Number(range.after)}..${Number(range.through)}`);
        return world.memoryState.query(range);
      },
    });
    const expirer = createAdExpirer({ ...world.ports, state });
    await expirer.sweep();
    await expirer.sweep();
    await writeAds(world, [buildAd({ id: adId(2), endAt })], 2);
    await expirer.sweep();
    expect(ranges).toEqual(['0..1', '1..2']);
  });

  it('forgets the ads that a snapshot after a gap no longer has', async () => {
    const world = createAdWorld();
    const removed = buildAd({ id: adId(1), endAt });
    const kept = buildAd({ id: adId(2), endAt: endAt + 1 });
    await writeAds(world, [removed]);
    const expirer = createAdExpirer(world.ports);
    await expirer.sweep();
    await world.memoryState.write({
      type: 'update',
      key: headKey,
      set: { version: 5000n, snapshot_version: 0n },
    });
    const head = parseHead(await world.memoryState.get(headKey));
    await writeSnapshot(world.ports, AdState.from([kept], 5000), head);
    world.clock.jump(endAt + hourMs - world.clock.nowMs());
    expect(await expirer.sweep()).toEqual({ appended: 1 });
    expect(await expired(world)).toEqual([adId(2)]);
  });
});

/** Projects events under numbers from `first` on. */
async function projectFrom(
  projector: ReturnType<typeof createAdProjector>,
  first: number,
  events: readonly AdEvent[],
): Promise<void> {
  const records = recordsOf(events).map((record, n) => ({ ...record, sequenceNumber: String(first + n) }));
  expect(await projector.project(batchOf(records))).toEqual({ lowestUnsettled: undefined });
}
