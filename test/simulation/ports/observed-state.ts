import type {
  Attributes,
  ItemKey,
  StateStore,
  WriteAction,
  WriteResult,
  StateStoreError,
  TransactResult,
} from '../../../lib/ports/state-store.ts';
import type { AppliedWrite, ItemChange } from '../audit/auditor.ts';

type SingleWrite = Exclude<WriteAction, { type: 'check' }>;
type Source = Pick<AppliedWrite, 'containerId' | 'functionName'>;

/** The store itself, behind all faults, telling what it applies at the instant it does. */
export interface ObservedState {
  readonly store: StateStore;
  write(action: SingleWrite, source: Source): Promise<WriteResult>;
  writeEach(
    actions: readonly SingleWrite[],
    source: Source,
  ): Promise<readonly (WriteResult | StateStoreError)[]>;
  transact(actions: readonly WriteAction[], source: Source): Promise<TransactResult>;
  transactEach(
    transactions: readonly (readonly WriteAction[])[],
    source: Source,
  ): Promise<readonly TransactResult[]>;
}

export function observeState(
  store: StateStore,
  wrote: (changes: readonly ItemChange[], source: Source) => void,
): ObservedState {
  const look = (keys: readonly ItemKey[]): Promise<readonly (Attributes | undefined)[]> =>
    Promise.all(keys.map((key) => store.get(key)));
  // The memory adapter does its work when it is called, so the three calls here are one instant.
  const around = async <Result>(
    keys: readonly ItemKey[],
    work: () => Promise<Result>,
  ): Promise<{ result: Result; changes: readonly ItemChange[] }> => {
    const reading = look(keys);
    const working = work();
    const readingAgain = look(keys);
    const [before, result, after] = await Promise.all([reading, working, readingAgain]);
    return { result, changes: keys.map((key, i) => ({ key, before: before[i], after: after[i] })) };
  };
  const transact = async (actions: readonly WriteAction[], source: Source): Promise<TransactResult> => {
    const written = actions.filter(({ type }) => type !== 'check');
    const { result, changes } = await around(
      written.map(({ key }) => key),
      () => store.transact(actions),
    );
    if (result.status === 'written') wrote(changes, source);
    return result;
  };
  return {
    store,
    async write(action, source) {
      const { result, changes } = await around([action.key], () => store.write(action));
      if (result.status === 'written') wrote(changes, source);
      return result;
    },
    async writeEach(actions, source) {
      const { result, changes } = await around(
        actions.map(({ key }) => key),
        () => store.writeEach(actions),
      );
      result.forEach((one, i) => {
        const change = changes[i];
        if (change !== undefined && 'status' in one && one.status === 'written') wrote([change], source);
      });
      return result;
    },
    transact,
    // One after the other: what each of them changes is told apart.
    transactEach: (transactions, source) =>
      Promise.all(transactions.map((actions) => transact(actions, source))),
  };
}
