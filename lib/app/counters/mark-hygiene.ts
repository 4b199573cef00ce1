import { isMarkAttribute, parseMarkValue } from '../../core/log-position.ts';
import { isStateStoreError, type Attributes, type Condition } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { counterKey } from '../state-keys.ts';
import { logRetentionMs, type UpdateAction } from './counter-actions.ts';

/** Marks one counter item may hold before those are dropped that only might still be of use to a token. */
export const marksPerItemMax = 64;

/** Items tidied after one batch; what is left over is found again by the item's next write. */
const tidiesPerBatchMax = 100;

/** Longer than an invocation lives: one that got a record just before the log dropped it may still be at work. */
const slackMs = 3_600_000;

export interface MarkHygiene {
  /** Looks at a counter item as a write left it. */
  note(counter: string, item: Attributes): void;
  /** Drops what `note` found. A failure is no loss: the marks are found again. */
  tidy(): Promise<void>;
}

/**
 * Every shard that ever held a record of a counter leaves a mark in its item. A mark is of no use once the log has
 * dropped every record below it, which is one retention after it last moved. It is kept twice as long, for tokens to
 * be compared with; then it goes. Over `marksPerItemMax` those past one retention go early. If there are still too
 * many, all of them may be needed to count exactly once: they stay, and a metric says so.
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

/** A mark that has moved since it was seen is in use again, and all of them stay. */
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
