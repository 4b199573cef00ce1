import { assertNever } from '../assert.ts';
import { adBytes, checkContent, mergePatch, sameContent } from './ad-content.ts';
import type { AdChange, Refusal } from './ad-change.ts';
import type { AdCreated, AdDeleted, AdEvent, AdExpired, AdUpdated } from './ad-event.ts';
import type { AdStateView } from './ad-state.ts';
import type { Ad } from './ad.ts';

/** The stage's limits; a change that would grow past one is refused. */
export interface AdLimits {
  readonly liveAdsMax: number;
  readonly liveBytesMax: number;
}

export type Decision =
  /** The next change; its version is the state's plus one. */
  | { readonly type: 'applied'; readonly change: AdChange }
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
    case 'AdDeleted':
      return decideDeleted(event, state);
    case 'AdExpired':
      return decideExpired(event, state);
    default:
      return assertNever(event);
  }
}

function decideCreated(event: AdCreated, state: AdStateView, limits: AdLimits): Decision {
  if (state.get(event.adId) !== undefined) return refused('already-exists');
  const reason = checkContent(event.ad, event.at);
  if (reason !== undefined) return refused(reason);
  const ad: Ad = { ...event.ad, id: event.adId, version: state.version + 1, createdAt: event.at };
  if (state.size >= limits.liveAdsMax || state.liveBytes + adBytes(ad) > limits.liveBytesMax) {
    return refused('over-limit');
  }
  return put(ad);
}

function decideUpdated(event: AdUpdated, state: AdStateView, limits: AdLimits): Decision {
  const found = findForClient(event, state);
  if (found.type === 'refused') return found;
  const { ad } = found;
  const content = mergePatch(ad, event.patch);
  const reason = checkContent(content, event.at);
  if (reason !== undefined) return refused(reason);
  if (sameContent(content, ad)) return { type: 'unchanged', ad };
  const growth = adBytes(content) - adBytes(ad);
  if (growth > 0 && state.liveBytes + growth > limits.liveBytesMax) return refused('over-limit');
  const base = { ...content, id: ad.id, version: state.version + 1, createdAt: ad.createdAt };
  return put(content.endAt === ad.endAt ? { ...base, endVersion: endVersionOf(ad) } : base);
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

function put(ad: Ad): Decision {
  return { type: 'applied', change: { type: 'put', version: ad.version, ad } };
}

function remove(adId: string, state: AdStateView, reason: 'deleted' | 'expired'): Decision {
  return { type: 'applied', change: { type: 'remove', version: state.version + 1, adId, reason } };
}

function refused(reason: Refusal): Decision {
  return { type: 'refused', reason };
}
