import { assert } from '../../core/assert.ts';
import type { CountChunk, MarkMove } from '../../core/counters/chunk.ts';
import type { Incremented } from '../../core/counters/increment-event.ts';
import {
  SeriesFold,
  seriesLevels,
  windowMs,
  type SeriesLevel,
  type SeriesSum,
} from '../../core/counters/series.ts';
import { countedAdd } from '../../core/delivery/goals/counted-rights.ts';
import { fenceCondition, type Fence } from '../../core/delivery/goals/fence.ts';
import { markValue } from '../../core/log-position.ts';
import { toMark } from '../../core/sequence-number.ts';
import type { Condition, WriteAction } from '../../ports/state-store.ts';
import type { StageSettings } from '../../stages.ts';
import { counterKey, incrementClaimKey, seriesKey } from '../state-keys.ts';

export type UpdateAction = Extract<WriteAction, { type: 'update' }>;

const dayMs = 24 * 3_600_000;

/** The one write that counts a chunk: adds the sum and moves the marks over its records, or does neither. */
export function countAction(counter: string, chunk: CountChunk, nowMs: number): UpdateAction {
  const action = moveMarks(counter, chunk.marks, nowMs);
  const { sum, tracked } = chunk;
  // A chunk of repeats adds nothing, and must not turn an item that has only marks into a counter.
  const added = sum === 0n ? undefined : addAction(counter, sum, nowMs);
  if (tracked === undefined)
    return added === undefined ? action : { ...action, ...added, set: { ...action.set, ...added.set } };
  return {
    ...action,
    set: { ...action.set, updated_at: BigInt(nowMs) },
    add: { ...added?.add, ...Object.fromEntries(tracked.uncounted), ...countedAdd(tracked.rights) },
    ...withFence(action.condition, tracked.fence),
  };
}

function withFence(
  condition: Condition | undefined,
  fence: Fence | undefined,
): { readonly condition?: Condition } {
  const of = [condition, fence && fenceCondition(fence)].filter((each) => each !== undefined);
  const [only] = of;
  if (only === undefined) return {};
  return { condition: of.length === 1 ? only : { op: 'all', of } };
}

/**
 * Adds to a counter's total. If the amount does not come from the log, the caller must add it to `sync_total`
 * too.
 */
export function addAction(counter: string, amount: bigint, nowMs: number): UpdateAction {
  return {
    type: 'update',
    key: counterKey(counter),
    add: { total: amount },
    set: { updated_at: BigInt(nowMs) },
  };
}

/**
 * Counts an event outside the order of its log: its claim, its total and its series. The event id is claimed
 * whether keyed or not, because a keyed event may have another copy in the log.
 */
export function countClaimed(event: Incremented, settings: StageSettings, nowMs: number): WriteAction[] {
  const value = BigInt(event.value);
  return [
    claimAction(event.id, claimExpiresAt(settings, nowMs)),
    addAction(event.key, value, nowMs),
    ...seriesActions(event.key, seriesOf(settings, event.at, value), settings),
  ];
}

/** Moves marks without adding anything. Its condition makes counting exactly once. */
export function moveMarks(counter: string, marks: readonly MarkMove[], nowMs: number): UpdateAction {
  const set: Record<string, string> = {};
  for (const { attribute, last } of marks) set[attribute] = markValue(last, nowMs);
  const conditions = marks.map(standsBelow);
  const [only] = conditions;
  const condition: Condition =
    only !== undefined && conditions.length === 1 ? only : { op: 'all', of: conditions };
  return { type: 'update', key: counterKey(counter), set, condition };
}

/** Nothing at or after `first` has been settled. */
function standsBelow({ attribute, first }: MarkMove): Condition {
  return {
    op: 'any',
    of: [
      { op: 'absent', attribute },
      { op: '<', attribute, value: toMark(first) },
    ],
  };
}

/**
 * Claims an event id together with its count. The claim holds as long as the item exists, expired or not. An
 * event id is never used for another event, so an old claim that the store has not deleted yet cannot block a
 * new increment.
 */
export function claimAction(eventId: string, expiresAt: bigint): WriteAction {
  return {
    type: 'put',
    key: incrementClaimKey(eventId),
    attributes: { expires_at: expiresAt },
    condition: { op: 'item-absent' },
  };
}

/**
 * When a claim made now may expire, in seconds: once no copy of its event can arrive any more. A client may
 * repeat a keyed request for 24 h (`acceptedForMs`), the log delivers for its retention, and a redrive is possible
 * until the quarantine deletes the record.
 */
export function claimExpiresAt(settings: StageSettings, nowMs: number, acceptedForMs = dayMs): bigint {
  const lifeMs = acceptedForMs + logRetentionMs(settings) + settings.quarantineRetentionDays * dayMs;
  return BigInt(Math.ceil((nowMs + lifeMs) / 1000));
}

export function logRetentionMs(settings: StageSettings): number {
  return settings.streams.increments.retentionHours * 3_600_000;
}

/** The levels that a stage keeps, from the finest on. */
export function keptLevels({ counters }: StageSettings): readonly SeriesLevel[] {
  return seriesLevels.filter((level) => counters.series[level] !== undefined);
}

/** The series sums of an amount that was added at one instant. */
export function seriesOf(settings: StageSettings, atMs: number, amount: bigint): readonly SeriesSum[] {
  const fold = new SeriesFold(keptLevels(settings));
  fold.add(atMs, amount.toString());
  return fold.sums();
}

/**
 * Adds to the series of a counter, in the same transaction that adds to its total. So they are as exact as
 * the total, and cost one more write per level.
 */
export function seriesActions(
  counter: string,
  sums: readonly SeriesSum[],
  settings: StageSettings,
): readonly WriteAction[] {
  return sums.map(({ level, window, buckets }) => {
    const add: Record<string, bigint> = {};
    for (const [offset, amount] of buckets) add[bucketAttribute(offset)] = amount;
    return {
      type: 'update',
      key: seriesKey(counter, level, window),
      add,
      set: { expires_at: BigInt(Math.ceil(windowExpiresAtMs(settings, level, window) / 1000)) },
    };
  });
}

export function bucketAttribute(offset: number): string {
  return `b${offset}`;
}

/** When the buckets of a window are no longer served, and its item may expire. */
export function windowExpiresAtMs({ counters }: StageSettings, level: SeriesLevel, window: number): number {
  const keptDays = counters.series[level];
  assert(keptDays !== undefined, `the stage keeps no ${level} series`);
  return (window + 1) * windowMs(level) + keptDays * dayMs;
}
