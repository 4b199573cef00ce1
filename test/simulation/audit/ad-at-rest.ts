import { bringUpTo, StateFollower } from '../../../lib/app/ads/ad-recovery.ts';
import { SnapshotAds } from '../../../lib/core/ads/snapshot/snapshot-ads.ts';
import { loadSnapshot } from '../../../lib/app/ads/snapshot-reader.ts';
import { canonicalState } from '../../../lib/core/ads/snapshot/canonical-state.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import { outcomeText, storedOutcome } from './ad-commit-items.ts';
import { endedItems, keptUntilMs, storedEnded } from './ad-ended.ts';
import type { AdTruth } from './ad-commits.ts';
import type { LoggedEvent } from './ad-log.ts';
import type { ModelAd } from './ad-model.ts';
import { changeRow, rowOf, storedChange, storedRow } from './ad-rows.ts';
import type { SidePrefix } from './ad-sides.ts';
import type { RestView } from './auditor.ts';
import { demand } from './demand.ts';

/** The versions of the snapshots of a projection. */
interface SideSnapshots {
  readonly prefix: SidePrefix;
  readonly versions: readonly number[];
}

/** With everything in order: a poll, the function, its retries. */
const settledWithinMs = 20_000;

/**
 * Nothing moves any more: the log is settled, and the store holds what the log leads to, item by item (G5,
 * G6, G7).
 */
export async function checkAdsAtRest(
  truth: AdTruth,
  view: RestView,
  sides: readonly SideSnapshots[],
): Promise<void> {
  const { log } = truth;
  // Ends of ads go on coming while one looks; what has grown too old was given up, with no younger one to
  // pass over it.
  const waiting = log.unsettled.filter(
    (logged) => logged.record.arrivedAtMs < view.nowMs - settledWithinMs && !isOverdue(truth, view, logged),
  );
  demand(waiting.length === 0, 'G7', 'a record of the log was never settled', () => ({
    records: waiting.map(({ record, event }) => ({ number: record.sequenceNumber, event })),
  }));
  demand(
    log.records.length === view.adEvents.length,
    'G6',
    'the log has other records than it was seen to take',
  );
  const ended = [...truth.model.live.values()].filter(({ endAt }) => endAt < view.removedBeforeMs);
  demand(ended.length === 0, 'I8', 'an ad that ended long ago was never removed', () => ({ ended }));
  await checkItems(truth, view);
  await checkQuarantine(truth, view);
  await checkRecovery(truth, view, sides);
}

/** Every ad that the log ever named, every outcome, every change. */
async function checkItems(
  { log, model, sides, endedDays }: AdTruth,
  { state, nowMs }: Pick<RestView, 'state' | 'nowMs'>,
): Promise<void> {
  for (const change of model.changes) {
    const { version } = change;
    const key = {
      table: 'ads',
      pk: `changes#${Math.floor(version / 1000)}`,
      sk: String(version).padStart(16, '0'),
    } as const;
    const item = await state.get(key);
    demand(
      storedChange(version, item?.change) === changeRow(change),
      'G5',
      'a change is stored otherwise',
      () => ({ change, item }),
    );
    for (const [name, text] of endedItems(change, endedDays)) {
      const [pk = '', sk = ''] = name.split('/');
      const stored = await state.get({ table: 'ads', pk, sk });
      // Its time may be over.
      const isOver =
        stored === undefined && change.type === 'remove' && keptUntilMs(change.ad, endedDays) <= nowMs;
      const isRight = isOver || storedEnded({ sk }, stored) === text;
      demand(isRight, 'G5', 'an ad that has ended is kept otherwise', () => ({ name, text, stored }));
    }
  }
  for (const { event } of log.records) {
    if (event === undefined) continue;
    const live = model.live.get(event.adId);
    for (const prefix of sides.kept) {
      const item = await state.get({ table: 'ads', pk: `${prefix}ad#${event.adId}`, sk: '' });
      const isRight = live === undefined ? item?.ad === undefined : storedRow(item?.ad) === rowOf(live);
      demand(isRight, 'G5', 'an ad is stored otherwise', () => ({ prefix, live, item }));
    }
    const outcome = model.outcomes.get(event.id);
    const stored = await state.get({ table: 'ads', pk: `outcome#${event.id}`, sk: '' });
    // Its time may be over.
    if (outcome === undefined || stored === undefined) continue;
    demand(storedOutcome(stored) === outcomeText(outcome), 'G5', 'an outcome is stored otherwise', () => ({
      outcome,
      stored,
    }));
  }
}

