import { adCreated, adDeleted } from '../support/ad-event-builder.ts';
import { headKey } from '../../lib/app/state-keys.ts';
import { Prng } from '../support/prng.ts';
import type { AdEvent } from '../../lib/core/ads/ad-event.ts';
import { Region, type AdItem } from './region.ts';

/**
 * Goals: two regions as docs/regions.md draws them lose and double nothing, whatever order items are replicated in,
 * while the channel is cut, a region is evacuated and comes back. The product: aggregator, marks, ad projector, catalog
 * reader, on memory stores. The model, written here: the channel, who is asked, the sum over regions, the take-over.
 * Non-goals: HTTP, faults of ports (npm run simulate), time.
 */
export interface Outcome {
  readonly seed: number;
  /** What is wrong; empty: nothing. */
  readonly wrong: readonly string[];
  readonly increments: number;
  readonly adEvents: number;
  readonly cuts: number;
  readonly evacuations: number;
  /** Ad events of the old writer that were decided again by the new one. */
  readonly decidedAgain: number;
}

const steps = 120;
const counters = ['a', 'b', 'c'];

interface InFlight {
  readonly to: Region;
  readonly item: AdItem;
  /** Writes of one item in their order: the last one wins. */
  readonly order: number;
}

export async function runScenario(seed: number): Promise<Outcome> {
  return new Scenario(seed).run();
}

class Scenario {
  readonly #seed: number;
  readonly #prng: Prng;
  readonly #regions: readonly [Region, Region];
  /** Where ads are written. */
  #writer: Region;
  readonly #acknowledged = new Map<string, bigint>();
  readonly #adEvents: AdEvent[] = [];
  /** The region whose log has it last. */
  readonly #loggedIn = new Map<AdEvent, Region>();
  /** What each region knows of the other's part of each counter. */
  readonly #copies = new Map<Region, Map<string, bigint>>();
  #channel: InFlight[] = [];
  readonly #sent = new Map<Region, Map<string, string>>();
  readonly #newest = new Map<Region, Map<string, number>>();
  #order = 0;
  #isCut = false;
  readonly #wrong: string[] = [];
  readonly #counts = { increments: 0, cuts: 0, evacuations: 0, decidedAgain: 0 };
  readonly #versions = new Map<Region, number>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#prng = new Prng(seed);
    this.#regions = [new Region('a', this.#prng), new Region('b', this.#prng)];
    [this.#writer] = this.#regions;
    for (const region of this.#regions) {
      this.#copies.set(region, new Map());
      this.#forget(region);
    }
  }

  async run(): Promise<Outcome> {
    for (let step = 0; step < steps; step += 1) await this.#step();
    await this.#settle();
    const { increments, ...counts } = this.#counts;
    const facts = { increments, adEvents: this.#adEvents.length, ...counts };
    return { seed: this.#seed, wrong: this.#wrong, ...facts };
  }

  async #step(): Promise<void> {
    const prng = this.#prng;
    const here = this.#asked();
    switch (prng.int(1, 12)) {
      case 1:
      case 2:
      case 3:
        return this.#increment(here);
      case 4:
        return this.#changeAd();
      case 5:
      case 6:
        if (here.up) await here.consume('increments');
        return;
      case 7:
        if (this.#writer.up) await this.#writer.consume('ad-events');
        {
          this.#send();
          return;
        }
      case 8:
      case 9:
        return this.#deliver(false);
      case 10:
        return this.#look(here);
      case 11:
        this.#counts.cuts += this.#isCut ? 0 : 1;
        this.#isCut = !this.#isCut;
        return;
      default:
        if (prng.chance(0.3)) return this.#evacuateOrReturn();
    }
  }

  /** The region that a caller is sent to: one that is up. */
  #asked(): Region {
    const up = this.#regions.filter((region) => region.up);
    return this.#prng.pick(up);
  }

  #other(region: Region): Region {
    const [a, b] = this.#regions;
    return region === a ? b : a;
  }

