import type { Clock } from '../../ports/clock.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { StateStore } from '../../ports/state-store.ts';

/** Pauses after each read, milliseconds, so that others get their turn. */
export interface Pauses {
  readonly logMs: number;
  readonly stateMs: number;
}

/** The log and the store for work that must not hold up others; both promise what they did. */
export function pacedPorts(
  deps: { history: LogHistory; state: Pick<StateStore, 'getMany'>; clock: Pick<Clock, 'sleep'> },
  { logMs, stateMs }: Pauses,
): { readonly history: LogHistory; readonly state: Pick<StateStore, 'getMany'> } {
  const { history, state, clock } = deps;
  return {
    history: {
      ...{ stream: history.stream, epoch: history.epoch },
      shards: () => history.shards(),
      isWhole: (...args) => history.isWhole(...args),
      droppedThrough: (shardId) => history.droppedThrough(shardId),
      async read(...args) {
        const records = await history.read(...args);
        await clock.sleep(logMs);
        return records;
      },
    },
    state: {
      async getMany(keys) {
        const items = await state.getMany(keys);
        await clock.sleep(stateMs);
        return items;
      },
    },
  };
}
