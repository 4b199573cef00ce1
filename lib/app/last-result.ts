import type { Clock } from '../ports/clock.ts';
import { errorFields } from '../ports/error-fields.ts';
import type { Attributes, ItemKey, StateStore } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** How long a result is kept in memory, so that calls of /health do not each cost a read, milliseconds. */
const keptMs = 10_000;

/** How long a caller waits for the store, milliseconds. */
const waitMaxMs = 1000;

export interface LastResultDeps {
  readonly state: Pick<StateStore, 'get'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Reads the result of the last run of something; undefined: there is none, or the store does not answer. Never
 * rejects, and answers within a second. `name`: for the log.
 */
export function createLastResult<Result>(
  { state, clock, telemetry }: LastResultDeps,
  source: {
    readonly name: string;
    readonly key: ItemKey;
    readonly fromItem: (item: Attributes | undefined) => Result | undefined;
  },
): () => Promise<Result | undefined> {
  let kept: { readonly atMs: number; readonly result: Promise<Result | undefined> } | undefined;

  const read = async (): Promise<Result | undefined> => {
    try {
      return source.fromItem(await state.get(source.key));
    } catch (error) {
      telemetry.warn(`could not read the result of the ${source.name}`, errorFields(error));
      return undefined;
    }
  };

  return async () => {
    const nowMs = clock.monotonicMs();
    if (kept === undefined || nowMs - kept.atMs >= keptMs) kept = { atMs: nowMs, result: read() };
    const timer = new AbortController();
    const late = clock.sleep(waitMaxMs, timer.signal).then(() => undefined);
    try {
      return await Promise.race([kept.result, late]);
    } finally {
      timer.abort();
    }
  };
}
