import { applyAction } from '../items/apply-action.ts';
import { conditionHolds } from '../items/conditions.ts';
import { handOut } from '../items/copy-attributes.ts';
import { eachByItself } from '../items/each-by-itself.ts';
import { attributesBytes, keyBytes } from '../items/item-size.ts';
import {
  StateStoreError,
  type Attributes,
  type StateStoreErrorCode,
  type TransactResult,
  type WriteAction,
  type WriteResult,
} from '../../ports/state-store.ts';
import type { Bytes } from './databases.ts';
import type { CommitOutcome, WriteJob } from './group-writer.ts';
import { ItemWrites } from './item-writes.ts';
import type { WriteBatch } from './write-batch.ts';

export type Write = Exclude<WriteAction, { type: 'check' }>;

interface Settled<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A job that decides on items when it runs, and resolves when the commit is on disk. */
abstract class StateJob<T> implements WriteJob {
  readonly bytes: number;
  readonly #items: Bytes;
  readonly #settled: Settled<T>;
  #decided: T | RangeError | undefined;

  constructor(items: Bytes, actions: readonly WriteAction[], settled: Settled<T>) {
    this.bytes = bytesOf(actions);
    this.#items = items;
    this.#settled = settled;
  }

  prepare(batch: WriteBatch): void {
    const writes = batch.local(this.#items, () => new ItemWrites(this.#items, batch));
    try {
      this.#decided = this.decide(writes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#decided = error;
    }
  }

  settle(outcome: CommitOutcome): void {
    if (outcome.status !== 'durable') this.#settled.reject(toStateStoreError(outcome));
    else if (this.#decided instanceof RangeError) this.#settled.reject(this.#decided);
    else this.#settled.resolve(this.#decided as T);
  }

  /** Throws a RangeError if stored items make it exceed a limit; the call then rejects. */
  protected abstract decide(writes: ItemWrites): T;
}

/** Independent writes. */
export class WriteEachJob extends StateJob<readonly WriteResult[]> {
  readonly #actions: readonly Write[];

  constructor(items: Bytes, actions: readonly Write[], settled: Settled<readonly WriteResult[]>) {
    super(items, actions, settled);
    this.#actions = actions;
  }

  protected override decide(writes: ItemWrites): readonly WriteResult[] {
    return eachByItself(this.#actions, (action) => decideOne(writes, action));
  }
}

/** Independent transactions, each all or nothing. */
export class TransactEachJob extends StateJob<readonly TransactResult[]> {
  readonly #transactions: readonly (readonly WriteAction[])[];

  constructor(
    items: Bytes,
    transactions: readonly (readonly WriteAction[])[],
    settled: Settled<readonly TransactResult[]>,
  ) {
    super(items, transactions.flat(), settled);
    this.#transactions = transactions;
  }

  protected override decide(writes: ItemWrites): readonly TransactResult[] {
    return eachByItself(this.#transactions, (actions) => decideAll(writes, actions));
  }
}

function decideAll(writes: ItemWrites, actions: readonly WriteAction[]): TransactResult {
  const slots = actions.map((action) => writes.slot(action.key));
  const failed = actions.flatMap((action, index) => {
    const found = slots[index]?.current;
    return conditionHolds(action.condition, found) ? [] : [{ index, item: handOut(found) }];
  });
  if (failed.length > 0) return { status: 'condition-failed', failed };
  // All new items are made before the first is stored, so that one above a limit leaves no change.
  const next = actions.map((action, index) => applyAction(action, slots[index]?.current));
  slots.forEach((slot, index) => {
    slot.current = next[index];
  });
  return { status: 'written' };
}

function decideOne(writes: ItemWrites, action: Write): WriteResult {
  const slot = writes.slot(action.key);
  const found = slot.current;
  if (!conditionHolds(action.condition, found)) return { status: 'condition-failed', item: handOut(found) };
  slot.current = applyAction(action, found);
  return { status: 'written', item: handOut(slot.current) };
}

/** The overhead of an item: node header, expiry, types. */
const overheadBytes = 64;

/** An update replaces the whole item, so only its own attributes add bytes. */
function bytesOf(actions: readonly WriteAction[]): number {
  let bytes = 0;
  for (const action of actions) {
    if (action.type === 'delete' || action.type === 'check') continue;
    const named: Attributes = action.type === 'put' ? action.attributes : (action.set ?? {});
    bytes += overheadBytes + keyBytes(action.key) + attributesBytes(named);
  }
  return bytes;
}

const codes: Readonly<Record<Extract<CommitOutcome, { status: 'refused' }>['reason'], StateStoreErrorCode>> =
  {
    full: 'state-full',
    overloaded: 'state-throttled',
    closed: 'state-unavailable',
    broken: 'state-unavailable',
  };

function toStateStoreError(outcome: Exclude<CommitOutcome, { status: 'durable' }>): StateStoreError {
  if (outcome.status === 'unknown') {
    return new StateStoreError('state-unavailable', 'the disk failed', { cause: outcome.cause });
  }
  return new StateStoreError(codes[outcome.reason], `not written: ${outcome.reason}`, {
    cause: outcome.cause,
  });
}
