import { counterKey } from '../../../lib/app/state-keys.ts';
import {
  isStateStoreError,
  StateStoreError,
  type StateStore,
  type StateStoreErrorCode,
  type WriteAction,
  type WriteResult,
} from '../../../lib/ports/state-store.ts';
import type { Outage } from '../outage.ts';
import { deathFate } from './death.ts';
import type { ObservedState } from './observed-state.ts';
import { done, lateness, portCall, type Fate, type PortWorld } from './port-call.ts';

/** Its increments kill the function that counts them; an operator's machine survives them. */
export const killerCounter = 'kills the function';
const killerPk = counterKey(killerCounter).pk;

type SingleWrite = Exclude<WriteAction, { type: 'check' }>;

const failure = (code: StateStoreErrorCode) => (): Error => new StateStoreError(code, 'a fault');

/** The state store as one container sees it: DynamoDB over a network. */
export function simulateState(world: PortWorld, observed: ObservedState, outage: Outage): StateStore {
  const { container, faults } = world;
  const { store } = observed;
  const source = { containerId: container.id, functionName: container.functionName };

  const commonFate = (): Fate | undefined => {
    const death = deathFate(world);
    if (death !== undefined) return death;
    if (outage.isOn('state')) return { type: 'refused', error: failure('state-unavailable') };
    if (faults.strikes('state-throttled')) return { type: 'refused', error: failure('state-throttled') };
    if (faults.strikes('state-server-error')) return { type: 'refused', error: failure('state-unavailable') };
    return undefined;
  };
  const writeFate = (): Fate => {
    const fate = commonFate();
    if (fate !== undefined) return fate;
    const error = failure('state-unavailable');
    if (faults.strikes('write-answer-lost')) return { type: 'unanswered', error, lateMs: 0 };
    if (!faults.strikes('write-late')) return done;
    return { type: 'unanswered', error, lateMs: lateness(faults.prng('write-late')) };
  };
  const transactFate = (): Fate =>
    faults.strikes('transaction-conflict')
      ? { type: 'refused', error: failure('state-conflict') }
      : writeFate();
  const read = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    portCall(world, name, commonFate() ?? done, work);

  /** A conditional write that its client sends again after a lost answer finds its own effect in the way. */
  const apply = async (action: SingleWrite): Promise<WriteResult> => {
    const result = await observed.write(action, source);
    if (result.status === 'condition-failed' || action.condition === undefined) return result;
    return faults.strikes('condition-failed') ? observed.write(action, source) : result;
  };
  const write = (action: SingleWrite): Promise<WriteResult> =>
    portCall(world, `write ${action.key.pk}`, writeFate(), () => apply(action));

  /** Adding to this counter is more than the function can take; faults that end do not mend it. */
  const killedBy = (actions: readonly WriteAction[]): boolean => {
    if (container.functionName !== 'aggregate-increments' || !actions.some(addsToKiller)) return false;
    container.kill(`of a record of the counter ${killerCounter}`);
    return true;
  };

  return {
    get: (key, options) => read(`get ${key.pk}`, () => store.get(key, options)),
    getMany: (keys, options) => read(`getMany ${keys.length}`, () => store.getMany(keys, options)),
    query: (range, options) => read(`query ${range.pk}`, () => store.query(range, options)),
    write: (action) => (killedBy([action]) ? never() : write(action)),
    transact: (actions) =>
      killedBy(actions)
        ? never()
        : portCall(world, `transact ${actions.length}`, transactFate(), () =>
            observed.transact(actions, source),
          ),
    writeEach: (actions) =>
      killedBy(actions)
        ? never()
        : eachByItself(world, actions, {
            ...{ name: 'write', fateOf: writeFate },
            apply: (some) => observed.writeEach(some, source),
          }),
    transactEach: (transactions) =>
      killedBy(transactions.flat())
        ? never()
        : eachByItself(world, transactions, {
            ...{ name: 'transact', fateOf: transactFate },
            apply: (some) => observed.transactEach(some, source),
          }),
  };
}

/** What a dead container is told. */
function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function addsToKiller(action: WriteAction): boolean {
  return action.type === 'update' && action.key.pk === killerPk && action.add?.['total'] !== undefined;
}

interface Each<T, R> {
  readonly name: string;
  readonly fateOf: () => Fate;
  readonly apply: (writes: readonly T[]) => Promise<readonly R[]>;
}

/** Groups of writes that reach the store at one instant: to each write its own would cost too much. */
const groupsMax = 3;

/**
 * Writes over many connections: each has its own fate; those that nothing happens to arrive in a few groups.
 */
async function eachByItself<T, R>(
  world: PortWorld,
  writes: readonly T[],
  { name, fateOf, apply }: Each<T, R>,
): Promise<readonly (R | StateStoreError)[]> {
  const { prng } = world.container;
  const results: (R | StateStoreError)[] = [];
  const groups: number[][] = Array.from({ length: prng.int(1, groupsMax) }, () => []);
  const call = async (fate: Fate, indexes: readonly number[]): Promise<void> => {
    const part = indexes.map((index) => writes[index] as T);
    try {
      const answers = await portCall(world, `${name} ${part.length} of many`, fate, () => apply(part));
      indexes.forEach((index, i) => (results[index] = answers[i] as R));
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      for (const index of indexes) results[index] = error;
    }
  };
  const calls: Promise<void>[] = [];
  writes.forEach((_, index) => {
    const fate = fateOf();
    if (fate.type === 'done') groups[prng.int(0, groups.length - 1)]?.push(index);
    else calls.push(call(fate, [index]));
  });
  for (const indexes of groups) if (indexes.length > 0) calls.push(call(done, indexes));
  await Promise.all(calls);
  return results;
}
