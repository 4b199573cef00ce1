import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RightsAd } from '../../../lib/app/delivery/ad-rights.ts';
import { createGoalReader } from '../../../lib/app/delivery/goal-reader.ts';
import { createStandingsReader, standingsMax } from '../../../lib/app/delivery/goal-standings.ts';
import type { Rights } from '../../../lib/app/delivery/rights.ts';
import type { AdGoal } from '../../../lib/core/ads/goal.ts';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import type { CatalogRow } from '../../../lib/core/ads/catalog/catalog-row.ts';
import type { GoalStanding } from '../../../lib/core/delivery/goals/standing.ts';
import type { StateStore } from '../../../lib/ports/state-store.ts';
import { buildAd } from '../../support/ad-builder.ts';
import {
  createGoalWorld,
  goalAd,
  hourMs,
  minuteMs,
  openedFor,
  type GoalWorld,
} from '../../support/goal-world.ts';
import { adId } from '../../support/tracked-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const goalOf = createGoalReader();
/** So long after the start of a ledger no epoch has to be closed first. Its line is drawn anew only after an hour. */
const openMs = 30 * minuteMs;

/** An ad of six hours with a goal, as its catalog and as its rights have it. */
function adOf(goal: AdGoal): { readonly row: CatalogRow; readonly ad: RightsAd } {
  const [row] = rowsOf([goalAd], goal);
  return { row: row!, ad: goalOf(row!.ad)! };
}

function rowsOf(ids: readonly string[], goal: AdGoal): readonly CatalogRow[] {
  const span = { startAt: virtualStartMs, endAt: virtualStartMs + 6 * hourMs };
  const ads = ids.map((id) => buildAd({ ...{ id, version: 5, generation: 1, goal }, ...span }));
  return Catalog.from(ads, 5).matching({}, virtualStartMs);
}

async function takeFor(container: Rights, ad: RightsAd, row: CatalogRow, { clock }: GoalWorld) {
  const request = container.forRequest(clock.nowMs(), true);
  return request.isWaiting(ad.id, row) ? undefined : request.take(ad, row);
}

const idle = { hasRight: () => false };

async function standingIn(world: GoalWorld, row: CatalogRow, rights: Pick<Rights, 'hasRight'> = idle) {
  const standingOf = await createStandingsReader(world.ports, rights)([row], world.clock.nowMs());
  return standingOf(row);
}

describe('how an ad with a goal stands', () => {
  it('is whether a container that knows nothing gets a right, now and at the instant that it waits for', async () => {
    const seen = new Set<GoalStanding['state']>();
    let waits = 0;
    const goals = fc.record({
      impressions: fc.oneof(
        fc.record({ total: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ total: fc.integer({ min: 4, max: 60 }) }),
        fc.record({ daily: fc.integer({ min: 30, max: 500 }) }),
        fc.record({ daily: fc.integer({ min: 30, max: 60 }), total: fc.integer({ min: 60, max: 70 }) }),
      ),
      pacing: fc.constantFrom('even' as const, 'asap' as const),
    });
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 240 }), fc.boolean()), {
      ...{ minLength: 4, maxLength: 14 },
    });
    await fc.assert(
      fc.asyncProperty(goals, steps, async (goal, steps) => {
        const world = createGoalWorld();
        const { row, ad } = adOf(goal);
        expect(await standingIn(world, row)).toEqual({ state: 'waiting', untilMs: undefined });
        await openedFor(world, ad);
        for (const [seconds, isSeen] of steps) {
          await world.clock.advance(seconds * 1000);
          const standing = await standingIn(world, row);
          seen.add(standing!.state);
          const isNextFree = standing?.state === 'waiting' && standing.untilMs !== undefined;
          const isPlanned = isNextFree && (await isUnderGoal(world, goal));
          if (isPlanned && standing.untilMs - virtualStartMs < openMs) {
            waits += 1;
            await world.clock.advance(standing.untilMs - world.clock.nowMs() - 1);
            expect(await takeFor(world.container(), ad, row, world)).toBeUndefined();
            await world.clock.advance(1);
            expect(await takeFor(world.container(), ad, row, world)).toBeDefined();
            continue;
          }
          const right = await takeFor(world.container(), ad, row, world);
          expect([standing, right === undefined]).toEqual([standing, !isOpen(standing)]);
          if (right !== undefined && isSeen) await world.report(right);
          await world.settle();
        }
      }),
      { numRuns: 60 },
    );
    expect([...seen].sort()).toEqual(['behind', 'done', 'ready', 'waiting']);
    expect(waits).toBeGreaterThan(10);
  });

  it('writes nothing, and reads no ledger of an ad without a goal', async () => {
    const calls: string[] = [];
    const world = createGoalWorld();
    const state = new Proxy(world.memoryState, {
      get: (target, name: keyof StateStore) => {
        calls.push(name);
        return target[name].bind(target);
      },
    });
    const { row } = adOf({ impressions: { total: 5 }, pacing: 'asap' });
    const read = createStandingsReader({ ...world.ports, state }, idle);
    const standingOf = await read([], world.clock.nowMs());
    expect([standingOf(row), calls]).toEqual([undefined, []]);
    await read([row], world.clock.nowMs());
    expect(calls).toEqual(['getMany']);
    expect(await world.ledger()).toBeUndefined();
  });

  it('is ready in the container that has a right of this version in hand', async () => {
    const world = createGoalWorld();
    const { row, ad } = adOf({ impressions: { total: 100 }, pacing: 'asap' });
    const container = await openedFor(world, ad);
    // The first lease is small, and the next twice as large.
    for (let n = 0; n < 30; n += 1) {
      expect(await takeFor(container, ad, row, world)).toBeDefined();
      await world.clock.advance(100);
    }
    const others = world.container();
    for (let n = 0; n < 100; n += 1) await takeFor(others, ad, row, world);
    expect(await world.ledger()).toMatchObject({ used: 100n });
    expect(await standingIn(world, row)).toMatchObject({ state: 'waiting' });
    expect(container.hasRight(row, world.clock.nowMs())).toBe(true);
    expect(await standingIn(world, row, container)).toEqual({ state: 'ready' });
    // It drops them for another version of the ad.
    const { row: other } = adOf({ impressions: { total: 100 }, pacing: 'asap' });
    expect(await standingIn(world, other, container)).toMatchObject({ state: 'waiting' });
    await world.clock.advance(minuteMs);
    expect(container.hasRight(row, world.clock.nowMs())).toBe(false);
  });

  it('is looked at for the first 100 ads', async () => {
    const world = createGoalWorld();
    const ids = Array.from({ length: standingsMax + 1 }, (_, n) => adId(n));
    const rows = rowsOf(ids, { impressions: { total: 5 }, pacing: 'asap' });
    const standingOf = await createStandingsReader(world.ports, idle)(rows, world.clock.nowMs());
    const known = rows.map((row) => standingOf(row) !== undefined);
    expect(known.indexOf(false)).toBe(100);
    expect(rows).toHaveLength(101);
  });
});

function isOpen(standing: GoalStanding | undefined): boolean {
  return standing?.state === 'ready' || standing?.state === 'behind';
}

/** Rights that are left are freed by the plan; those that come back need the log. */
async function isUnderGoal(world: GoalWorld, { impressions }: AdGoal): Promise<boolean> {
  const ledger = await world.ledger();
  const day = Math.floor(virtualStartMs / 86_400_000);
  const { total = Infinity, daily = Infinity } = impressions;
  return Number(ledger?.['used']) < total && Number(ledger?.[`d${day}`] ?? 0n) < daily;
}
