import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import type { Right, RightsAd } from '../../lib/app/delivery/ad-rights.ts';
import { Rights } from '../../lib/app/delivery/rights.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { RightsRecord } from '../../lib/core/delivery/goals/rights-record.ts';
import { LocalDays } from '../../lib/core/delivery/goals/local-days.ts';
import type { Goal } from '../../lib/core/delivery/goals/plan.ts';
import type { Attributes, StateStore } from '../../lib/ports/state-store.ts';
import { createCounterWorld, deliver, seededIds } from './counter-world.ts';
import { createMemoryEventLog } from './memory/memory-event-log.ts';
import { adId, tracked } from './tracked-world.ts';
import { createVirtualClock, virtualStartMs } from './virtual-clock.ts';

export const goalAd = adId(1);
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** A wait that is over, whichever part of it was drawn. */
export const pausedMs = 1500;

/** An ad with a goal, from the start of the virtual clock on. */
export function adWithGoal(
  goal: Goal,
  { timeZone = 'UTC', ...fields }: Partial<RightsAd> & { readonly timeZone?: string } = {},
): RightsAd {
  return {
    ...{ id: goalAd, version: 5, generation: 1, startAt: virtualStartMs, endAt: virtualStartMs + 7 * dayMs },
    goal: { of: goal, days: new LocalDays(timeZone) },
    ...fields,
  };
}

export type GoalWorld = ReturnType<typeof createGoalWorld>;

/** The log of increments, its aggregator and containers that decide, on a clock that the test moves. */
export function createGoalWorld(wrap: (state: StateStore) => StateStore = (state) => state) {
  const clock = createVirtualClock();
  const increments = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 2, clock });
  const { ports, memoryState, telemetry } = createCounterWorld({ clock, increments });
  const aggregator = createAggregator(ports);
  const state = wrap(memoryState);
  const positions = new Map<string, string>();
  const orders: RightsRecord[] = [];
  let containers = 0;

  /** Counts what is in the log. */
  const settle = async (): Promise<void> => {
    for (const { shardId } of await increments.shards()) {
      const size = { recordsMax: 10_000, bytesMax: Infinity };
      const records = await increments.read(shardId, positions.get(shardId), size);
      const last = records.at(-1);
      if (last === undefined) continue;
      for (const { data } of records) {
        const body = JSON.parse(new TextDecoder().decode(data)) as RightsRecord | { type: 'Tracked' };
        if (body.type !== 'Tracked') orders.push(body);
      }
      positions.set(shardId, last.sequenceNumber);
      await deliver(aggregator, records, { epoch: '1', shardId });
    }
  };

  return {
    ...{ clock, ports, memoryState, increments, telemetry, settle },
    /** Those that the log holds, as far as it was settled. */
    orders,
    /** A container that has just begun. */
    container: (overrides: Partial<Ports> = {}): Rights =>
      new Rights({ ...ports, state, ids: seededIds((containers += 1)), ...overrides }),
    /** Logs the impression of a decision. */
    report: async ({ generation, epoch }: Right, id?: string): Promise<void> => {
      await increments.append([
        tracked({ generation, epoch, at: clock.nowMs(), ...(id !== undefined && { id }) }),
      ]);
    },
    ledger: (): Promise<Attributes | undefined> =>
      memoryState.get({ table: 'delivery', pk: `ledger#${goalAd}`, sk: '' }),
    counter: (): Promise<Attributes | undefined> =>
      memoryState.get({ table: 'counters', pk: `counter#\u0001i#${goalAd}`, sk: '' }),
  };
}

/** A right for one request of a container; undefined: it gets none. */
export async function takeOne(
  rights: Rights,
  ad: RightsAd,
  { clock }: Pick<GoalWorld, 'clock'>,
): Promise<Right | undefined> {
  const request = rights.forRequest(clock.nowMs(), true);
  return request.isWaiting(ad.id, ad) ? undefined : request.take(ad, ad);
}

/** A container whose ad's ledger is open. */
export async function openedFor(world: GoalWorld, ad: RightsAd): Promise<Rights> {
  const rights = world.container();
  await takeOne(rights, ad, world);
  await world.settle();
  await world.clock.advance(pausedMs);
  return rights;
}
