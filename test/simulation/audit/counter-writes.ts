import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite, ItemChange } from './auditor.ts';
import { noPartitionKey, positionText, type CounterLedger, type LedgerRecord } from './counter-ledger.ts';
import { strayChanges, type CountedAmount, type SeriesTruth } from './counter-series.ts';
import type { CounterTotals } from './counter-totals.ts';
import { TrackedGrowth } from './tracked-numbers.ts';
import { demand } from './demand.ts';
import { usagePrefix } from './usage-auditor.ts';

export interface SyncAddition {
  readonly counter: string;
  readonly value: bigint;
  readonly atMs: number;
}

export interface CounterTruth {
  readonly ledger: CounterLedger;
  readonly totals: CounterTotals;
  readonly series: SeriesTruth;
  /** Every addition of `mode=sync` that took effect. */
  readonly syncAdditions: SyncAddition[];
  /** How long impressions count. */
  readonly impressionMinutes: number;
  /** True time that a mark must have stood still before it may go. */
  readonly markLifeMs: number;
}

/** Clocks of two containers are ten minutes apart at most. */
const skewMs = 600_000;

/**
 * Checks one write to the counters against what the log holds: the total must grow by exactly the values of
 * the records that the marks pass with it and that were not counted before, no more and no less, at the very
 * write.
 */
export function checkCounterWrite(truth: CounterTruth, write: AppliedWrite): void {
  const skips = write.changes.filter(({ key }) => key.pk.startsWith('skip#increments/'));
  const counters = write.changes.filter(
    ({ key }) => key.pk.startsWith('counter#') && !key.pk.startsWith(usagePrefix),
  );
  const growth = new TrackedGrowth(truth.ledger, truth.impressionMinutes);
  const redriven = skips.flatMap((change) => applySkip(truth, change, { atMs: write.atMs, growth }));
  for (const change of counters) {
    const counter = change.key.pk.slice('counter#'.length);
    demand(counter !== '', 'I4', 'records without a partition key have no order, and got a mark', () => ({
      change,
    }));
    const counted = [...applyMarks(truth, counter, change, { atMs: write.atMs, growth }), ...redriven];
    growth.check(counter, change);
    const byLog = counted.reduce((sum, { value }) => sum + value, 0n);
    const sync = grown(change, 'sync_total');
    const total = grown(change, 'total');
    demand(sync >= 0n && total >= 0n, 'I2', 'a total went back', () => ({ counter, change }));
    demand(total - sync === byLog, 'G1', 'a total did not grow by what its marks passed', () => ({
      counter,
      grewBy: total,
      ofThatSync: sync,
      shouldHaveGrownBy: byLog,
      containerId: write.containerId,
      change,
    }));
    truth.series.check(write, counter, counted, sync);
    if (sync > 0n) truth.syncAdditions.push({ counter, value: sync, atMs: write.atMs });
    if (total > 0n) truth.totals.add(counter, total, write.atMs);
  }
  growth.checkNone();
  demand(strayChanges(write).length === 0, 'I1', 'a series changed without its counter', () => ({ write }));
}

/** When a write took effect, and what it does to the numbers of an ad. */
interface At {
  readonly atMs: number;
  readonly growth: TrackedGrowth;
}

/** Moves the records that marks pass to settled; returns what they add. */
function applyMarks(
  truth: CounterTruth,
  counter: string,
  change: ItemChange,
  at: At,
): readonly CountedAmount[] {
  const passed: LedgerRecord[] = [];
  for (const attribute of markNames(change)) {
    const before = markOf(change.before, attribute);
    const after = markOf(change.after, attribute);
    if (before === after) continue;
    const lane = truth.ledger.lane(counter, attribute);
    if (after === undefined) {
      checkDrop(truth, lane, { counter, attribute, atMs: at.atMs });
      continue;
    }
    demand(before === undefined || after > before, 'I4', 'a mark went back', () => ({
      counter,
      attribute,
      before,
      after,
    }));
    demand(
      lane.some(({ sequence }) => sequence === after),
      'I5',
      'a mark stands where its lane has no record',
      () => ({ counter, attribute, after }),
    );
    for (const entry of lane) {
      if (entry.sequence > after || (before !== undefined && entry.sequence <= before)) continue;
      passed.push(entry);
    }
  }
  // A write may move the marks of several lanes. Of an event with a record on each, the first in the log counts.
  passed.sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  return passed.flatMap((entry) => settle(truth, entry, at));
}

