import type { CountChunk, MarkMove } from '../../core/counters/chunk.ts';
import { markValue } from '../../core/log-position.ts';
import { toMark } from '../../core/sequence-number.ts';
import type { Condition, WriteAction } from '../../ports/state-store.ts';
import type { StageSettings } from '../../stages.ts';
import { counterKey, incrementClaimKey } from '../state-keys.ts';

export type UpdateAction = Extract<WriteAction, { type: 'update' }>;

const dayMs = 24 * 3_600_000;

/** The one write that counts a chunk: adds the sum and moves the marks over its records, or does neither. */
export function countAction(counter: string, chunk: CountChunk, nowMs: number): UpdateAction {
  const action = moveMarks(counter, chunk.marks, nowMs);
  // A chunk of repeats alone adds nothing and must not make a counter of an item that has only marks.
  if (chunk.sum === 0n) return action;
  return { ...action, add: { total: chunk.sum }, set: { ...action.set, updated_at: BigInt(nowMs) } };
}

/** Moves marks without adding anything. Its condition is what makes counting exactly once. */
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
 * Claims an event id for whoever counts it. That the item exists is enough, expired or not: an event id is never
 * used for another event, so an old claim that the store has not yet deleted cannot swallow a new increment.
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
 * When a claim made now may go, in seconds: once no copy of its event can come any more. A client may repeat a keyed
 * request for 24 h, the log delivers for its retention, and a redrive may come until the quarantine forgets.
 */
export function claimExpiresAt(settings: StageSettings, nowMs: number): bigint {
  const lifeMs = dayMs + logRetentionMs(settings) + settings.quarantineRetentionDays * dayMs;
  return BigInt(Math.ceil((nowMs + lifeMs) / 1000));
}

export function logRetentionMs(settings: StageSettings): number {
  return settings.streams.increments.retentionHours * 3_600_000;
}
