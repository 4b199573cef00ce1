import { Buffer } from 'node:buffer';
import { type AdChange, changeToJson } from '../../core/ads/ad-change.ts';
import type { AdEvent } from '../../core/ads/ad-event.ts';
import { adToRow } from '../../core/ads/ad-row.ts';
import { type AdState, AdStateOverlay, type AdStateView } from '../../core/ads/ad-state.ts';
import { changesOf, decide, type AdLimits, type Decision } from '../../core/ads/decide.ts';
import { endedBy, type EndedAd } from '../../core/ads/ended-ad.ts';
import { transactActionsMax } from '../../ports/state-store.ts';
import type { PendingRecord } from './ad-batch.ts';
import type { Outcome } from './ad-items.ts';

/** The store accepts 4 MB; this leaves room for what the estimate below does not count. */
const planBytesMax = 3_000_000;

/** The head's own action. */
const headActions = 1;

/**
 * An event that takes effect writes its outcome and a change, and an ad in each projection; any other record
 * writes at most one item. One that also removes an ad writes that change and ad too, and one that ends an ad
 * writes what is kept of it; so the plan counts exactly once it knows the decision.
 */
const actionsPerEvent = 2;

/** An ended ad is kept in two items (state-keys.ts), beside all projections. */
const actionsPerEnding = 2;

/** Keys, attribute names and numbers of the items that one record writes. */
const overheadPerRecord = 1000;

/** The decisions that one transaction will commit, for the first `taken` of the planned records. */
export interface CommitPlan {
  readonly taken: number;
  readonly overlay: AdStateOverlay;
  /** The JSON of each change of the overlay. */
  readonly changeJsons: readonly string[];
  readonly changesBytes: number;
  /** The ads that the changes remove at their end, each once; empty if the stage does not keep them. */
  readonly endings: readonly EndedAd[];
  readonly outcomes: readonly { readonly event: AdEvent; readonly outcome: Outcome }[];
  readonly undecodable: readonly { readonly pending: PendingRecord; readonly reason: string }[];
}

export interface PlanSettings extends AdLimits {
  /** How many days ads that have ended are kept; 0: not at all. */
  readonly endedDays: number;
}

/**
 * Decides records in order until a transaction is full; at least one. `settled`: the ids of events that have
 * been decided. The ids decided here are not added, because the commit may fail. `projections`: how many the
 * commit writes.
 */
export function planCommit(
  pending: readonly PendingRecord[],
  state: AdState,
  settled: ReadonlySet<string>,
  settings: PlanSettings,
  projections = 1,
): CommitPlan {
  const actionsMax = actionsPerEvent + projections;
  const overlay = new AdStateOverlay(state);
  const changeJsons: string[] = [];
  /** By id: no two actions of a transaction are on one item. */
  const endings = new Map<string, EndedAd>();
  const outcomes: { event: AdEvent; outcome: Outcome }[] = [];
  const undecodable: { pending: PendingRecord; reason: string }[] = [];
  const decidedHere = new Set<string>();
  let actions = headActions;
  let bytes = 0;
  let changesBytes = 0;
  let taken = 0;
  for (const next of pending) {
    const { content } = next;
    if (actions + actionsMax > transactActionsMax) break;
    if (content.type === 'undecodable') {
      undecodable.push({ pending: next, reason: content.reason });
      actions += 1;
      bytes += overheadPerRecord;
    } else if (content.type === 'control') {
      // The mark passes it, and nothing else comes of it.
    } else if (!settled.has(content.event.id) && !decidedHere.has(content.event.id)) {
      const decision = decide(content.event, overlay, settings);
      const made = changesOf(decision);
      const jsons = made.map(changeToJson);
      const changeBytes = jsons.reduce((sum, json) => sum + Buffer.byteLength(json), 0);
      const ended = settings.endedDays === 0 ? [] : endedBy(made, overlay);
      const endedBytes = ended.reduce((sum, { ad }) => sum + Buffer.byteLength(adToRow(ad)), 0);
      // The ad's item is no larger than the change that holds the ad.
      const needed = (1 + projections) * changeBytes + endedBytes + overheadPerRecord;
      const actionsNeeded = 1 + made.length * (1 + projections) + ended.length * actionsPerEnding;
      if (taken > 0 && bytes + needed > planBytesMax) break;
      if (actions + actionsNeeded > transactActionsMax) break;
      outcomes.push({ event: content.event, outcome: outcomeOf(content.event, decision, overlay) });
      for (const change of made) overlay.apply(change);
      for (const one of ended) endings.set(one.ad.id, one);
      changeJsons.push(...jsons);
      changesBytes += changeBytes;
      decidedHere.add(content.event.id);
      actions += actionsNeeded;
      bytes += needed;
    }
    taken += 1;
  }
  return { taken, overlay, changeJsons, changesBytes, endings: [...endings.values()], outcomes, undecodable };
}

/**
 * An update that changes nothing counts as applied by the ad's current version. `before`: the state without the
 * decision's changes.
 */
function outcomeOf(event: AdEvent, decision: Decision, before: AdStateView): Outcome {
  switch (decision.type) {
    case 'applied': {
      const { change } = decision;
      const outcome = { status: 'applied', version: change.version } as const;
      if (event.type !== 'AdImported' || change.type !== 'put') return outcome;
      const effect = before.get(change.ad.id) === undefined ? 'created' : 'updated';
      return { ...outcome, imported: { adId: change.ad.id, effect } };
    }
    case 'unchanged': {
      const { id, version } = decision.ad;
      const outcome = { status: 'applied', version } as const;
      if (event.type !== 'AdImported') return outcome;
      return { ...outcome, imported: { adId: id, effect: 'unchanged' } };
    }
    case 'refused':
      return { status: 'refused', reason: decision.reason };
  }
}

/** The reason of the last removal of each ad in these changes. */
export function removalReasons(changes: readonly AdChange[]): ReadonlyMap<string, 'deleted' | 'expired'> {
  const reasons = new Map<string, 'deleted' | 'expired'>();
  for (const change of changes) if (change.type === 'remove') reasons.set(change.adId, change.reason);
  return reasons;
}
