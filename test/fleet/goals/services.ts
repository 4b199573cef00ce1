import { signingKeysPartition } from '../../../lib/app/state-keys.ts';
import type { EventLog } from '../../../lib/ports/event-log.ts';
import {
  StateStoreError,
  type ItemKey,
  type StateStore,
  type WriteAction,
} from '../../../lib/ports/state-store.ts';
import type { Container } from '../../simulation/container.ts';
import type { Kernel } from '../../simulation/kernel.ts';
import type { Prng } from '../../support/prng.ts';
import { createMemoryEventLog, type MemoryEventLog } from '../../support/memory/memory-event-log.ts';
import { createMemoryStateStore, type MemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { networkCall, type Region } from '../network.ts';
import { assumed } from '../quotas.ts';

const ledgerPrefix = 'ledger#';
const shardCount = 2;

/** A store and two logs that every container reaches over a network. No quota binds: a day has few calls a second. */
export class Services {
  readonly store: MemoryStateStore;
  readonly increments: MemoryEventLog;
  readonly adEvents: MemoryEventLog;
  readonly region: Region = { slowness: 1 };
  /** The items of ledgers and caps answer nothing but errors. The keys that sign are in the same table, and do answer. */
  areRightsDown = false;
  /** A part of the ledgers' writes, 0 to 1, whose answers are lost although they are done. */
  lostAnswers = 0;
  /** Writes of ledgers, by the container that asked for them. */
  readonly #ledgerWrites = new Map<string, number>();
  readonly #prng: Prng;

  constructor(kernel: Kernel) {
    const clock = { nowMs: () => Math.floor(kernel.nowMs()) };
    this.store = createMemoryStateStore();
    this.increments = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount, clock });
    this.adEvents = createMemoryEventLog({ stream: 'ad-events', epoch: '1', shardCount: 1, clock });
    this.#prng = kernel.fork('services');
  }

  ledgerWritesOf({ id }: Pick<Container, 'id'>): number {
    return this.#ledgerWrites.get(id) ?? 0;
  }

  /** Of all containers. */
  get ledgerWrites(): number {
    return this.#ledgerWrites.values().reduce((sum, count) => sum + count, 0);
  }

  /** The store as one container sees it. */
  storeFor(container: Container): StateStore {
    const { store } = this;
    const call = <T>(keys: readonly Partition[], workMs: number, work: () => Promise<T>): Promise<T> =>
      networkCall(container, { region: this.region, prng: this.#prng, workMs }, () =>
        this.areRightsDown && keys.some(isOfRights) ? Promise.reject(unavailable()) : work(),
      );
    const { dynamodbMs, transactionMs } = assumed;
    return {
      get: (key, options) => call([key], dynamodbMs, () => store.get(key, options)),
      getMany: (keys, options) => call(keys, dynamodbMs, () => store.getMany(keys, options)),
      query: (range, options) => call([range], dynamodbMs, () => store.query(range, options)),
      write: (action) =>
        call([action.key], dynamodbMs, async () => {
          const result = await store.write(action);
          if (!action.key.pk.startsWith(ledgerPrefix)) return result;
          this.#ledgerWrites.set(container.id, this.ledgerWritesOf(container) + 1);
          if (this.lostAnswers > 0 && this.#prng.chance(this.lostAnswers)) throw unavailable();
          return result;
        }),
      writeEach: (actions) => call(keysOf(actions), dynamodbMs, () => store.writeEach(actions)),
      transact: (actions) => call(keysOf(actions), transactionMs, () => store.transact(actions)),
      transactEach: (transactions) =>
        call(keysOf(transactions.flat()), transactionMs, () => store.transactEach(transactions)),
    };
  }

  /** A log as one container sees it. */
  logFor(container: Container, log: MemoryEventLog): EventLog {
    const call = { region: this.region, prng: this.#prng, workMs: assumed.kinesisMs };
    return {
      ...{ stream: log.stream, epoch: log.epoch },
      hashPosition: (partitionKey) => log.hashPosition(partitionKey),
      append: (entries) => networkCall(container, call, () => log.append(entries)),
    };
  }
}

type Partition = Pick<ItemKey, 'table' | 'pk'>;

function isOfRights({ table, pk }: Partition): boolean {
  return table === 'delivery' && pk !== signingKeysPartition;
}

function keysOf(actions: readonly WriteAction[]): readonly ItemKey[] {
  return actions.map(({ key }) => key);
}

function unavailable(): StateStoreError {
  return new StateStoreError('state-unavailable', 'an outage');
}