  async #increment(here: Region): Promise<void> {
    const key = this.#prng.pick(counters);
    const value = BigInt(this.#prng.int(1, 9));
    this.#counts.increments += 1;
    await here.increment({
      ...{ v: 1, type: 'Incremented', id: this.#counts.increments.toString(16).padStart(32, '0') },
      ...{ key, value: value.toString(), count: 1, keyed: this.#prng.chance(0.3), at: 1_700_000_000_000 },
    });
    this.#acknowledged.set(key, (this.#acknowledged.get(key) ?? 0n) + value);
  }

  /** Creates an ad, or deletes one. Any region takes the call and appends to the writer's log. */
  async #changeAd(): Promise<void> {
    if (!this.#writer.up) return;
    const n = this.#adEvents.length + 1;
    const known = this.#adEvents.filter(({ type }) => type === 'AdCreated').length;
    const event =
      known > 0 && this.#prng.chance(0.3)
        ? adDeleted(this.#prng.int(1, n - 1), { tag: String(n) })
        : adCreated(n);
    await this.#append(event);
    this.#adEvents.push(event);
  }

  async #append(event: AdEvent): Promise<void> {
    this.#loggedIn.set(event, this.#writer);
    await this.#writer.appendAd(event);
  }

  /** The writer's region puts what has changed into the channel, item by item. */
  #send(): void {
    const from = this.#writer;
    if (!from.up) return;
    const sent = this.#sent.get(from) ?? new Map<string, string>();
    for (const item of from.adItems()) {
      const key = keyOf(item);
      const text = textOf(item);
      if (sent.get(key) === text) continue;
      sent.set(key, text);
      this.#order += 1;
      this.#channel.push({ to: this.#other(from), item, order: this.#order });
    }
  }

  /** Any items arrive, in any order; of one item the newest wins. Counters are copied too. */
  async #deliver(all: boolean): Promise<void> {
    if (this.#isCut && !all) return;
    const later: InFlight[] = [];
    const arriving = all ? this.#channel : [...this.#channel].sort(() => this.#prng.int(0, 1) - 0.5);
    for (const each of arriving) {
      if (!all && (!each.to.up || this.#prng.chance(0.4))) {
        later.push(each);
        continue;
      }
      const newest = this.#newest.get(each.to) ?? new Map<string, number>();
      const key = keyOf(each.item);
      if ((newest.get(key) ?? 0) > each.order) continue;
      newest.set(key, each.order);
      await each.to.receive(each.item);
    }
    this.#channel = later;
    for (const region of this.#regions) {
      if (!region.up || !this.#other(region).up) continue;
      for (const counter of counters) {
        if (all || this.#prng.chance(0.5))
          this.#copies.get(region)?.set(counter, await this.#other(region).partOf(counter));
      }
    }
  }

  /** A reader of a region sees no more than was acknowledged, and ads that never go back. */
  async #look(here: Region): Promise<void> {
    for (const counter of counters) {
      const total = await this.#totalSeenBy(here, counter);
      const most = this.#acknowledged.get(counter) ?? 0n;
      if (total > most)
        this.#wrong.push(`${here.name} shows ${total} of ${counter}, ${most} were acknowledged`);
    }
    const ads = await here.ads();
    if (ads === undefined) return;
    const before = this.#versions.get(here) ?? 0;
    if (ads.version < before) this.#wrong.push(`${here.name} went back from ${before} to ${ads.version}`);
    this.#versions.set(here, ads.version);
  }

  async #totalSeenBy(here: Region, counter: string): Promise<bigint> {
    return (await here.partOf(counter)) + (this.#copies.get(here)?.get(counter) ?? 0n);
  }

  async #evacuateOrReturn(): Promise<void> {
    const away = this.#regions.find((region) => !region.up);
    if (away !== undefined) return this.#comeBack(away);
    const leaving = this.#prng.pick(this.#regions);
    leaving.up = false;
    this.#counts.evacuations += 1;
    if (leaving === this.#writer) await this.#takeOver(this.#other(leaving));
  }

  /**
   * The other region becomes the writer, at the newest version that has reached it whole. What came after that is taken
   * away: the old region still has it in its log. What is on its way from the old writer is not taken any more.
   */
  async #takeOver(region: Region): Promise<void> {
    this.#writer = region;
    this.#channel = [];
    await cutToWholeChanges(region);
    region.becomeWriter();
    this.#versions.delete(region);
  }

  /** Its log has increments to be counted as ever. If it was the writer, its events are decided again by the new one. */
  async #comeBack(region: Region): Promise<void> {
    region.up = true;
    if (this.#writer === region) return;
    for (const event of await this.#undecided()) {
      if (this.#loggedIn.get(event) !== region) continue;
      this.#counts.decidedAgain += 1;
      await this.#append(event);
    }
    await region.dropAds();
    this.#forget(region);
    this.#forget(this.#writer);
    this.#versions.delete(region);
  }

  /** As an operator finds them: those of the old log that have no outcome in the writer's table. */
  async #undecided(): Promise<readonly AdEvent[]> {
    const found: AdEvent[] = [];
    for (const event of this.#adEvents) {
      if ((await this.#writer.outcomeOf(event)) === undefined) found.push(event);
    }
    return found;
  }

  /** Everything that a region was sent is sent again. */
  #forget(region: Region): void {
    this.#sent.set(region, new Map());
    this.#newest.set(region, new Map());
  }

  /** All are up, nothing is cut, all logs are read to their ends: both regions must show the same, and all of it. */
  async #settle(): Promise<void> {
    this.#isCut = false;
    for (const region of this.#regions) if (!region.up) await this.#comeBack(region);
    for (const region of this.#regions) await region.consume('increments', true);
    await this.#writer.consume('ad-events', true);
    this.#send();
    await this.#deliver(true);
    for (const region of this.#regions) {
      for (const counter of counters) {
        const total = await this.#totalSeenBy(region, counter);
        const wanted = this.#acknowledged.get(counter) ?? 0n;
        if (total !== wanted)
          this.#wrong.push(`${region.name} ends with ${total} of ${counter}, not ${wanted}`);
      }
    }
    await this.#compareAds();
  }

  async #compareAds(): Promise<void> {
    const undecided = await this.#undecided();
    if (undecided.length > 0) this.#wrong.push(`${undecided.length} ad events were never decided`);
    const [left, right] = await Promise.all(this.#regions.map((region) => region.ads()));
    if (JSON.stringify(left) !== JSON.stringify(right))
      this.#wrong.push(`the regions show other ads: versions ${left?.version} and ${right?.version}`);
    const applied: { readonly version: number; readonly event: AdEvent }[] = [];
    for (const event of this.#adEvents) {
      const outcome = await this.#writer.outcomeOf(event);
      if (outcome?.['outcome'] === 'applied') applied.push({ version: Number(outcome['version']), event });
    }
    applied.sort((a, b) => a.version - b.version);
    if (applied.some(({ version }, i) => version !== i + 1))
      this.#wrong.push('a version has no event, or two');
    const live = new Set<string>();
    for (const { event } of applied) {
      if (event.type === 'AdCreated') live.add(event.adId);
      if (event.type === 'AdDeleted') live.delete(event.adId);
    }
    const shown = (left?.texts ?? []).map((text) => (JSON.parse(text) as { id: string }).id);
    if (JSON.stringify([...live].sort()) !== JSON.stringify(shown))
      this.#wrong.push('the ads shown are not those created and not deleted');
  }
}

/**
 * Keeps the longest part of the change log that is whole, each change with its outcome: an event whose outcome is missing
 * would be decided twice. Writes the head of that version.
 */
async function cutToWholeChanges(region: Region): Promise<void> {
  const items = region.adItems();
  const changes = new Set(items.filter(isChange).map(({ key }) => Number(key.sk)));
  const isOutcome = ({ key }: AdItem): boolean => key.pk.startsWith('outcome#');
  const outcomes = new Set(items.filter(isOutcome).map(({ attributes }) => attributes['version']));
  let version = 0;
  while (changes.has(version + 1) && outcomes.has(BigInt(version + 1))) version += 1;
  for (const item of items) {
    const of = isChange(item) ? Number(item.key.sk) : Number(item.attributes['version'] ?? 0);
    if (item.key.pk === headKey.pk || of > version)
      await region.state.write({ type: 'delete', key: item.key });
  }
  if (version > 0) {
    await region.state.write({
      type: 'put',
      key: headKey,
      attributes: { version: BigInt(version), snapshot_version: 0n },
    });
  }
}

function isChange({ key }: AdItem): boolean {
  return key.pk.startsWith('changes#');
}

function keyOf({ key }: AdItem): string {
  return `${key.pk}/${key.sk}`;
}

function textOf({ attributes }: AdItem): string {
  return JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? [...value].join() : value,
  );
}
