import type { CommitStep } from '../../lib/adapters/lmdb/group-writer.ts';

/** Holds each commit back until it is open; counts those that have begun. */
export interface CommitGate {
  readonly step: CommitStep;
  readonly begun: number;
  /** Resolves once a commit waits. */
  readonly reached: () => Promise<void>;
  readonly open: () => void;
  readonly shut: () => void;
}

export function createCommitGate(): CommitGate {
  let begun = 0;
  let held = Promise.withResolvers<undefined>();
  let arrived = Promise.withResolvers<undefined>();
  return {
    get begun() {
      return begun;
    },
    step: async (commit) => {
      begun += 1;
      arrived.resolve(undefined);
      await held.promise;
      return commit();
    },
    async reached() {
      await arrived.promise;
    },
    open() {
      held.resolve(undefined);
    },
    shut() {
      held = Promise.withResolvers<undefined>();
      arrived = Promise.withResolvers<undefined>();
    },
  };
}
