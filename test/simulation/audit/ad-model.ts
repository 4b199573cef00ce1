import type { Refusal } from '../../../lib/core/ads/ad-change.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import type { AdContent, AdPatch } from '../../../lib/core/ads/ad.ts';

/**
 * The expected results of ad events, written from the contract (DESIGN §3, §4) with plain maps: no index, no
 * overlay, no batches. It shares only types with the code that it is compared with.
 */
export interface ModelAd extends AdContent {
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  /** How often it got a goal or lost it; absent: never. */
  readonly generation?: number;
}

export type ModelChange =
  | { readonly type: 'put'; readonly version: number; readonly adId: string; readonly ad: ModelAd }
  | {
      readonly type: 'remove';
      readonly version: number;
      readonly adId: string;
      readonly reason: 'deleted' | 'expired';
      /** As it was. */
      readonly ad: ModelAd;
    };

export type ModelOutcome =
  /** `change`: absent when the update asked for what was so already; `version` is then the ad's. */
  | {
      readonly status: 'applied';
      readonly version: number;
      readonly change?: ModelChange;
      /** Of an import: what it did, and to which ad. */
      readonly effect?: 'created' | 'updated' | 'unchanged';
      readonly adId?: string;
    }
  | { readonly status: 'refused'; readonly reason: Refusal };

export interface ModelLimits {
  readonly liveAdsMax: number;
  readonly liveBytesMax: number;
}

/** What an ad weighs beside its title and content (the stage's limit of live bytes is defined so). */
const bytesPerAd = 256;

export class AdModel {
  readonly live = new Map<string, ModelAd>();
  /** Change n is at index n - 1. */
  readonly changes: ModelChange[] = [];
  /** By event id: what the first record of an event came to; a later one changes nothing. */
  readonly outcomes = new Map<string, ModelOutcome>();
  liveBytes = 0;
  readonly #limits: ModelLimits;

  constructor(limits: ModelLimits) {
    this.#limits = limits;
  }

  get version(): number {
    return this.changes.length;
  }

  /** The same, to try something out on. */
  fork(): AdModel {
    const twin = new AdModel(this.#limits);
    for (const [id, ad] of this.live) twin.live.set(id, ad);
    for (const [id, outcome] of this.outcomes) twin.outcomes.set(id, outcome);
    twin.changes.push(...this.changes);
    twin.liveBytes = this.liveBytes;
    return twin;
  }

  /** The next event of the log. undefined: it had been decided before. */
  take(event: AdEvent): ModelOutcome | undefined {
    if (this.outcomes.has(event.id)) return undefined;
    const outcome = this.#decide(event);
    this.outcomes.set(event.id, outcome);
    return outcome;
  }

  #decide(event: AdEvent): ModelOutcome {
    const ad = this.live.get(event.adId);
    switch (event.type) {
      case 'AdCreated':
        return ad === undefined ? this.#create(event.adId, event.ad, event.at) : refused('already-exists');
      case 'AdImported':
        return this.#import(event);
      case 'AdUpdated':
      case 'AdDeleted': {
        // From its end on an ad is gone to clients, logged or not.
        if (ad === undefined || ad.endAt <= event.at) return refused('not-found');
        if (event.ifVersion !== undefined && event.ifVersion !== ad.version)
          return refused('version-mismatch');
        return event.type === 'AdDeleted' ? this.#remove(ad, 'deleted') : this.#update(ad, event);
      }
      case 'AdExpired':
        if (ad === undefined) return refused('not-found');
        // An expiry of an end that has since moved away, or one that comes before the end: nothing.
        return ad.endAt > event.endAt || ad.endAt > event.at
          ? refused('not-due')
          : this.#remove(ad, 'expired');
    }
  }

