import { createDynamodbStateStore } from '../../lib/adapters/aws/dynamodb-state-store.ts';
import { attributesBytes } from '../../lib/adapters/items/item-size.ts';
import {
  StateStoreError,
  type Attributes,
  type ItemKey,
  type QueryRange,
  type StateStore,
  type TableName,
  type WriteAction,
} from '../../lib/ports/state-store.ts';
import type { Ids } from '../../lib/ports/ids.ts';
import type { Container } from '../simulation/container.ts';
import type { Kernel } from '../simulation/kernel.ts';
import { simulateClock, simulateIds } from '../simulation/ports/simulated-rest.ts';
import type { Prng } from '../support/prng.ts';
import type { MemoryStateStore } from '../support/memory/memory-state-store.ts';
import { Allowances } from './allowance.ts';
import { readingClient, type ReadableItems } from './dynamodb-client.ts';
import { measured } from './measured.ts';
import { networkCall, type Region } from './network.ts';
import { assumed, quotas } from './quotas.ts';

const tables = {
  ...{ ads: 'ads', counters: 'counters', requests: 'requests' },
  ...{ tokens: 'tokens', delivery: 'delivery' },
} as const;

const readUnitBytes = 4096;
const writeUnitBytes = 1024;

/** Units of one kind of item: what is before the first `#` of its partition key. */
export interface Used {
  writes: number;
  reads: number;
  throttled: number;
  conflicts: number;
}

/** The bytes over the container's network, and what its processor makes of a snapshot's chunks. */
function answerMs({ bytes, pks }: { readonly bytes: number; readonly pks: readonly string[] }): number {
  const isSnapshot = pks.some((pk) => pk.includes('chunk#'));
  const loadMs = isSnapshot ? (bytes / 1e6) * measured.loadMsPerCompressedMb : 0;
  return (1000 * bytes) / assumed.containerBytesPerSecond + loadMs;
}

type SingleWrite = Exclude<WriteAction, { type: 'check' }>;

/**
 * DynamoDB on demand over the items of a memory store: units by item size, a limit for each table and for each
 * partition key (as after AWS has given a busy key a partition of its own), and transactions that are refused
 * while another works on one of their items. A refused write costs a unit too.
 */
export class DynamoDb implements ReadableItems {
  readonly store: MemoryStateStore;
  readonly #kernel: Kernel;
  readonly #region: Region;
  readonly #prng: Prng;
  readonly #tableWrites: Allowances;
  readonly #tableReads: Allowances;
  readonly #keyWrites: Allowances;
  readonly #keyReads: Allowances;
  /** Until when a transaction works on an item. */
  readonly #busyUntilMs = new Map<string, number>();
  readonly #used = new Map<string, Used>();
  readonly #chunks = new Map<string, Attributes>();
  readonly #ids: Ids;

  /** `warmed`: a table that has had more traffic, up to the quota of the account; default: a new one. */
  constructor(
    kernel: Kernel,
    store: MemoryStateStore,
    {
      warmed = false,
      region = { slowness: 1 },
    }: { readonly warmed?: boolean; readonly region?: Region } = {},
  ) {
    this.#region = region;
    this.#kernel = kernel;
    this.#ids = simulateIds(kernel.fork('ids of the client'));
    this.store = store;
    this.#prng = kernel.fork('dynamodb');
    const elapsedMs = (): number => kernel.elapsedMs;
    const [writes, reads] = warmed
      ? [quotas.tableWrites, quotas.tableReads]
      : [quotas.newTableWrites, quotas.newTableReads];
    this.#tableWrites = new Allowances({ perSecond: writes.value }, elapsedMs);
    this.#tableReads = new Allowances({ perSecond: reads.value }, elapsedMs);
    this.#keyWrites = new Allowances({ perSecond: quotas.partitionWrites.value }, elapsedMs);
    this.#keyReads = new Allowances({ perSecond: quotas.partitionReads.value }, elapsedMs);
  }

  /** What items of this kind have used. */
  used(kind: string): Readonly<Used> {
    return this.#of(kind);
  }

