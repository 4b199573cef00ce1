import type { Clock } from '../ports/clock.ts';

export interface Deadlines {
  /** What `work` resolves to, or `late` when that takes longer than the limit. `work` must not reject. */
  limit<T>(work: Promise<T>, late: T): Promise<T>;
  /** No further work becomes late. */
  close(): void;
}

interface Waiting {
  readonly untilMs: number;
  readonly expire: () => void;
}

/** Work is found late by up to this time. */
const checkIntervalMs = 1000;

/**
 * One limit of time for many short pieces of work. A timer for each would cost more than most of the work: here those
 * under way stand in a set, in the order they began, and one timer a second looks at the oldest while there are any.
 */
export function createDeadlines(clock: Clock, limitMs: number): Deadlines {
  const waiting = new Set<Waiting>();
  const closing = new AbortController();
  let checking = false;

  const check = async (): Promise<void> => {
    checking = true;
    while (waiting.size > 0 && !closing.signal.aborted) {
      await clock.sleep(Math.min(checkIntervalMs, limitMs), closing.signal);
      const nowMs = clock.monotonicMs();
      for (const entry of waiting) {
        if (entry.untilMs > nowMs) break;
        waiting.delete(entry);
        entry.expire();
      }
    }
    checking = false;
  };

  return {
    limit(work, late) {
      return new Promise((resolve, reject) => {
        const entry = {
          untilMs: clock.monotonicMs() + limitMs,
          expire: () => {
            resolve(late);
          },
        };
        waiting.add(entry);
        if (!checking) void check();
        work.then((value) => {
          waiting.delete(entry);
          resolve(value);
        }, reject);
      });
    },
    close() {
      closing.abort();
    },
  };
}