  /** The live ad that has the external id becomes what the import says; without one, a new ad does. */
  #import({ ad: content, adId, at }: AdEvent & { type: 'AdImported' }): ModelOutcome {
    const holder = this.#holderOf(content.externalId);
    const isLive = holder !== undefined && holder.endAt > at;
    const outcome = isLive ? this.#replace(holder, content, at) : this.#create(adId, content, at);
    if (outcome.status === 'refused') return outcome;
    const id = isLive ? holder.id : adId;
    if (outcome.change === undefined) return { ...outcome, effect: 'unchanged', adId: id };
    return { ...outcome, effect: isLive ? 'updated' : 'created', adId: id };
  }

  #holderOf(externalId: string | undefined): ModelAd | undefined {
    if (externalId === undefined) return undefined;
    return [...this.live.values()].find((ad) => ad.externalId === externalId);
  }

  #create(id: string, content: AdContent, at: number): ModelOutcome {
    if (this.live.has(id)) return refused('already-exists');
    const fault = faultOf(content, at);
    if (fault !== undefined) return refused(fault);
    const holder = this.#holderOf(content.externalId);
    if (holder !== undefined && holder.endAt > at) return refused('external-id-taken');
    // One that has ended makes room.
    const ads = this.live.size - (holder === undefined ? 0 : 1);
    const bytes = this.liveBytes - (holder === undefined ? 0 : weigh(holder));
    if (ads + 1 > this.#limits.liveAdsMax) return refused('over-limit');
    if (bytes + weigh(content) > this.#limits.liveBytesMax) return refused('over-limit');
    if (holder !== undefined) this.#remove(holder, 'expired');
    const generation = content.goal === undefined ? 0 : 1;
    return this.#put({ ...content, id, createdAt: at, version: this.version + 1, generation });
  }

  #update(ad: ModelAd, event: AdEvent & { type: 'AdUpdated' }): ModelOutcome {
    return this.#replace(ad, patched(ad, event.patch), event.at);
  }

  /** `content`: all of what the ad is to be. */
  #replace(ad: ModelAd, content: AdContent, at: number): ModelOutcome {
    const fault = faultOf(content, at);
    if (fault !== undefined) return refused(fault);
    if (sameContent(content, ad)) return { status: 'applied', version: ad.version };
    const found = this.#holderOf(content.externalId);
    const holder = found?.id === ad.id ? undefined : found;
    if (holder !== undefined && holder.endAt > at) return refused('external-id-taken');
    const growth = weigh(content) - weigh(ad);
    const bytes = this.liveBytes - (holder === undefined ? 0 : weigh(holder));
    if (growth > 0 && bytes + growth > this.#limits.liveBytesMax) return refused('over-limit');
    if (holder !== undefined) this.#remove(holder, 'expired');
    const { id, createdAt } = ad;
    const hasTurned = (ad.goal === undefined) !== (content.goal === undefined);
    const generation = (ad.generation ?? 0) + (hasTurned ? 1 : 0);
    return this.#put({ ...content, id, createdAt, version: this.version + 1, generation });
  }

  #put(ad: ModelAd): ModelOutcome {
    const before = this.live.get(ad.id);
    this.liveBytes += weigh(ad) - (before === undefined ? 0 : weigh(before));
    this.live.set(ad.id, ad);
    const change = { type: 'put', version: ad.version, adId: ad.id, ad } as const;
    this.changes.push(change);
    return { status: 'applied', version: ad.version, change };
  }

  #remove(ad: ModelAd, reason: 'deleted' | 'expired'): ModelOutcome {
    this.liveBytes -= weigh(ad);
    this.live.delete(ad.id);
    const change = { type: 'remove', version: this.version + 1, adId: ad.id, reason, ad } as const;
    this.changes.push(change);
    return { status: 'applied', version: change.version, change };
  }
}

/** A merge patch: what it leaves out stays, and null takes an optional field away, or a key of the metadata. */
export function patched<Before extends AdContent>(before: Before, patch: AdPatch): Before {
  const metadata =
    patch.metadata === undefined || patch.metadata === null
      ? patch.metadata
      : Object.fromEntries(
          Object.entries({ ...before.metadata, ...patch.metadata }).filter(([, value]) => value !== null),
        );
  const merged = { ...before, ...patch, ...(metadata !== undefined && { metadata }) };
  const isThere = ([name, value]: readonly [string, unknown]): boolean =>
    value !== null || name === 'ageStart' || name === 'ageEnd';
  return sortedMetadata(Object.fromEntries(Object.entries(merged).filter(isThere)) as unknown as Before);
}

/** An ad is stored and shown with its metadata in the order of the keys. */
export function sortedMetadata<Content extends AdPatch>(content: Content): Content {
  if (content.metadata === undefined || content.metadata === null) return content;
  const entries = Object.entries(content.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...content, metadata: Object.fromEntries(entries) };
}

function sameContent(a: AdContent, b: AdContent): boolean {
  const text = (ad: AdContent): string =>
    JSON.stringify([
      ...[ad.title, ad.content, ad.startAt, ad.endAt, ad.ageStart, ad.ageEnd],
      ...[ad.gender, ad.country, ad.platform, ad.externalId ?? null, ad.status ?? null],
      ...[ad.priority ?? null, ad.weight ?? null, ad.clickUrl ?? null, ad.imageUrl ?? null],
      ...[ad.width ?? null, ad.height ?? null, ad.campaignId ?? null, ad.metadata ?? null],
      ...[ad.goal ?? null, ad.frequency ?? null],
    ]);
  return text(a) === text(b);
}

/** What is wrong with the fields of an ad together, at an instant. */
export function faultOf(content: AdContent, at: number): Refusal | undefined {
  if (content.endAt <= content.startAt) return 'invalid-window';
  const { ageStart, ageEnd } = content;
  if (ageStart !== null && ageEnd !== null && ageEnd < ageStart) return 'invalid-ages';
  const { metadata = {} } = content;
  if (Object.keys(metadata).length > 20 || Buffer.byteLength(JSON.stringify(metadata)) > 2048)
    return 'metadata-too-large';
  if (content.frequency?.scope === 'campaign' && content.campaignId === undefined)
    return 'cap-without-campaign';
  return content.endAt <= at ? 'already-ended' : undefined;
}

export function weigh(ad: AdContent): number {
  const objects = [ad.metadata, ad.goal, ad.frequency].map((each) => (each ? JSON.stringify(each) : ''));
  const optional = [ad.externalId, ad.clickUrl, ad.imageUrl, ad.campaignId].map((text) => text ?? '');
  return [ad.title, ad.content, ...optional, ...objects].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    bytesPerAd,
  );
}

function refused(reason: Refusal): ModelOutcome {
  return { status: 'refused', reason };
}
