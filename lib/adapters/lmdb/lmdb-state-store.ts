import { copyAction, handOut } from '../items/copy-attributes.ts';
import {
  assertAction,
  assertKey,
  assertQuery,
  assertReads,
  assertTransaction,
  assertTransactEach,
  assertWriteEach,
} from '../items/item-limits.ts';
import { itemBytes } from '../items/item-size.ts';
import type {
  Attributes,
  ItemKey,
  QueryRange,
  StateStore,
  StoredItem,
  TableName,
  TransactResult,
  WriteAction,
  WriteResult,
} from '../../ports/state-store.ts';
import type { Bytes } from './databases.ts';
import { ExpirySweep } from './expiry-sweep.ts';
import type { GroupWriter } from './group-writer.ts';
import { decodeItem } from './item-codec.ts';
import { encodeItemKey, partitionPrefix } from './item-key.ts';
import { TransactEachJob, WriteEachJob, type Write } from './state-jobs.ts';

export interface LmdbStateStore extends StateStore {
  /**
   * Checks up to `limit` items and deletes those whose `expires_at` has passed; resolves to their number.
   * Each call continues where the last one stopped and wraps around at the end, so call it regularly.
   */
  sweepExpired(nowSeconds: number, limit: number): Promise<number>;
}

/** The bytes after which a page ends, as in DynamoDB. */
const pageBytesMax = 1_048_576;

/**
 * Reads are synchronous reads of the memory map. They see every acknowledged write and, since LMDB shows a
 * commit only once it is on disk, nothing that a power failure could undo. Writes are decided one after
 * another in the writer's group and share its commit.
 */
export function createLmdbStateStore(items: Bytes, writer: GroupWriter): LmdbStateStore {
  return new ItemStore(items, writer);
}

class ItemStore implements LmdbStateStore {
  readonly #items: Bytes;
  readonly #writer: GroupWriter;
  readonly #sweep: ExpirySweep;
  readonly #last = new Map<TableName, { readonly bytes: Buffer; readonly item: Attributes }>();

  constructor(items: Bytes, writer: GroupWriter) {
    this.#items = items;
    this.#writer = writer;
    this.#sweep = new ExpirySweep(items, writer);
  }

  get(key: ItemKey): Promise<Attributes | undefined> {
    return Promise.try(() => {
      assertKey(key);
      return this.#readAgain(key);
    });
  }

  async getMany(keys: readonly ItemKey[]): Promise<readonly (Attributes | undefined)[]> {
    return Promise.try(() => {
      assertReads(keys);
      return keys.map((key) => this.#read(key));
    });
  }

  async query(range: QueryRange): Promise<{ items: readonly StoredItem[]; more: boolean }> {
    return Promise.try(() => {
      assertQuery(range);
      const prefix = partitionPrefix(range);
      const items: StoredItem[] = [];
      let bytes = 0;
      for (const { key, value } of this.#items.getRange(toRange(range, prefix))) {
        if (!startsWith(key, prefix)) break;
        if (items.length >= range.limit || bytes >= pageBytesMax) return { items, more: true };
        const sk = key.toString('utf8', prefix.length);
        const attributes = decodeItem(value);
        bytes += itemBytes({ table: range.table, pk: range.pk, sk }, attributes);
        items.push({ sk, attributes });
      }
      return { items, more: false };
    });
  }

  async write(action: Write): Promise<WriteResult> {
    assertAction(action);
    const [result] = await this.#writeEach([action]);
    return result as WriteResult;
  }

  async writeEach(actions: readonly Write[]): Promise<readonly WriteResult[]> {
    assertWriteEach(actions);
    return actions.length === 0 ? [] : this.#writeEach(actions);
  }

  async transact(actions: readonly WriteAction[]): Promise<TransactResult> {
    assertTransaction(actions);
    const [result] = await this.#transactEach([actions]);
    return result as TransactResult;
  }

  async transactEach(transactions: readonly (readonly WriteAction[])[]): Promise<readonly TransactResult[]> {
    assertTransactEach(transactions);
    return transactions.length === 0 ? [] : this.#transactEach(transactions);
  }

  async sweepExpired(nowSeconds: number, limit: number): Promise<number> {
    return this.#sweep.step(nowSeconds, limit);
  }

  #writeEach(actions: readonly Write[]): Promise<readonly WriteResult[]> {
    return new Promise((resolve, reject) => {
      this.#writer.submit(new WriteEachJob(this.#items, actions.map(copyAction), { resolve, reject }));
    });
  }

  #transactEach(transactions: readonly (readonly WriteAction[])[]): Promise<readonly TransactResult[]> {
    const copies = transactions.map((actions) => actions.map(copyAction));
    return new Promise((resolve, reject) => {
      this.#writer.submit(new TransactEachJob(this.#items, copies, { resolve, reject }));
    });
  }

  /**
   * Like `#read`, but does not decode an item that is unchanged since the last read of its table, as the head
   * of the ads mostly is.
   */
  #readAgain(key: ItemKey): Attributes | undefined {
    const bytes = this.#items.getBinaryFast(encodeItemKey(key));
    if (bytes === undefined) return undefined;
    const last = this.#last.get(key.table);
    // lmdb returns the same buffer for each value; only `length` gives its end.
    if (last?.bytes.compare(bytes, 0, bytes.length) === 0) return last.item;
    const item = decodeItem(bytes);
    // The bytes in an item belong to the reader, who may change them.
    if (handOut(item) === item)
      this.#last.set(key.table, { bytes: Buffer.from(bytes.subarray(0, bytes.length)), item });
    return item;
  }

  #read(key: ItemKey): Attributes | undefined {
    const bytes = this.#items.getBinaryFast(encodeItemKey(key));
    return bytes === undefined ? undefined : decodeItem(bytes);
  }
}

/** UTF-8 never has this byte, so it sorts after every sort key of a partition. */
const behindAll = Buffer.of(0xff);

/** Bounds by bytes. The next possible text after a text is the same text followed by U+0000. */
function toRange(range: QueryRange, prefix: Buffer): { start: Buffer; end?: Buffer; reverse?: boolean } {
  const { after, through } = range;
  const behind = (sk: string): Buffer => Buffer.concat([prefix, Buffer.from(`${sk}\0`)]);
  const low = after === undefined ? prefix : behind(after);
  const high = through === undefined ? Buffer.concat([prefix, behindAll]) : behind(through);
  if (range.order !== 'descending') return { start: low, end: high };
  // Backwards the start is inclusive and the end exclusive, so both move one step down.
  const start = through === undefined ? high : Buffer.concat([prefix, Buffer.from(through)]);
  return after === undefined
    ? { start, end: Buffer.of(0), reverse: true }
    : { start, end: Buffer.concat([prefix, Buffer.from(after)]), reverse: true };
}

function startsWith(key: Buffer, prefix: Buffer): boolean {
  return key.length >= prefix.length && key.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
