import { expect } from '@jest/globals';
import type { AdChange, Refusal } from '../../lib/core/ads/ad-change.ts';
import type { AdEvent } from '../../lib/core/ads/ad-event.ts';
import { AdState, evolve } from '../../lib/core/ads/ad-state.ts';
import type { Ad } from '../../lib/core/ads/ad.ts';
import { changesOf, decide, type AdLimits, type Decision } from '../../lib/core/ads/decide.ts';
import type { SpecificationStore } from '../specifications/specification-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createAdWorld, projectEvents, projection } from './ad-world.ts';

/**
 * Given events, when an event, then what comes of it. Every specification is run again through the projector
 * over a store, as it is and once per event with that event in the log twice: versions, bytes and outcomes
 * must be the same.
 */
export function givenAdsIn(store: SpecificationStore) {
  return (...events: readonly AdEvent[]) => ({
    when: (event: AdEvent, limits: Partial<AdLimits> = {}) => {
      const all = { liveAdsMax: 1000, liveBytesMax: 1_000_000, ...limits };
      const run = async (): Promise<Decision> => {
        await expectTwiceIsOnce(store, [...events, event], all);
        return decideLast(events, event, all);
      };
      return {
        thenPuts: async (ad: Partial<Ad>) => {
          const decision = await run();
          expect(decision).toMatchObject({ type: 'applied', change: { type: 'put', ad } });
        },
        thenExpiresAndPuts: async (expired: Partial<AdChange>, ad: Partial<Ad>) => {
          expect(await run()).toMatchObject({
            type: 'applied',
            expired: { type: 'remove', reason: 'expired', ...expired },
            change: { type: 'put', ad },
          });
        },
        thenRemoves: async (change: Partial<AdChange>) => {
          expect(await run()).toMatchObject({ type: 'applied', change: { type: 'remove', ...change } });
        },
        thenRefuses: async (reason: Refusal) => {
          expect(await run()).toStrictEqual({ type: 'refused', reason });
        },
        thenChangesNothing: async (version: number) => {
          expect(await run()).toMatchObject({ type: 'unchanged', ad: { version } });
        },
      };
    },
  });
}

function decideLast(events: readonly AdEvent[], last: AdEvent, limits: AdLimits): Decision {
  const state = new AdState();
  for (const event of events) {
    for (const change of changesOf(decide(event, state, limits))) evolve(state, change);
  }
  return decide(last, state, limits);
}

async function expectTwiceIsOnce(
  store: SpecificationStore,
  events: readonly AdEvent[],
  ads: AdLimits,
): Promise<void> {
  const base = stageSettings('local');
  const settings = { ...base, ads: { ...base.ads, ...ads } };
  const project = async (log: readonly AdEvent[]): Promise<unknown> => {
    const world = createAdWorld({ settings, state: store.fresh() });
    await projectEvents(log, {}, world);
    return projection(world.ports.state, events);
  };
  const once = await project(events);
  for (const [index, event] of events.entries()) {
    expect(await project(events.toSpliced(index, 0, event))).toStrictEqual(once);
    expect(await project([...events, event])).toStrictEqual(once);
  }
}
