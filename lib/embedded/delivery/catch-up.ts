/** Waits until everything that one shard holds now is settled. */
export interface CatchUp {
  /** Resolves when the records in the shard at `nowMs` are settled, or the shard is done. */
  wait(nowMs: number): Promise<void>;
  /** Resolves when the shard is done. */
  waitForEnd(): Promise<void>;
  /** Returns the number of the read, for `readEnded`. */
  readBegins(): number;
  /**
   * `lastArrivedAtMs`: of the last record read; undefined: none. `nextOrdinal`: how many records have been
   * read.
   */
  readEnded(
    read: number,
    lastArrivedAtMs: number | undefined,
    nextOrdinal: number,
    lowestUnsettled: number,
  ): void;
  settled(lowestUnsettled: number): void;
  /** The shard has ended or stopped. */
  done(): void;
}

interface Waiter {
  readonly sinceMs: number;
  /** Only a later read shows all records that were there. */
  readonly afterRead: number;
  /** The waiter waits for the records before this ordinal; undefined: not yet known. */
  target: number | undefined;
  readonly resolve: () => void;
}

export function createCatchUp(): CatchUp {
  let waiters: Waiter[] = [];
  let reads = 0;
  let isDone = false;

  const resolveMet = (lowestUnsettled: number): void => {
    if (waiters.length === 0) return;
    const met = (waiter: Waiter): boolean => waiter.target !== undefined && waiter.target <= lowestUnsettled;
    const resolved = waiters.filter(met);
    waiters = waiters.filter((waiter) => !met(waiter));
    for (const { resolve } of resolved) resolve();
  };

  const wait = (sinceMs: number, afterRead: number): Promise<void> =>
    isDone
      ? Promise.resolve()
      : new Promise((resolve) => {
          waiters.push({ sinceMs, afterRead, target: undefined, resolve });
        });

  return {
    wait: (nowMs) => wait(nowMs, reads),
    waitForEnd: () => wait(Infinity, Infinity),
    readBegins() {
      reads += 1;
      return reads;
    },
    readEnded(read, lastArrivedAtMs, nextOrdinal, lowestUnsettled) {
      for (const waiter of waiters) {
        // There was nothing more, or already a newer record: a steady flow of appends must not keep it
        // waiting.
        const sawAll = lastArrivedAtMs === undefined || lastArrivedAtMs > waiter.sinceMs;
        if (sawAll && read > waiter.afterRead) waiter.target ??= nextOrdinal;
      }
      resolveMet(lowestUnsettled);
    },
    settled: resolveMet,
    done() {
      isDone = true;
      for (const { resolve } of waiters.splice(0)) resolve();
    },
  };
}
