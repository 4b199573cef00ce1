import type { StageSettings } from '../../../lib/stages.ts';
import { checkAdsAtRest } from './ad-at-rest.ts';
import { checkCommit, scheduledEnd, type AdTruth } from './ad-commits.ts';
import { AdHistory } from './ad-history.ts';
import { AdLog } from './ad-log.ts';
import { AdModel } from './ad-model.ts';
import { EndedReads } from './ad-ended-reads.ts';
import { CatalogReads, checkRead, checkTokenOf } from './ad-reads.ts';
import { Decisions } from './ad-decisions.ts';
import { checkImport, Imports } from './ad-imports.ts';
import type { Answered } from './answered.ts';
import { AdSides, sidePrefixes } from './ad-sides.ts';
import { SnapshotWatch } from './ad-snapshots.ts';
import { adCallOf } from './ad-target.ts';
import { Wishes } from './ad-wishes.ts';
import { checkWrite } from './ad-writes.ts';
import type { Auditor, Exchange } from './auditor.ts';
import { SigningKeyBook } from './decision-tokens.ts';
import { demand } from './demand.ts';
import { GoalLedgers } from './goal-ledgers.ts';

export interface AdAuditorOptions {
  readonly settings: StageSettings;
  /** By how much the clock of a container may be ahead of the true time, milliseconds. */
  readonly clocksAheadMaxMs: number;
}

/**
 * Predicts everything about ads from the one thing that is true, the order in which the log took the events:
 * G3, G4, G5, G7, G14 and I6 .. I9, and that every answer tells the truth.
 */
export function createAdAuditor({ settings, clocksAheadMaxMs }: AdAuditorOptions): Auditor {
  const model = new AdModel(settings.ads);
  const truth: AdTruth = {
    ...{
      log: new AdLog(),
      model,
      history: new AdHistory(),
      limits: settings.ads,
      endedDays: settings.ads.endedDays,
      asked: new Set(),
      failuresInRow: new Map(),
    },
    sides: new AdSides(),
    recordAgeMaxMs: settings.deliveries['project-ads'].maximumRecordAgeSeconds * 1000,
  };
  const snapshots = new Map(sidePrefixes.map((prefix) => [prefix, new SnapshotWatch(prefix)]));
  const catalogs = new CatalogReads(truth, settings);
  const ended = new EndedReads(truth);
  const keys = new SigningKeyBook();
  const decisions = new Decisions({ truth, settings, keys, clocksOffMaxMs: clocksAheadMaxMs });
  const ledgers = new GoalLedgers({
    goalAt(adId, version) {
      const ad = truth.history.adAt(adId, version);
      if (ad?.goal === undefined) return undefined;
      const { impressions, ...goal } = ad.goal;
      const { startAt, endAt, status } = ad;
      return { ...impressions, ...goal, startAt, endAt, ...(status !== undefined && { status }) };
    },
    impressionMinutes: settings.delivery.impressionMinutes,
    clocksAheadMaxMs,
  });
  const wishes = new Wishes();
  const imports = new Imports();
  let reads = 0;
  let writes = 0;

  const checkAnswered = (exchange: Answered): void => {
    const call = adCallOf(exchange.request);
    switch (call?.call) {
      case undefined:
        return;
      case 'query':
      case 'explain':
      case 'list':
        catalogs.check(exchange, call);
        return;
      case 'decide':
        checkDecision(exchange);
        return;
      case 'explain-decision':
        if (exchange.answer.status !== 200) return;
        decisions.checkExplained(exchange, catalogs.checkVersion(exchange));
        return;
      case 'list-ended':
        ended.check(exchange, call);
        return;
      case 'read':
        reads += 1;
        if (call.ended) ended.checkRead(exchange, call.adId);
        else checkRead(truth, exchange, call.adId);
        return;
      case 'import':
        writes += 1;
        checkImport(truth, exchange);
        return;
      case 'create':
      case 'update':
      case 'delete':
        writes += 1;
        checkWrite(truth, exchange, call);
    }
  };

  const checkDecision = (exchange: Answered): void => {
    if (exchange.answer.status !== 200) return;
    const isOfThisRun = Decisions.isOfThisRun(exchange);
    const version = isOfThisRun ? catalogs.checkVersion(exchange) : catalogs.versionOf(exchange);
    const isServed = exchange.request.body?.includes('"served"') === true;
    if (isOfThisRun && !isServed) checkTokenOf(truth, exchange, version);
    decisions.check(exchange, version);
  };

  return {
    name: 'ads',
    appended(stream, record) {
      if (stream === 'increments') ledgers.appended(record);
      if (stream !== 'ad-events') return;
      const { event } = truth.log.append(record);
      const dated = event?.at ?? 0;
      demand(dated <= record.arrivedAtMs + clocksAheadMaxMs, 'I9', 'an event is dated by no clock', () => ({
        event,
        arrivedAtMs: record.arrivedAtMs,
      }));
      if (event?.type === 'AdExpired')
        demand(event.at >= event.endAt, 'I8', 'an end was logged before it came', () => ({ event }));
    },
    askedForSchedule({ adId, endAtMs }) {
      truth.asked.add(scheduledEnd(adId, endAtMs));
    },
    schedulerAnswered(containerId, ok) {
      truth.failuresInRow.set(containerId, ok ? 0 : (truth.failuresInRow.get(containerId) ?? 0) + 1);
    },
    wrote(write) {
      keys.wrote(write);
      ledgers.wrote(write);
      if (!write.changes.some(({ key }) => key.table === 'ads')) return;
      for (const watch of snapshots.values()) watch.wrote(write);
      checkCommit(truth, write);
      truth.sides.wrote(model, write);
    },
    served(call) {
      ledgers.served(call);
    },
    exchanged(exchange) {
      if (adCallOf(exchange.request)?.call === 'decide') decisions.asked(exchange);
      if (isAnswered(exchange)) checkAnswered(exchange);
      if (adCallOf(exchange.request)?.call === 'import') imports.exchanged(exchange);
      else wishes.exchanged(exchange);
    },
    async atRest(view) {
      wishes.checkAtRest(truth, imports);
      imports.checkAtRest(truth);
      if (view.rightsAreBack)
        ledgers.checkAtRest(
          [...model.live.values()].flatMap(({ id, goal, endAt }) =>
            goal !== undefined && endAt > view.nowMs ? [id] : [],
          ),
        );
      await checkAdsAtRest(
        truth,
        view,
        truth.sides.kept.map((prefix) => ({ prefix, versions: snapshots.get(prefix)?.versions ?? [] })),
      );
    },
    facts: () => ({
      adEvents: truth.log.records.length,
      adVersions: model.version,
      adPages: catalogs.pagesChecked,
      adStrongReads: catalogs.strongChecked,
      adReads: reads,
      adEndedReads: ended.checked,
      adWrites: writes,
      adWishes: wishes.size,
      adImports: imports.size,
      adSwitches: truth.sides.switches,
      decisions: decisions.decided,
      decisionsExplained: decisions.explained,
      ...ledgers.facts,
    }),
  };
}

function isAnswered(exchange: Exchange): exchange is Answered {
  return (
    exchange.answer !== undefined &&
    exchange.containerId !== undefined &&
    exchange.containerNowMs !== undefined
  );
}
