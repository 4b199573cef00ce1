import type {
  AttributeValue,
  Attributes,
  ItemKey,
  StateStore,
  WriteAction,
} from '../../lib/ports/state-store.ts';

/**
 * Goal: after any write, and after a crash at any point, the items of the table `ads` fit each other. Every
 * rule is written out here from the promises of the design, with no function of lib: the audit would
 * otherwise repeat a mistake of the code.
 */
export interface AdStoreAudit {
  /** The store to write through. */
  readonly state: StateStore;
  /** What a write did that no write may do, such as moving the head back. */
  readonly offences: readonly string[];
  /** What does not fit in the store as it is now. */
  readonly audit: () => Promise<readonly string[]>;
}

export interface AdStoreAuditOptions {
  /** Audits after every single write, and adds what it finds to the offences; default false. */
  readonly everyWrite?: boolean;
}

type Writes = readonly WriteAction[];

export function auditAdStore(
  inner: StateStore,
  { everyWrite = false }: AdStoreAuditOptions = {},
): AdStoreAudit {
  const offences: string[] = [];
  const keys = new Map<string, ItemKey>();
  let writes = 0;
  const audit = async (): Promise<readonly string[]> => auditItems(inner, [...keys.values()]);
  const watch = async <T>(actions: Writes, run: () => Promise<T>): Promise<T> => {
    for (const { key } of actions) if (key.table === 'ads') keys.set(`${key.pk}/${key.sk}`, key);
    const before = await inner.get(headItem);
    const result = await run();
    const after = await inner.get(headItem);
    writes += 1;
    offences.push(...movedBack(before, after).map((text) => `write ${writes}: ${text}`));
    if (everyWrite) offences.push(...(await audit()).map((text) => `write ${writes}: ${text}`));
    return result;
  };
  const state: StateStore = {
    get: async (key) => inner.get(key),
    getMany: async (many) => inner.getMany(many),
    query: async (range) => inner.query(range),
    write: async (action) => watch([action], async () => inner.write(action)),
    writeEach: async (actions) => watch(actions, async () => inner.writeEach(actions)),
    transact: async (actions) => watch(actions, async () => inner.transact(actions)),
    transactEach: async (transactions) =>
      watch(transactions.flat(), async () => inner.transactEach(transactions)),
  };
  return { state, offences, audit };
}

const headItem: ItemKey = { table: 'ads', pk: 'head', sk: '' };

/** The head only ever moves on; its marks too, as long as they are there. */
function movedBack(before: Attributes = {}, after: Attributes = {}): string[] {
  const found: string[] = [];
  for (const name of ['version', 'snapshot_version']) {
    if (numberOf(after[name]) < numberOf(before[name])) {
      found.push(`${name} goes back from ${numberOf(before[name])} to ${numberOf(after[name])}`);
    }
  }
  for (const [name, mark] of Object.entries(before)) {
    if (!name.startsWith('hw|')) continue;
    const moved = after[name];
    if (moved !== undefined && String(moved) < String(mark)) found.push(`${name} goes back`);
  }
  return found;
}

interface Row {
  readonly json: string;
  readonly endAt: number;
  readonly version: number;
  readonly bytes: number;
}

interface Replay {
  readonly live: ReadonlyMap<string, Row>;
  readonly changesBytes: number;
  readonly removed: { readonly deleted: number; readonly expired: number };
  /** How many ads were live at each version. */
  readonly sizes: readonly number[];
  readonly faults: readonly string[];
}

async function auditItems(state: StateStore, keys: readonly ItemKey[]): Promise<readonly string[]> {
  const head = (await state.get(headItem)) ?? {};
  const [version, snapshotVersion] = [numberOf(head.version), numberOf(head.snapshot_version)];
  const { live, changesBytes, removed, sizes, faults } = await replay(state, version, snapshotVersion);
  const found = [...faults];
  const expectNumber = (name: string, expected: number): void => {
    const actual = numberOf(head[name]);
    if (actual !== expected) found.push(`the head's ${name} is ${actual} instead of ${expected}`);
  };
  expectNumber('live_ads', live.size);
  expectNumber('live_bytes', sum([...live.values()].map(({ bytes }) => bytes)));
  expectNumber('changes_bytes', changesBytes);
  expectNumber('deleted', removed.deleted);
  expectNumber('expired', removed.expired);
  expectNumber('counted', version);
  for (const key of keys.filter(({ pk }) => pk.startsWith('ad#'))) {
    found.push(...auditAd(key.pk.slice('ad#'.length), await state.get(key), live));
  }
  const chunks = new Map<string, boolean>();
  for (const key of keys.filter(({ pk }) => pk.startsWith('chunk#'))) {
    chunks.set(key.pk.slice('chunk#'.length), (await state.get(key)) !== undefined);
  }
  found.push(...(await auditSnapshots(state, head, chunks, sizes)));
  return found;
}

