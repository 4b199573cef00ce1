import { isMarkAttribute, parseMarkValue } from '../../core/log-position.ts';
import { isStateStoreError, type Attributes, type Condition } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { counterKey } from '../state-keys.ts';
import { logRetentionMs, type UpdateAction } from './counter-actions.ts';

/** The most marks of one counter item before those are dropped that only a token might still need. */
export const marksPerItemMax = 64;

/** The most items that are tidied after one batch; the next write of an item finds the rest again. */
const tidiesPerBatchMax = 100;

/**
 * Longer than any invocation runs: one that got a record just before the log dropped it may still be running.
 */
const slackMs = 3_600_000;

export interface MarkHygiene {
  /** Checks a counter item after a write. */
  note(counter: string, item: Attributes): void;
  /** Drops the marks that `note` found. A failure loses nothing, because the marks are found again. */
  tidy(): Promise<void>;
}

/**
 * Drops marks that are no longer needed. Every shard that ever held a record of a counter leaves a mark in
 * its item. A mark is not needed for counting once the log has dropped every record below it, which is one
 * retention after it last moved. It is kept twice as long, so that tokens can be compared with it, and then
 * dropped. If an item has more than `marksPerItemMax`, marks older than one retention are dropped early. If
 * there are still too many, all of them may be needed to count exactly once: they stay, and a metric reports
 * it.
 */
export function createMarkHygiene(
  deps: Pick<Ports, 'state' | 'telemetry' | 'settings'>,
  nowMs: number,
): MarkHygiene {
  const retentionMs = logRetentionMs(deps.settings);
  const drops = new Map<string, UpdateAction>();
  return {
    note: (counter, item) => {
      const marks = marksOf(item);
      const idle = marks.filter(({ movedAtMs }) => nowMs - movedAtMs > 2 * retentionMs);
      const excess = marks.length - idle.length - marksPerItemMax;
      if (excess > 0) {
        const early = marks
          .filter((mark) => !idle.includes(mark) && nowMs - mark.movedAtMs > retentionMs + slackMs)
          .sort((a, b) => a.movedAtMs - b.movedAtMs)
          .slice(0, excess);
        if (early.length < excess) deps.telemetry.count(metrics.marksOverLimit);
        idle.push(...early);
      }
      if (idle.length > 0 && drops.size < tidiesPerBatchMax) drops.set(counter, dropAction(counter, idle));
    },
    tidy: async () => {
      if (drops.size === 0) return;
      try {
        await deps.state.writeEach([...drops.values()]);
      } catch (error) {
        if (!isStateStoreError(error)) throw error;
      }
    },
  };
}

interface Mark {
  readonly attribute: string;
  readonly value: string;
  readonly movedAtMs: number;
}

function marksOf(item: Attributes): Mark[] {
  const marks: Mark[] = [];
  for (const attribute in item) {
    const value = item[attribute];
    if (typeof value !== 'string' || !isMarkAttribute(attribute)) continue;
    marks.push({ attribute, value, movedAtMs: parseMarkValue(value).movedAtMs });
  }
  return marks;
}

/** If one of the marks has moved since it was read, it is in use again, and all of them stay. */
function dropAction(counter: string, marks: readonly Mark[]): UpdateAction {
  const condition: Condition = {
    op: 'all',
    of: marks.map(({ attribute, value }) => ({ op: '=', attribute, value })),
  };
  return {
    type: 'update',
    key: counterKey(counter),
    remove: marks.map(({ attribute }) => attribute),
    condition,
  };
}