  /** As one container sees it. */
  for(container: Container): StateStore {
    const { store } = this;
    const common = { region: this.#region, prng: this.#prng };
    const deadline = {
      afterMs: assumed.deadlineMs,
      error: () => new StateStoreError('state-unavailable', 'no answer in time'),
    };
    const readDeadline = { ...deadline, error: aborted };
    const client = readingClient(this, async (work) => {
      const { output } = await networkCall(
        container,
        { ...common, workMs: assumed.dynamodbMs, answerMs, deadline: readDeadline },
        work,
      );
      return output;
    });
    const clock = simulateClock(container);
    const reads = createDynamodbStateStore({ client, tables, clock, ids: this.#ids });
    const one = (action: SingleWrite) =>
      networkCall(container, { ...common, workMs: assumed.dynamodbMs, deadline }, async () => {
        await this.#takeWrites(action, 1);
        if (this.#isBusy(action.key)) throw this.#conflict(action.key);
        return store.write(action);
      });
    const together = (actions: readonly WriteAction[]) =>
      networkCall(container, { ...common, workMs: assumed.transactionMs, deadline }, async () => {
        for (const action of actions) await this.#takeWrites(action, 2);
        const busy = actions.find(({ key }) => this.#isBusy(key));
        if (busy !== undefined) throw this.#conflict(busy.key);
        const untilMs = this.#kernel.elapsedMs + assumed.transactionMs;
        for (const { key } of actions) this.#busyUntilMs.set(nameOf(key), untilMs);
        return store.transact(actions);
      });
    return {
      get: (key, options) => reads.get(key, options),
      getMany: (keys, options) => reads.getMany(keys, options),
      query: (range, options) => reads.query(range, options),
      write: one,
      writeEach: (actions) => Promise.all(actions.map((action) => orError(one(action)))),
      transact: together,
      transactEach: (transactions) => Promise.all(transactions.map((actions) => orError(together(actions)))),
    };
  }

  #of(kind: string): Used {
    let used = this.#used.get(kind);
    if (used === undefined) {
      used = { writes: 0, reads: 0, throttled: 0, conflicts: 0 };
      this.#used.set(kind, used);
    }
    return used;
  }

  async item(key: ItemKey): Promise<Attributes | undefined> {
    if (!key.pk.includes('chunk#')) return this.store.get(key);
    // Thousands of reads of bytes that never change: without copies.
    const name = nameOf(key);
    const item = this.#chunks.get(name) ?? (await this.store.get(key));
    if (item !== undefined) this.#chunks.set(name, item);
    return item;
  }

  range(range: QueryRange): ReturnType<StateStore['query']> {
    return this.store.query(range);
  }

  sizeOf(attributes: Attributes | undefined): number {
    return sizeOf(attributes);
  }

  takeRead(table: TableName, pk: string, { bytes, strong }: { bytes: number; strong: boolean }): boolean {
    const used = this.#of(kindOf(pk));
    const units = Math.max(1, Math.ceil(bytes / readUnitBytes)) / (strong ? 1 : 2);
    if (!this.#tableReads.take(table, units) || !this.#keyReads.take(`${table}/${pk}`, units)) {
      used.throttled += 1;
      return false;
    }
    used.reads += units;
    return true;
  }

  async #takeWrites({ type, key, ...action }: WriteAction, times: number): Promise<void> {
    this.#chunks.delete(nameOf(key));
    const used = this.#of(kindOf(key.pk));
    const stored = sizeOf(await this.store.get(key));
    const given = 'attributes' in action ? sizeOf(action.attributes) : 0;
    const units = times * Math.max(1, Math.ceil(Math.max(stored, given) / writeUnitBytes));
    if (!this.#tableWrites.take(key.table, units) || !this.#keyWrites.take(`${key.table}/${key.pk}`, units)) {
      used.throttled += 1;
      throw new StateStoreError('state-throttled', `${type} of ${kindOf(key.pk)}`);
    }
    used.writes += units;
  }

  #isBusy(key: ItemKey): boolean {
    return (this.#busyUntilMs.get(nameOf(key)) ?? 0) > this.#kernel.elapsedMs;
  }

  #conflict(key: ItemKey): StateStoreError {
    this.#of(kindOf(key.pk)).conflicts += 1;
    return new StateStoreError('state-conflict', `a transaction works on ${kindOf(key.pk)}`);
  }
}

/** As the SDK's client ends a call whose signal is aborted. */
function aborted(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

function nameOf({ table, pk, sk }: ItemKey): string {
  return `${table}/${pk}/${sk}`;
}

function kindOf(pk: string): string {
  return pk.split('#', 1)[0] ?? pk;
}

function sizeOf(attributes: Attributes | undefined): number {
  return attributes === undefined ? 0 : attributesBytes(attributes);
}

async function orError<T>(work: Promise<T>): Promise<T | StateStoreError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StateStoreError) return error;
    throw error;
  }
}
