import { addRemovals } from '../../core/ads/removals.ts';
import { assert } from '../../core/assert.ts';
import { markAttribute, markValue, parseMarkValue, type ShardRef } from '../../core/log-position.ts';
import type { AttributeValue, Condition, WriteAction } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { skipAction } from '../quarantine/skip-state.ts';
import { changeKey, headKey, outcomeKey } from '../state-keys.ts';
import type { PendingRecord } from './ad-batch.ts';
import type { CommitPlan } from './ad-commit-plan.ts';
import {
  projectionAttributes,
  projectionsOf,
  removalAttributes,
  removalsAsRead,
  sameLayout,
  snapshotAsRead,
  type AdHead,
  type ProjectionHead,
} from './ad-head.ts';
import { sampledTraceId } from '../trace.ts';
import { outcomeAttributes } from './ad-items.ts';
import { keepEnded } from './ended-items.ts';
import { putAd, removeAd, toSeconds } from './ad-item-actions.ts';

export interface CommitRequest {
  readonly plan: CommitPlan;
  readonly head: AdHead;
  readonly shard: ShardRef;
  /** The last record that the plan settles. */
  readonly last: PendingRecord;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The most marks that the head item keeps. */
const marksMax = 64;

/**
 * Commits the plan in one transaction, which succeeds only if the head is still the one that the plan was
 * made from. Resolves to the new head, or to undefined if another projector has moved it. Rejects with a
 * StateStoreError; read the head again then.
 */
export async function commit(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>,
  request: CommitRequest,
): Promise<AdHead | undefined> {
  const { plan, shard } = request;
  const nowMs = deps.clock.nowMs();
  const { action, head } = moveHead(deps, request, nowMs);
  const result = await deps.state.transact([
    action,
    ...projectionsOf(request.head).flatMap((projection) => adActions(plan, projection, nowMs)),
    ...plan.overlay.changes.map((change, index): WriteAction => {
      const json = plan.changeJsons[index];
      assert(json !== undefined, 'every change has its JSON');
      return { type: 'put', key: changeKey(change.version), attributes: { change: json } };
    }),
    ...plan.endings.flatMap((ended) => keepEnded(ended, deps.settings.ads.endedDays)),
    ...outcomeActions(plan, nowMs + claimLifeMs(deps.settings)),
    ...plan.undecodable.map(({ pending, reason }): WriteAction => {
      const { epoch, shardId } = shard;
      const id = {
        stream: 'ad-events',
        epoch,
        shardId,
        sequenceNumber: pending.record.sequenceNumber,
      } as const;
      return skipAction(id, { state: 'quarantined', reason });
    }),
  ]);
  if (result.status !== 'written') return undefined;
  countOutcomes(deps, plan);
  tellTraced(deps, plan);
  deps.telemetry.observe(metrics.liveAds, head.liveAds);
  deps.telemetry.observe(metrics.liveAdBytes, head.liveBytes);
  deps.telemetry.observe(metrics.snapshotBytes, head.active.snapshotBytes);
  return head;
}

/** As long as a copy of the event can still arrive: from the log, or from the quarantine through the log. */
function claimLifeMs(settings: Ports['settings']): number {
  const { retentionHours } = settings.streams['ad-events'];
  return dayMs + retentionHours * hourMs + settings.quarantineRetentionDays * dayMs;
}

function moveHead(
  { settings, telemetry }: Pick<Ports, 'settings' | 'telemetry'>,
  { plan, head, shard, last }: CommitRequest,
  nowMs: number,
): { action: WriteAction; head: AdHead } {
  const attribute = markAttribute(shard);
  const idleSinceMs = nowMs - 2 * settings.streams['ad-events'].retentionHours * hourMs;
  const { idle, excess } = marksToDrop(head, attribute, idleSinceMs);
  if (excess.length > 0) telemetry.count(metrics.marksOverLimit);
  const drops = [...idle, ...excess];
  const moved = markValue(last.record.sequenceNumber, nowMs);
  const dropped = new Set(drops);
  const grown = (projection: ProjectionHead): ProjectionHead => ({
    ...projection,
    changesBytes: projection.changesBytes + plan.changesBytes,
  });
  const next: AdHead = {
    ...head,
    exists: true,
    version: plan.overlay.version,
    liveAds: plan.overlay.size,
    liveBytes: plan.overlay.liveBytes,
    removals: head.removals && addRemovals(head.removals, plan.overlay.changes),
    active: grown(head.active),
    second: head.second && grown(head.second),
    marks: {
      ...Object.fromEntries(Object.entries(head.marks).filter(([name]) => !dropped.has(name))),
      [attribute]: moved,
    },
    lastMark: attribute,
  };
  const action: WriteAction = {
    type: 'update',
    key: headKey,
    set: {
      version: BigInt(next.version),
      live_ads: BigInt(next.liveAds),
      live_bytes: BigInt(next.liveBytes),
      ...(next.removals && removalAttributes(next.removals, next.version)),
      ...projectionAttributes(next.active),
      ...(next.second && projectionAttributes(next.second)),
      [attribute]: moved,
      last_mark: attribute,
    },
    remove: drops,
    condition: fence(head, [attribute, ...drops]),
  };
  return { action, head: next };
}

/** Holds only for the head as it was read. */
function fence(head: AdHead, marks: readonly string[]): Condition {
  if (!head.exists) return { op: 'item-absent' };
  return {
    op: 'all',
    of: [
      { op: '=', attribute: 'version', value: BigInt(head.version) },
      sameLayout(head),
      ...projectionsOf(head).map(snapshotAsRead),
      ...removalsAsRead(head),
      ...marks.map((attribute): Condition => isAsRead(attribute, head.marks[attribute])),
    ],
  };
}

function isAsRead(attribute: string, value: AttributeValue | undefined): Condition {
  return value === undefined ? { op: 'absent', attribute } : { op: '=', attribute, value };
}

/**
 * The names of marks of shards that can deliver nothing any more and, beyond the limit, of those that have
 * been idle longest.
 */
function marksToDrop(
  head: AdHead,
  moving: string,
  idleSinceMs: number,
): { readonly idle: readonly string[]; readonly excess: readonly string[] } {
  const others = Object.entries(head.marks)
    .filter(([name]) => name !== moving)
    .map(([name, value]) => ({ name, movedAtMs: parseMarkValue(value).movedAtMs }))
    .sort((a, b) => b.movedAtMs - a.movedAtMs);
  const needed = others.filter(({ movedAtMs }) => movedAtMs >= idleSinceMs);
  const idle = others.filter(({ movedAtMs }) => movedAtMs < idleSinceMs);
  const excess = needed.slice(marksMax - 1);
  return { idle: idle.map(({ name }) => name), excess: excess.map(({ name }) => name) };
}

/** The last state of each ad the plan touches. */
function adActions(
  { overlay }: CommitPlan,
  projection: ProjectionHead,
  nowMs: number,
): readonly WriteAction[] {
  return Array.from(overlay.touched, ([adId, ad]) =>
    ad === undefined
      ? removeAd(adId, overlay.base.get(adId)?.createdAt ?? nowMs, projection.id, nowMs)
      : putAd(ad, projection),
  );
}

function outcomeActions(plan: CommitPlan, expiresAtMs: number): readonly WriteAction[] {
  const expiresAt = toSeconds(expiresAtMs);
  return plan.outcomes.map(({ event, outcome }) => ({
    type: 'put',
    key: outcomeKey(event.id),
    attributes: outcomeAttributes(outcome, event.adId, expiresAt),
    // The claim: an event that was decided under another number meanwhile is not decided twice.
    condition: { op: 'item-absent' },
  }));
}

function countOutcomes({ telemetry }: Pick<Ports, 'telemetry'>, plan: CommitPlan): void {
  const applied = plan.outcomes.filter(({ outcome }) => outcome.status === 'applied').length;
  const refused = plan.outcomes.length - applied;
  // An import of what is there already creates no version.
  const { length: changes } = plan.changeJsons;
  if (changes > 0) telemetry.count(metrics.adEventsApplied, changes);
  if (refused > 0) telemetry.count(metrics.adEventsRefused, refused);
  if (plan.undecodable.length > 0) telemetry.count(metrics.recordsQuarantined, plan.undecodable.length);
}

/** Logs a line with the outcome of each event whose request is sampled; it holds nothing of the ad. */
function tellTraced({ telemetry }: Pick<Ports, 'telemetry'>, { outcomes }: CommitPlan): void {
  for (const { event, outcome } of outcomes) {
    const traceId = sampledTraceId(event.traceparent);
    if (traceId === undefined) continue;
    const why = outcome.status === 'applied' ? { version: outcome.version } : { reason: outcome.reason };
    const told = { trace_id: traceId, event: event.id, outcome: outcome.status, ...why };
    telemetry.info('settled an ad event', told);
  }
}
