import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { encodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import { changeBucket, counterKey, headKey, outcomeKey } from '../../lib/app/state-keys.ts';
import type { AdEvent } from '../../lib/core/ads/ad-event.ts';
import type { Incremented } from '../../lib/core/counters/increment-event.ts';
import { adEventsPartitionKey, type StreamName } from '../../lib/core/streams.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import type { Attributes } from '../../lib/ports/state-store.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import type { Prng } from '../support/prng.ts';

const readMax = { recordsMax: 1000, bytesMax: 2 ** 24 };
/** One record with a retry after each failed step is settled in far fewer. */
const deliveriesMax = 20;

/** One region: logs, tables and consumers of its own. What runs on them is the product, without faults of ports. */
export class Region {
  readonly name: string;
  /** false: nobody reaches it, and nothing in it runs; its logs and tables stay. */
  up = true;
  readonly state = createMemoryStateStore();
  readonly #prng: Prng;
  readonly #clock;
  readonly #ports;
  readonly #logs;
  readonly #aggregator;
  #projector;
  /** Of its own container: it never goes back. */
  #reader;
  readonly #read = new Map<string, string | undefined>();

  constructor(name: string, prng: Prng) {
    this.name = name;
    this.#prng = prng;
    const { ports, clock } = createAdWorld({ state: this.state });
    this.#clock = clock;
    this.#ports = ports;
    // The epoch has the region, so that no mark or position of one region is taken for another's.
    const log = (stream: StreamName, shardCount: number) =>
      createMemoryEventLog({ stream, epoch: `${name}1`, shardCount, clock });
    this.#logs = { increments: log('increments', 3), 'ad-events': log('ad-events', 1) };
    this.#aggregator = createAggregator(ports);
    this.#projector = createAdProjector(ports);
    this.#reader = createCatalogReader(ports);
  }

  /** Acknowledged: it is in the log. */
  async increment(event: Incremented): Promise<void> {
    await this.#logs.increments.append([{ partitionKey: event.key, data: encodeIncrement(event) }]);
  }

  async appendAd(event: AdEvent): Promise<void> {
    await this.#logs['ad-events'].append([
      { partitionKey: adEventsPartitionKey, data: encodeAdEvent(event) },
    ]);
  }

  /** The consumers get a part of what is there: again from an older position at times, and at times twice at once. */
  async consume(stream: StreamName, whole = false): Promise<void> {
    const log = this.#logs[stream];
    for (const { shardId } of await log.shards()) {
      const place = `${stream}/${shardId}`;
      const after = !whole && this.#prng.chance(0.2) ? undefined : this.#read.get(place);
      const found = await log.read(shardId, after, readMax);
      const records = whole ? found : found.slice(0, this.#prng.int(0, found.length));
      if (records.length === 0) continue;
      const twice = stream === 'increments' && this.#prng.chance(0.3);
      await Promise.all(
        [records, ...(twice ? [records] : [])].map((each) => this.#settle(stream, shardId, each)),
      );
      this.#read.set(place, records.at(-1)?.sequenceNumber);
    }
  }

  async #settle(stream: StreamName, shardId: string, records: readonly LogRecord[]): Promise<void> {
    let rest = records;
    for (let deliveries = 0; deliveries < deliveriesMax; deliveries += 1) {
      const batch = { stream, epoch: `${this.name}1`, shardId, records: rest };
      const { lowestUnsettled } =
        stream === 'increments'
          ? await this.#aggregator.aggregate(batch)
          : await this.#projector.project(batch);
      if (lowestUnsettled === undefined) return;
      rest = rest.slice(rest.findIndex(({ sequenceNumber }) => sequenceNumber === lowestUnsettled));
    }
    throw new Error(`not settled after ${deliveriesMax} deliveries`);
  }

  /** Its own part of a counter: of what its own log has. */
  async partOf(counter: string): Promise<bigint> {
    return ((await this.state.get(counterKey(counter)))?.['total'] ?? 0n) as bigint;
  }

  /** The items that readers of another region need, and the one that takes over: the head, changes and outcomes. */
  adItems(): readonly AdItem[] {
    return this.state
      .all()
      .filter(({ key }) => key.table === 'ads' && replicated.some((prefix) => key.pk.startsWith(prefix)));
  }

  /** Takes an item of another region as it is: what a global table does, which checks no condition. */
  async receive({ key, attributes }: AdItem): Promise<void> {
    await this.state.write({ type: 'put', key, attributes });
  }

  /** All its ads as a container shows them that has been running all along; undefined: it has no catalog yet. */
  async ads(): Promise<{ readonly version: number; readonly texts: readonly string[] } | undefined> {
    // After a head that had come before its changes, a reader waits a moment.
    await this.#clock.advance(1000);
    const view = await this.#reader.current([]);
    if (view.status !== 'ok') return undefined;
    const { catalog } = view;
    return { version: catalog.version, texts: catalog.listById(undefined, 1000, this.#ports.clock.nowMs()) };
  }

  async outcomeOf(event: AdEvent): Promise<Attributes | undefined> {
    return this.state.get(outcomeKey(event.id));
  }

  /** The table of ads is made anew, as of nothing, and its containers start again. */
  async dropAds(): Promise<void> {
    for (const { key } of this.state.all()) {
      if (key.table === 'ads') await this.state.write({ type: 'delete', key });
    }
    this.#restart();
  }

  /** It becomes the writer: its own log is delivered again from the beginning, as what was decided of it may be gone. */
  becomeWriter(): void {
    for (const place of this.#read.keys()) if (place.startsWith('ad-events/')) this.#read.delete(place);
    this.#restart();
  }

  #restart(): void {
    this.#projector = createAdProjector(this.#ports);
    this.#reader = createCatalogReader(this.#ports);
  }
}

export type AdItem = ReturnType<ReturnType<typeof createMemoryStateStore>['all']>[number];

/** `changes#`: as changeBucket spells it. */
const replicated = [headKey.pk, changeBucket(1).split('#')[0] ?? '', 'outcome#'];
