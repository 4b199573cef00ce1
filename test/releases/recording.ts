import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { createMemoryStateStore, type MemoryStateStore } from '../support/memory/memory-state-store.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import type { LogReader, LogRecord } from '../../lib/ports/log-reader.ts';
import type { Attributes, AttributeValue, ItemKey, StateStore } from '../../lib/ports/state-store.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

/**
 * What a release wrote: the records of both logs, in order, and the items it made of the ad events. Kept as a
 * file, so that later releases can show that they read it. Made once per release, by that release's code.
 */
export interface Recording {
  readonly release: string;
  readonly records: Readonly<Record<StreamName, readonly RecordedRecord[]>>;
  readonly items: readonly {
    readonly key: ItemKey;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  /** What came of it: totals by counter, and the live ads as the API lists them. */
  readonly totals: Readonly<Record<string, string>>;
  readonly ads: readonly unknown[];
}

interface RecordedRecord {
  readonly partitionKey: string;
  readonly text: string;
}

/** A store that remembers which keys were written. */
function noting(inner: MemoryStateStore, keys: Map<string, ItemKey>): StateStore {
  const note = <T extends { readonly key: ItemKey }>(action: T): T => {
    keys.set(JSON.stringify(action.key), action.key);
    return action;
  };
  return {
    get: (key) => inner.get(key),
    getMany: (many) => inner.getMany(many),
    query: (range) => inner.query(range),
    write: (action) => inner.write(note(action)),
    writeEach: (actions) => inner.writeEach(actions.map(note)),
    transact: (actions) => inner.transact(actions.map(note)),
    transactEach: (transactions) => inner.transactEach(transactions.map((actions) => actions.map(note))),
  };
}

/** Runs every kind of write there is and records what becomes of it. */
export async function record(release: string): Promise<Recording> {
  const memory = createMemoryStateStore();
  const keys = new Map<string, ItemKey>();
  const world = createHttpWorld({ state: noting(memory, keys) });
  const { ports, clock } = world;
  for (let index = 0; index < 6; index += 1) {
    const trace = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
    const body = { ...newAdBody(clock.nowMs()), title: `Ad number ${index} für 你` };
    const { json } = await world.post('/api/v1/ad', body, { 'idempotency-key': `ad-${index}`, ...trace });
    await settle(ports);
    const path = `/api/v1/ad/${(json as { id: string }).id}`;
    if (index % 2 === 0)
      await world.patch(path, { title: 'another title', age_start: null, country: ['TW'] });
    if (index % 3 === 0) await world.patch(path, { platform: ['ios'] }, { 'if-match': '*' });
    if (index === 4) await world.delete(path);
    await settle(ports);
  }
  await world.post('/increment', { key: 'plain', value: 1 });
  await world.post('/increment', { key: 'große "Zahl"\u2028', value: 9_007_199_254_740_991 });
  await world.post('/increment', { key: 'keyed', value: 7 }, { 'idempotency-key': 'k' });
  await world.post('/api/v1/increments', { increments: Array(5).fill({ key: 'many', value: 3 }) });
  await settle(ports);
  const items = await Promise.all(
    [...keys.values()]
      .filter(({ table }) => table === 'ads')
      .map(async (key) => ({ key, attributes: await memory.get(key) })),
  );
  return {
    release,
    records: {
      'ad-events': await recordsOf(ports, 'ad-events'),
      increments: await recordsOf(ports, 'increments'),
    },
    items: items.flatMap(({ key, attributes }) =>
      attributes === undefined ? [] : [{ key, attributes: plain(attributes) }],
    ),
    ...(await outcome(world)),
  };
}

/** What the API says of a world that has read a recording. */
export async function outcome(
  world: ReturnType<typeof createHttpWorld>,
): Promise<Pick<Recording, 'totals' | 'ads'>> {
  const { json } = await world.get('/api/v1/ads?limit=100');
  const totals: Record<string, string> = {};
  for (const key of ['plain', 'große "Zahl"\u2028', 'keyed', 'many']) {
    const { text } = await world.get(`/increment/${encodeURIComponent(key)}`);
    totals[key] = /:(\d+)\}$/.exec(text)?.[1] ?? 'none';
  }
  return { totals, ads: (json as { ads: unknown[] }).ads };
}

/** Delivers both logs from their beginning: what was settled before makes no difference. */
export async function settle(ports: Ports): Promise<void> {
  for (const stream of ['ad-events', 'increments'] as const) {
    const log = logOf(ports, stream);
    for (const { shardId } of await log.shards()) {
      const records = await log.read(shardId, undefined, { recordsMax: 10_000, bytesMax: Infinity });
      if (records.length === 0) continue;
      const batch = { stream, epoch: log.epoch, shardId, records };
      if (stream === 'ad-events')
        await createAdProjector(ports, { snapshotChangesBytesMin: 1 }).project(batch);
      else await createAggregator(ports).aggregate(batch);
    }
  }
}

export function logOf(ports: Ports, stream: StreamName): LogReader {
  return (stream === 'ad-events' ? ports.adEvents : ports.increments) as unknown as LogReader;
}

export async function recordsOf(ports: Ports, stream: StreamName): Promise<RecordedRecord[]> {
  const log = logOf(ports, stream);
  const found: LogRecord[] = [];
  for (const { shardId } of await log.shards()) {
    found.push(...(await log.read(shardId, undefined, { recordsMax: 10_000, bytesMax: Infinity })));
  }
  return found.map(({ partitionKey, data }) => ({ partitionKey, text: new TextDecoder().decode(data) }));
}

/** Numbers as `{n}`, bytes as `{b}`. */
function plain(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'bigint'
        ? { n: String(value) }
        : typeof value === 'string'
          ? value
          : { b: Buffer.from(value).toString('base64') },
    ]),
  );
}

export function toAttributes(attributes: Readonly<Record<string, unknown>>): Attributes {
  const entries = Object.entries(attributes).map(([name, value]): [string, AttributeValue] => {
    if (typeof value === 'string') return [name, value];
    const { n, b } = value as { n?: string; b?: string };
    return [name, n === undefined ? Buffer.from(b ?? '', 'base64') : BigInt(n)];
  });
  return Object.fromEntries(entries);
}
