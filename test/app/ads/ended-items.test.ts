import { describe, expect, it } from '@jest/globals';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { transactActionsMax, type WriteAction } from '../../../lib/ports/state-store.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adEpochMs, adId } from '../../support/ad-builder.ts';
import {
  adCreated,
  adDeleted,
  adExpired,
  adImported,
  adUpdated,
  hourMs,
} from '../../support/ad-event-builder.ts';
import { createAdWorld, projectEvents, type AdWorld } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const dayMs = 24 * hourMs;
/** Of the builder's ads; in milliseconds it has 13 digits. */
const endAt = adEpochMs + dayMs;
const local = stageSettings('local');

/** What is kept of ended ads, by key. */
const keptIn = ({ memoryState }: AdWorld): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    memoryState
      .all()
      .filter(({ key }) => key.pk.startsWith('ended#'))
      .map(({ key, attributes }) => [`${key.pk}/${key.sk}`, attributes]),
  );

const adKeysOf = (world: AdWorld): readonly string[] =>
  Object.keys(keptIn(world))
    .filter((name) => !name.startsWith('ended#day#'))
    .map((name) => name.slice('ended#'.length, -1));

describe('what the projector keeps of an ad that ends', () => {
  it('is the ad as it was, and its id under the day of its end, for 90 days', async () => {
    const events = [adCreated(1), adUpdated(1, { title: 'The last title' }), adExpired(1, endAt)];
    const world = await projectEvents(events);
    const day = new Date(endAt).toISOString().slice(0, 10);
    const expires_at = BigInt((endAt + 90 * dayMs) / 1000);
    const row = JSON.parse((keptIn(world)[`ended#${adId(1)}/`] as { ad: string }).ad) as unknown[];
    expect([row[0], row[1], row[4], row[10]]).toEqual([adId(1), 'The last title', endAt, 2]);
    expect(keptIn(world)).toEqual({
      [`ended#${adId(1)}/`]: { ad: JSON.stringify(row), ended_version: 3n, expires_at },
      [`ended#day#${day}/00${endAt}#${adId(1)}`]: { expires_at },
    });
  });

  it('is kept until the end of a second, if the ad ends within one', async () => {
    const within = endAt + 1;
    const world = await projectEvents([adCreated(1, { endAt: within }), adExpired(1, within)]);
    expect(keptIn(world)[`ended#${adId(1)}/`]).toMatchObject({
      expires_at: BigInt((endAt + 90 * dayMs) / 1000 + 1),
    });
  });

  it('is nothing of a delete, and nothing of an end that is refused', async () => {
    const events = [
      ...[adCreated(1), adCreated(2), adDeleted(1)],
      ...[adExpired(1, endAt), adExpired(2, endAt, { at: endAt - 1 })],
    ];
    expect(keptIn(await projectEvents(events))).toEqual({});
  });

  it.each<[string, AdEvent]>([
    ['a creation', adCreated(2, { externalId: 'a', endAt: endAt + dayMs }, { at: endAt })],
    ['an import', adImported(2, { externalId: 'a', endAt: endAt + dayMs }, { at: endAt })],
  ])('is the same if %s takes the external id before the end is logged', async (_, next) => {
    const first = adCreated(1, { externalId: 'a' });
    const taken = await projectEvents([first, next, adExpired(1, endAt)]);
    const plain = await projectEvents([first, adExpired(1, endAt)]);
    expect(keptIn(taken)).toEqual(keptIn(plain));
  });

  it('is written once, however often the end is logged and delivered', async () => {
    const events = [adCreated(1), adExpired(1, endAt), adExpired(1, endAt, { tag: 'b', at: endAt + 1 })];
    const world = await projectEvents(events);
    const before = keptIn(world);
    await projectEvents(events, {}, world);
    expect(keptIn(world)).toEqual(before);
  });

  it('is nothing where the stage keeps none', async () => {
    const settings = { ...local, ads: { ...local.ads, endedDays: 0 } };
    const world = await projectEvents([adCreated(1), adExpired(1, endAt)], {}, createAdWorld({ settings }));
    expect(keptIn(world)).toEqual({});
  });

  it.each([1, 2])('fits the transactions, with %d projections', async (projections) => {
    const count = 130;
    const sizes: number[] = [];
    const base = createAdWorld();
    const state = overrideState(base.memoryState, {
      transact: async (actions: readonly WriteAction[]) => {
        sizes.push(actions.length);
        return base.memoryState.transact(actions);
      },
    });
    const world = { ...base, ports: { ...base.ports, state } };
    const content = 'é'.repeat(10_000);
    const created = Array.from({ length: count }, (_, n) => adCreated(n, { content }));
    await projectEvents(created, {}, world);
    if (projections === 2) {
      const key = { table: 'ads', pk: 'head', sk: '' } as const;
      await base.memoryState.write({
        type: 'update',
        key,
        set: { second: 2n, layout: 1n, p2_snapshot_version: 0n },
      });
    }
    const expired = Array.from({ length: count }, (_, n) => adExpired(n, endAt));
    await projectEvents([...created, ...expired], {}, world);
    expect(adKeysOf(world)).toHaveLength(count);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(transactActionsMax);
    // Nearly full ones, not one for each ad.
    expect(sizes.length).toBeLessThan((3 * count) / 4);
  });
});