/** Every record that was given up is in the quarantine, whole. */
async function checkQuarantine(truth: AdTruth, view: RestView): Promise<void> {
  const { log, model } = truth;
  const { quarantine, state } = view;
  for (const logged of log.records) {
    const { event, record, versionAfter } = logged;
    if (versionAfter === undefined && !isOverdue(truth, view, logged)) continue;
    if (event !== undefined && model.outcomes.has(event.id)) continue;
    const { epoch, shardId, sequenceNumber } = record;
    const skip = await state.get({
      table: 'counters',
      pk: `skip#ad-events/${epoch}/${shardId}/${sequenceNumber}`,
      sk: '',
    });
    if (logged.isControl && skip === undefined) continue;
    const kept = await quarantine.get({ stream: 'ad-events', epoch, shardId, sequenceNumber });
    // Redriven means that it stands in the log a second time; what became of that one is looked at in its own
    // place.
    const again = log.records.some((other) => other !== logged && other.event?.id === event?.id);
    const isDone = (skip?.state === 'redriven' && again) || skip?.state === 'dropped';
    const isWhole = kept !== undefined && Buffer.compare(kept.data, record.data) === 0;
    // The end of an ad is logged again until it is decided.
    if (event?.type === 'AdExpired' && skip === undefined) continue;
    demand(isDone || isWhole, 'G6', 'a record that was given up is not kept', () => ({
      sequenceNumber,
      skip,
    }));
  }
}

/** The mapping delivers it no more. */
function isOverdue({ recordAgeMaxMs }: AdTruth, { nowMs }: RestView, { record }: LoggedEvent): boolean {
  return record.arrivedAtMs < nowMs - recordAgeMaxMs;
}

/**
 * What a container that starts now recovers: by snapshot and changes, by changes alone, and from each
 * snapshot alone.
 */
async function checkRecovery(
  { model, history }: AdTruth,
  { state, blobs }: Pick<RestView, 'state' | 'blobs'>,
  sides: readonly SideSnapshots[],
): Promise<void> {
  const deps = { state, blobs, telemetry: silent };
  const head = parseHead(await state.get({ table: 'ads', pk: 'head', sk: '' }));
  const quick = new StateFollower();
  await bringUpTo(deps, head, quick);
  const slow = new StateFollower();
  await bringUpTo(deps, { ...head, active: { ...head.active, snapshotVersion: 0 } }, slow);
  demand(
    canonicalState(quick.state) === canonicalState(slow.state),
    'G5',
    'a snapshot and the changes after it differ from all changes',
  );
  demand(slow.version === model.version, 'G5', 'the changes lead to another version', () => ({
    version: slow.version,
  }));
  checkSame([...slow.state.ads.values()], [...model.live.values()], model.version);
  for (const { prefix, versions } of sides) {
    for (const version of versions) {
      const of = { id: prefix === '' ? 1 : 2, snapshotVersion: version } as const;
      const loaded = await loadSnapshot(deps, of, () => new SnapshotAds());
      // One that was made unreadable on purpose is passed over.
      if (loaded?.version === version) checkSame(loaded.rows.ads, history.liveAt(version), version);
    }
  }
}

function checkSame(ads: readonly Ad[], wanted: readonly ModelAd[], version: number): void {
  const rows = (list: readonly ModelAd[]): string => list.map(rowOf).sort().join('\n');
  demand(rows(ads) === rows(wanted), 'G5', 'the ads recovered are not those of the log', () => ({
    version,
    ads,
    wanted,
  }));
}

const nothing = (): void => undefined;
const silent: Telemetry = { info: nothing, warn: nothing, error: nothing, count: nothing, observe: nothing };
