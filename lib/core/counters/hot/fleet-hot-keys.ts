import { lanesMax, type PinnedKey } from './lanes.ts';

/** A counter that all containers spread, because the consumers have seen that it is hot. */
export interface FleetHotKey extends PinnedKey {
  /** When its lanes last became more, milliseconds since 1970. */
  readonly raisedAtMs: number;
  /** When it was last seen to need about as many. */
  readonly seenAtMs: number;
}

/** What one batch shows of a counter. */
export interface SeenRate {
  readonly key: string;
  /** Records a second of its busiest partition key: one batch has all of them, because a lane is in one shard. */
  readonly perSecond: number;
  /** The lanes that an operator has given it; 0: none. */
  readonly pinnedLanes: number;
}

/** The most counters in the hint; those with the most lanes stay. */
export const fleetHotKeysMax = 16;

/** A counter leaves the hint this long after it was last seen. Then containers take its lanes back slowly. */
const lifeMs = 60_000;

/** How often a counter that stays hot is written again. */
const seenEveryMs = 20_000;

/**
 * Containers notice the hint seconds later, and until then the first lane has more than its share. So it says
 * nothing of the others for this long after a change.
 */
const raisePauseMs = 10_000;

/** A rate that grows goes on growing until all containers have noticed. */
const headroom = 2;

/** With fewer lanes needed than this share of those it has, a counter is not kept in the hint. */
const keptShare = 1 / 4;

/** Entries of this instant. One of the future is of a wrong clock, which must not keep it for long. */
export function currentHotKeys(known: readonly FleetHotKey[], nowMs: number): readonly FleetHotKey[] {
  return known.filter(({ seenAtMs }) => Math.abs(nowMs - seenAtMs) < lifeMs);
}

/** The lowest rate of a partition key that can keep its counter in the hint. */
export function keptPerSecond(laneRecordsPerSecond: number): number {
  return laneRecordsPerSecond * keptShare;
}

/**
 * The hint with what a batch has shown; undefined: nothing worth a write. A counter gets lanes when the busiest
 * of those it has is over its share. The event id chooses the lane, so all of them are about as busy.
 */
export function mergeHotKeys(
  known: readonly FleetHotKey[],
  seen: readonly SeenRate[],
  { nowMs, laneRecordsPerSecond }: { readonly nowMs: number; readonly laneRecordsPerSecond: number },
): readonly FleetHotKey[] | undefined {
  const merged = new Map(currentHotKeys(known, nowMs).map((entry) => [entry.key, entry]));
  let isChanged = false;
  for (const { key, perSecond, pinnedLanes } of seen) {
    const before = merged.get(key);
    const lanes = Math.max(1, before?.lanes ?? 0, pinnedLanes);
    const needed = Math.ceil((lanes * perSecond) / laneRecordsPerSecond);
    const mayRaise = before === undefined || nowMs - before.raisedAtMs >= raisePauseMs;
    if (needed > lanes && mayRaise && lanes < lanesMax) {
      const raised = Math.min(lanesMax, headroom * needed);
      merged.set(key, { key, lanes: raised, raisedAtMs: nowMs, seenAtMs: nowMs });
      isChanged = true;
    } else if (
      before !== undefined &&
      needed > before.lanes * keptShare &&
      nowMs - before.seenAtMs >= seenEveryMs
    ) {
      merged.set(key, { ...before, seenAtMs: nowMs });
      isChanged = true;
    }
  }
  if (!isChanged) return undefined;
  return [...merged.values()].sort(byLanes).slice(0, fleetHotKeysMax);
}

function byLanes(a: FleetHotKey, b: FleetHotKey): number {
  return b.lanes - a.lanes || b.seenAtMs - a.seenAtMs || (a.key < b.key ? -1 : 1);
}
