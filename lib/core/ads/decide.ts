import { assertNever } from '../assert.ts';
import { adBytes, checkContent, mergePatch, sameContent } from './ad-content.ts';
import type { AdChange, Refusal } from './ad-change.ts';
import type { AdCreated, AdDeleted, AdEvent, AdExpired, AdImported, AdUpdated } from './ad-event.ts';
import type { AdStateView } from './ad-state.ts';
import type { Ad, AdContent } from './ad.ts';

/** The stage's limits; a change that would grow past one is refused. */
export interface AdLimits {
  readonly liveAdsMax: number;
  readonly liveBytesMax: number;
}

export type Decision =
  /**
   * The next change. `expired`: the change before it, the removal of an ad that has ended and still has the
   * external id that this change gives away. From its end on, an ad is gone, whether or not its expiry is logged.
   */
  | { readonly type: 'applied'; readonly change: AdChange; readonly expired?: AdChange }
  /** The update changes nothing: no change, no version. */
  | { readonly type: 'unchanged'; readonly ad: Ad }
  | { readonly type: 'refused'; readonly reason: Refusal };

/**
 * Decides whether and how an event changes the state that the events before it made. The only instant it uses
 * is the event's own, so a replay decides as the first run did.
 */
export function decide(event: AdEvent, state: AdStateView, limits: AdLimits): Decision {
  switch (event.type) {
    case 'AdCreated':
      return decideCreated(event, state, limits);
    case 'AdUpdated':
      return decideUpdated(event, state, limits);
    case 'AdImported':
      return decideImported(event, state, limits);
    case 'AdDeleted':
      return decideDeleted(event, state);
    case 'AdExpired':
      return decideExpired(event, state);
    default:
      return assertNever(event);
  }
}

/** The changes of a decision, in order. */
export function changesOf(decision: Decision): readonly AdChange[] {
  if (decision.type !== 'applied') return [];
  const { change, expired } = decision;
  return expired === undefined ? [change] : [expired, change];
}

function decideCreated(event: AdCreated | AdImported, state: AdStateView, limits: AdLimits): Decision {
  if (state.get(event.adId) !== undefined) return refused('already-exists');
  const reason = checkContent(event.ad, event.at);
  if (reason !== undefined) return refused(reason);
  const ad = { ...event.ad, id: event.adId, createdAt: event.at, ...generationAfter(0, event.ad) };
  return put(ad, event, state, limits);
}

function decideUpdated(event: AdUpdated, state: AdStateView, limits: AdLimits): Decision {
  const found = findForClient(event, state);
  if (found.type === 'refused') return found;
  return change(found.ad, mergePatch(found.ad, event.patch), { event, state, limits });
}

function decideImported(event: AdImported, state: AdStateView, limits: AdLimits): Decision {
  const ad = state.byExternalId(event.ad.externalId);
  if (ad === undefined || ad.endAt <= event.at) return decideCreated(event, state, limits);
  return change(ad, event.ad, { event, state, limits });
}

function change(
  ad: Ad,
  content: AdContent,
  {
    event,
    state,
    limits,
  }: { readonly event: AdEvent; readonly state: AdStateView; readonly limits: AdLimits },
): Decision {
  const reason = checkContent(content, event.at);
  if (reason !== undefined) return refused(reason);
  if (sameContent(content, ad)) return { type: 'unchanged', ad };
  const base = { ...content, id: ad.id, createdAt: ad.createdAt };
  const next = content.endAt === ad.endAt ? { ...base, endVersion: endVersionOf(ad) } : base;
  return put({ ...next, ...generationAfter(ad.generation, content) }, event, state, limits);
}

/** Rises to odd when a goal is set on an ad without one, and to even when it is removed; a changed goal keeps it. */
function generationAfter(before = 0, { goal }: AdContent): Pick<Ad, 'generation'> {
  const isKept = (before % 2 === 1) === (goal !== undefined);
  const generation = isKept ? before : before + 1;
  return generation === 0 ? {} : { generation };
}

function decideDeleted(event: AdDeleted, state: AdStateView): Decision {
  const found = findForClient(event, state);
  if (found.type === 'refused') return found;
  return remove(event.adId, state, 'deleted');
}

function decideExpired(event: AdExpired, state: AdStateView): Decision {
  const ad = state.get(event.adId);
  if (ad === undefined) return refused('not-found');
  // A schedule of an earlier end, or a clock that is ahead of others: the ad has not ended yet.
  if (ad.endAt > event.endAt || ad.endAt > event.at) return refused('not-due');
  return remove(event.adId, state, 'expired');
}

/** The version whose change set the ad's end; with the id it names the ad's schedule. */
export function endVersionOf(ad: Ad): number {
  return ad.endVersion ?? ad.version;
}

/** To a client an ad is gone from its end on, whether or not its expiry has been logged. */
function findForClient(
  event: AdUpdated | AdDeleted,
  state: AdStateView,
): { type: 'found'; ad: Ad } | { type: 'refused'; reason: Refusal } {
  const ad = state.get(event.adId);
  if (ad === undefined || ad.endAt <= event.at) return { type: 'refused', reason: 'not-found' };
  if (event.ifVersion !== undefined && event.ifVersion !== ad.version) {
    return { type: 'refused', reason: 'version-mismatch' };
  }
  return { type: 'found', ad };
}

type Unversioned = Omit<Ad, 'version'>;

/** Puts the ad if its external id is free and the stage has room. */
function put(ad: Unversioned, { at }: AdEvent, state: AdStateView, limits: AdLimits): Decision {
  const holder = ad.externalId === undefined ? undefined : state.byExternalId(ad.externalId);
  const ended = holder?.id === ad.id ? undefined : holder;
  if (ended !== undefined && ended.endAt > at) return refused('external-id-taken');
  const before = state.get(ad.id);
  const freed = ended === undefined ? 0 : adBytes(ended);
  const ads = state.size - (ended === undefined ? 0 : 1);
  const growth = adBytes(ad) - (before === undefined ? 0 : adBytes(before));
  const isTooMany = before === undefined && ads >= limits.liveAdsMax;
  if (isTooMany || (growth > 0 && state.liveBytes - freed + growth > limits.liveBytesMax)) {
    return refused('over-limit');
  }
  if (ended === undefined) return applied({ ...ad, version: state.version + 1 });
  const expired = removal(ended.id, state, 'expired');
  return { ...applied({ ...ad, version: state.version + 2 }), expired };
}

function applied(ad: Ad): Extract<Decision, { readonly type: 'applied' }> {
  return { type: 'applied', change: { type: 'put', version: ad.version, ad } };
}

function remove(adId: string, state: AdStateView, reason: 'deleted' | 'expired'): Decision {
  return { type: 'applied', change: removal(adId, state, reason) };
}

function removal(adId: string, state: AdStateView, reason: 'deleted' | 'expired'): AdChange {
  return { type: 'remove', version: state.version + 1, adId, reason };
}

function refused(reason: Refusal): Decision {
  return { type: 'refused', reason };
}
