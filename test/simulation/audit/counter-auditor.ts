import { keptLevels } from '../../../lib/app/counters/counter-actions.ts';
import type { StageSettings } from '../../../lib/stages.ts';
import type { Auditor, RestView } from './auditor.ts';
import { CounterLedger, positionText } from './counter-ledger.ts';
import { checkCounterRead, checkTopRead } from './counter-reads.ts';
import { checkDeliveryPoints, checkSeriesRead, SeriesTruth } from './counter-series.ts';
import { CounterTotals } from './counter-totals.ts';
import { checkCounterWrite, type CounterTruth } from './counter-writes.ts';
import { demand } from './demand.ts';
import { checkTrackedNumbers } from './tracked-numbers.ts';
import { checkAcceptedToken, IncrementRequests } from './increment-requests.ts';

export interface CounterAuditorOptions {
  readonly settings: StageSettings;
  /** In a seed without faults the promise about time holds too, milliseconds. */
  readonly freshWithinMs: number | undefined;
}

/** Predicts every write to the counters from what the log took: G1, G2, G6, G7, I1 .. I5, I11. */
export function createCounterAuditor({ settings, freshWithinMs }: CounterAuditorOptions): Auditor {
  const truth: CounterTruth = {
    ledger: new CounterLedger(),
    totals: new CounterTotals(),
    series: new SeriesTruth(keptLevels(settings)),
    syncAdditions: [],
    impressionMinutes: settings.delivery.impressionMinutes,
    markLifeMs: settings.streams.increments.retentionHours * 3_600_000,
  };
  const requests = new IncrementRequests();
  let reads = 0;

  return {
    name: 'counters',
    appended(stream, record) {
      if (stream === 'increments') truth.ledger.append(record);
    },
    wrote(write) {
      checkCounterWrite(truth, write);
    },
    exchanged(exchange) {
      const isRead =
        checkCounterRead(truth, exchange) ||
        checkSeriesRead(truth.series, exchange) ||
        checkTopRead(truth, exchange);
      checkDeliveryPoints(truth.series, exchange);
      if (isRead) reads += 1;
      requests.exchanged(exchange);
      checkAcceptedToken(truth, exchange);
    },
    async atRest(view) {
      requests.check(truth);
      checkAllSettled(truth, freshWithinMs);
      await checkQuarantine(truth, view);
      await checkTotals(truth, view);
      await checkTrackedNumbers(truth.ledger, view.state);
    },
    facts: () => ({
      increments: truth.ledger.records.reduce((sum, { event }) => sum + (event?.count ?? 0), 0),
      incrementRecords: truth.ledger.records.length,
      poisonRecords: truth.ledger.records.filter(
        ({ event, tracked, order }) => event === undefined && tracked === undefined && order === undefined,
      ).length,
      trackedRecords: truth.ledger.records.filter(({ tracked }) => tracked !== undefined).length,
      trackedCounted: truth.ledger.trackedCounted.size,
      repeatedRecords: [...truth.ledger.copies.values()].reduce((sum, { length }) => sum + length - 1, 0),
      syncAdditions: truth.syncAdditions.length,
      counterReads: reads,
      incrementWishes: requests.size,
    }),
  };
}

/** I5 and I14: nothing is left; in a calm seed nothing took long (G2, I11). */
function checkAllSettled({ ledger }: CounterTruth, freshWithinMs: number | undefined): void {
  for (const { record, order, settledAtMs } of ledger.records) {
    // Sweeps order also while nobody reads; what the log forgets then is ordered anew.
    if (order !== undefined) continue;
    demand(settledAtMs !== undefined, 'I14', 'a record was never settled', () => ({
      position: positionText(record),
    }));
    const tookMs = settledAtMs - record.arrivedAtMs;
    demand(freshWithinMs === undefined || tookMs <= freshWithinMs, 'G2', 'a record was settled late', () => ({
      ...{ position: positionText(record), tookMs },
    }));
  }
}

/** G6: what was given up is kept whole, or its end is on record. */
async function checkQuarantine({ ledger }: CounterTruth, { quarantine, state }: RestView): Promise<void> {
  for (const { record, skip } of ledger.records) {
    if (skip === undefined) continue;
    const { epoch, shardId, sequenceNumber } = record;
    const facts = (): Record<string, unknown> => ({ position: positionText(record), skip });
    const item = await state.get({
      table: 'counters',
      pk: `skip#increments/${positionText(record)}`,
      sk: '',
    });
    demand(item?.['state'] === skip, 'G6', 'a skip item is not as it was left', facts);
    if (skip !== 'quarantined') continue;
    const kept = await quarantine.get({ stream: 'increments', epoch, shardId, sequenceNumber });
    const isWhole = kept !== undefined && Buffer.compare(kept.data, record.data) === 0;
    demand(
      isWhole && kept.partitionKey === record.partitionKey,
      'G6',
      'a quarantined record is not whole',
      facts,
    );
  }
}

/** I1: every total is the sum of what was counted, each event once, and what was added at once. */
async function checkTotals(
  { ledger, totals, syncAdditions }: CounterTruth,
  { state }: RestView,
): Promise<void> {
  const expected = new Map<string, bigint>();
  const add = (counter: string, value: bigint): void => {
    expected.set(counter, (expected.get(counter) ?? 0n) + value);
  };
  for (const [id, [copy]] of ledger.copies) {
    if (copy?.event !== undefined && ledger.counted.has(id)) add(copy.event.key, copy.event.value);
  }
  for (const [id, [copy]] of ledger.trackedCopies) {
    if (copy?.tracked !== undefined && ledger.trackedCounted.has(id)) add(copy.tracked.counter, 1n);
  }
  for (const { counter, value } of syncAdditions) add(counter, value);
  for (const [id, copies] of ledger.copies) {
    const givenUp = copies.every(({ skip }) => skip === 'quarantined' || skip === 'dropped');
    demand(ledger.counted.has(id) || givenUp, 'G1', 'an event was not counted', () => ({ id }));
  }
  for (const counter of new Set([...expected.keys(), ...totals.counters])) {
    const item = await state.get({ table: 'counters', pk: `counter#${counter}`, sk: '' });
    demand(
      item?.['total'] === expected.get(counter),
      'I1',
      'a total is not the sum of its increments',
      () => ({
        ...{ counter, total: item?.['total'], expected: expected.get(counter) },
      }),
    );
  }
}