/** Reads every change by its key, written out, and folds them by hand. */
async function replay(state: StateStore, version: number, snapshotVersion: number): Promise<Replay> {
  const live = new Map<string, Row>();
  const sizes = [0];
  const faults: string[] = [];
  let changesBytes = 0;
  const removed = { deleted: 0, expired: 0 };
  for (let n = 1; n <= version; n++) {
    const pk = `changes#${(n - (n % 1000)) / 1000}`;
    const item = await state.get({ table: 'ads', pk, sk: String(n).padStart(16, '0') });
    const text = typeof item?.change === 'string' ? item.change : '{}';
    const change = JSON.parse(text) as {
      put?: unknown[];
      remove?: string;
      reason?: 'deleted' | 'expired';
      version?: number;
    };
    if (change.put === undefined && change.remove === undefined) faults.push(`version ${n} has no change`);
    if (change.put !== undefined) {
      const [id, title, content, , endAt, , , , , , own] = change.put as [
        string,
        string,
        string,
        ...number[],
      ];
      const bytes = Buffer.byteLength(title) + Buffer.byteLength(content) + 256;
      if (own !== n) faults.push(`change ${n} has version ${String(own)}`);
      live.set(id, { json: JSON.stringify(change.put), endAt: endAt ?? 0, version: n, bytes });
    } else if (change.remove !== undefined) {
      if (change.reason !== undefined) removed[change.reason] += 1;
      if (!live.delete(change.remove) || change.version !== n) faults.push(`change ${n} removes nothing`);
    }
    if (n > snapshotVersion) changesBytes += Buffer.byteLength(text);
    sizes.push(live.size);
  }
  return { live, changesBytes, removed, sizes, faults };
}

function auditAd(adId: string, item: Attributes | undefined, live: ReadonlyMap<string, Row>): string[] {
  const row = live.get(adId);
  if (row === undefined) return item?.ad === undefined ? [] : [`the removed ad ${adId} has an item`];
  const fits =
    item?.ad === row.json &&
    numberOf(item.version) === row.version &&
    numberOf(item.end_at) === row.endAt &&
    item.expires_at === undefined;
  return fits ? [] : [`the item of the live ad ${adId} is not its last change`];
}

async function auditSnapshots(
  state: StateStore,
  head: Attributes,
  chunks: ReadonlyMap<string, boolean>,
  sizes: readonly number[],
): Promise<string[]> {
  const found: string[] = [];
  const named = new Set<string>();
  const snapshotVersion = numberOf(head.snapshot_version);
  const { items } = await state.query({ table: 'ads', pk: 'snapshots', limit: 1000 });
  for (const { sk, attributes } of items) {
    const isComplete = attributes.manifest !== undefined;
    const manifest = JSON.parse(isComplete ? String(attributes.manifest) : '{}') as {
      version?: number;
      adCount?: number;
      bytes?: number;
      chunks?: string[];
    };
    const hashes = manifest.chunks ?? (JSON.parse(String(attributes.chunks)) as string[]);
    for (const hash of hashes) named.add(hash);
    if (attributes.state !== 'complete') continue;
    if (manifest.version !== Number(sk)) found.push(`the manifest ${sk} is of another version`);
    if (manifest.adCount !== sizes[Number(sk)]) found.push(`the snapshot ${sk} has another number of ads`);
    if (hashes.some((hash) => chunks.get(hash) !== true)) found.push(`the snapshot ${sk} lacks a chunk`);
    if (Number(sk) === snapshotVersion && numberOf(head.snapshot_bytes) !== manifest.bytes) {
      found.push('the head has other snapshot_bytes than its snapshot');
    }
  }
  const newest = items.findLast(({ attributes }) => attributes.state === 'complete');
  if (snapshotVersion !== Number(newest?.sk ?? 0)) {
    found.push(`the head names snapshot ${snapshotVersion}, the newest is ${Number(newest?.sk ?? 0)}`);
  }
  for (const [hash, isThere] of chunks) {
    if (isThere && !named.has(hash)) found.push(`no manifest names the chunk ${hash.slice(0, 8)}`);
  }
  return found;
}

function numberOf(value: AttributeValue | undefined): number {
  return typeof value === 'bigint' ? Number(value) : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