/** What a record adds when its mark passes it. */
function settle(
  { ledger, markLifeMs }: CounterTruth,
  entry: LedgerRecord,
  { atMs, growth }: At,
): readonly CountedAmount[] {
  const { event, tracked, order } = entry;
  // Its mark was dropped since, and a later one passes it again: whatever that adds is too much.
  if (entry.settledAtMs !== undefined) return [];
  entry.settledAtMs = atMs;
  if (entry.skip === 'quarantined') return [];
  if (tracked !== undefined) return growth.settle(tracked);
  if (order !== undefined) {
    const { arrivedAtMs } = entry.record;
    // While nobody reads, sweeps go on ordering. What the log forgets meanwhile is ordered anew.
    return atMs - arrivedAtMs > markLifeMs ? [] : growth.obey(order, arrivedAtMs);
  }
  demand(event !== undefined, 'G6', 'a record that cannot be counted was passed and not quarantined', () => ({
    position: positionText(entry.record),
  }));
  if (ledger.counted.has(event.id)) return [];
  ledger.counted.add(event.id);
  return [event];
}

/** Follows a skip item; returns what a redrive adds. */
function applySkip(
  { ledger }: CounterTruth,
  { key, before, after }: ItemChange,
  { atMs, growth }: At,
): readonly CountedAmount[] {
  const [epoch = '', shardId = '', sequenceNumber = ''] = key.pk.slice('skip#increments/'.length).split('/');
  const entry = ledger.at({ epoch, shardId, sequenceNumber });
  demand(entry !== undefined, 'G6', 'a skip item of a record that is not in the log', () => ({ key }));
  const [from, to] = [before?.['state'], after?.['state']];
  if (from === undefined && to === 'quarantined') {
    demand(entry.settledAtMs === undefined, 'G1', 'a settled record was given up', () => ({ key }));
    entry.skip = 'quarantined';
    // No mark ever passes it: the skip item settles it.
    if (entry.record.partitionKey === noPartitionKey) entry.settledAtMs = atMs;
    return [];
  }
  const leaves = from === 'quarantined' && (to === 'counted' || to === 'dropped');
  demand(leaves, 'G6', 'a record left the quarantine in a forbidden way', () => ({ key, from, to }));
  entry.skip = to;
  if (to === 'dropped') return [];
  if (entry.tracked !== undefined) return growth.settle(entry.tracked, after?.['number']);
  if (entry.order !== undefined) return growth.obey(entry.order, entry.record.arrivedAtMs);
  if (entry.event === undefined) return [];
  if (ledger.counted.has(entry.event.id)) return [];
  ledger.counted.add(entry.event.id);
  return [entry.event];
}

/** A mark may go once the log cannot deliver anything below it any more. */
function checkDrop(
  { markLifeMs }: CounterTruth,
  lane: readonly LedgerRecord[],
  facts: { readonly counter: string; readonly attribute: string; readonly atMs: number },
): void {
  const moved = lane.findLast(({ settledAtMs }) => settledAtMs !== undefined);
  const ageMs = facts.atMs - (moved?.settledAtMs ?? -Infinity);
  demand(ageMs >= markLifeMs - skewMs, 'I4', 'a mark was dropped too early', () => ({ ...facts, ageMs }));
}

function markNames({ before, after }: ItemChange): readonly string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].filter((name) => name.startsWith('hw|'));
}

/** `0019@1700000000`: three digits of length, the number, then the second it moved. */
function markOf(item: Attributes | undefined, attribute: string): bigint | undefined {
  const value = item?.[attribute];
  if (typeof value !== 'string') return undefined;
  const digits = value.slice(3, value.indexOf('@'));
  demand(digits.length === Number(value.slice(0, 3)), 'I4', 'a mark is misspelt', () => ({
    attribute,
    value,
  }));
  return BigInt(digits);
}

function grown({ before, after }: ItemChange, name: 'total' | 'sync_total'): bigint {
  return number(after?.[name]) - number(before?.[name]);
}

function number(value: unknown): bigint {
  return typeof value === 'bigint' ? value : 0n;
}
