import type { Clock } from '../../ports/clock.ts';

/** Work under way. `expire` is called if the work does not end in time. */
export interface Deadline {
  readonly untilMs: number;
  readonly expire: () => void;
}

export interface Deadlines {
  begin(expire: () => void): Deadline;
  end(deadline: Deadline): void;
  /** No further work expires. */
  close(): void;
}

/** Work expires at most this late. */
const checkIntervalMs = 1000;

/**
 * One time limit for many short pieces of work. A timer for each would cost more than most of the work. Here
 * a set holds the work under way, in the order in which it began, and one timer a second looks at the oldest.
 */
export function createDeadlines(clock: Clock, limitMs: number): Deadlines {
  const underWay = new Set<Deadline>();
  const closing = new AbortController();
  let checking = false;

  const check = async (): Promise<void> => {
    checking = true;
    while (underWay.size > 0 && !closing.signal.aborted) {
      await clock.sleep(Math.min(checkIntervalMs, limitMs), closing.signal);
      const nowMs = clock.monotonicMs();
      for (const deadline of underWay) {
        if (deadline.untilMs > nowMs) break;
        underWay.delete(deadline);
        deadline.expire();
      }
    }
    checking = false;
  };

  return {
    begin(expire) {
      const deadline = { untilMs: clock.monotonicMs() + limitMs, expire };
      underWay.add(deadline);
      if (!checking) void check();
      return deadline;
    },
    end(deadline) {
      underWay.delete(deadline);
    },
    close() {
      closing.abort();
    },
  };
}
