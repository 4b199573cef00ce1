import type { StageSettings } from '../stages.ts';
import { gb, item, type Item } from './bill-row.ts';
import { listPrices as price } from './list-prices.ts';
import { assumed, daySeconds, secondsPerMonth, type Load, type Traffic } from './load.ts';

/** Reads, writes and storage of the four tables. */
export function tableItems(settings: StageSettings, load: Load, traffic: Traffic): Item[] {
  const { tokens, reader, counters } = settings;
  const levels = Object.keys(counters.series).length;
  const month = (perSecond: number): number => (perSecond * secondsPerMonth) / 1e6;
  const { queries, incrementCalls, records, additions, authorizations } = traffic;
  // The transaction of a keyed record holds its claim, so without series it is one too.
  const transactions = levels > 0 || load.keyed;
  const sketches = sketchUnits(settings, load, traffic);
  const containers = Math.ceil(queries * assumed.requestSeconds);
  const catalogReads = Math.min(queries, (containers * 1000) / Math.max(1, reader.maxStalenessMs));
  const write = (what: string, units: number): Item =>
    item('DynamoDB', what, units, 'million', price.dynamoWriteUnitsPerMillion);
  const read = (what: string, units: number): Item =>
    item('DynamoDB', what, units, 'million', price.dynamoReadUnitsPerMillion);
  return [
    write('writes of counters and series', month(additions * (transactions ? 2 * (levels + 1) : 1))),
    // Each record once, in the transaction; those of a counter share it up to 99, beyond which it is repeated.
    write('writes of claims', load.keyed ? month(2 * records) : 0),
    write('writes of idempotency records', load.keyed ? month(2 * incrementCalls) : 0),
    write('writes of exact limits', tokens.exactLimit ? month(leaseWrites(load, traffic)) : 0),
    write('writes of hot keys', month(sketches.writes)),
    write('writes of usage', month(usageWrites(load, traffic))),
    // Two events, three items each, in transactions; and at the end the two items of what is kept of the ad.
    write('writes of ads', (load.ads * (2 * 3 + (settings.ads.endedDays > 0 ? 2 : 0)) * 2) / 1e6),
    read('reads of counters', transactions ? month(additions) : 0),
    read('reads of hot keys', month(sketches.reads)),
    // Its guard, and its own item.
    read('reads of tokens', month(2 * authorizations)),
    read('checks of the catalog', month(catalogReads)),
    read('checks of the control item', month(controlReads(traffic))),
    ...storageItems(settings, load, traffic),
  ];
}

/** A transaction, which costs twice: a claim, and of each caller two counters and a row of the day's list. */
export function usageUnits(callers: number): number {
  return 2 * (1 + 3 * callers);
}

/** Those who read pages without a token are one caller. A container that is called less often writes each time. */
function usageWrites({ tokens }: Load, { queries, incrementCalls }: Traffic): number {
  const { requestSeconds, usageSeconds } = assumed;
  const writes = (calls: number): number => Math.min(calls, Math.ceil(calls * requestSeconds) / usageSeconds);
  return writes(queries) * usageUnits(1) + writes(incrementCalls) * usageUnits(tokens);
}

/** A container leases about ten times in five seconds for each token that it hears of, and once a call at most. */
function leaseWrites({ tokens }: Load, { incrementCalls }: Traffic): number {
  const containers = Math.ceil(incrementCalls * assumed.requestSeconds);
  return Math.min(incrementCalls, containers * tokens * assumed.leasesPerSecond);
}

/** Each container that handles increments looks every five seconds. */
function controlReads({ incrementCalls, aggregations, lanes }: Traffic): number {
  const ingesting = Math.ceil(incrementCalls * assumed.requestSeconds);
  return Math.min(incrementCalls, ingesting / 5) + Math.min(aggregations, lanes / 5);
}

/** A container that counts writes its sketch; once a minute one reads them all and writes their sum. */
function sketchUnits({ counters }: StageSettings, load: Load, { aggregations, lanes }: Traffic) {
  if (counters.topKeysSaveMs === 0 || aggregations === 0) return { writes: 0, reads: 0 };
  const sizeOf = (keys: number): number => Math.min(assumed.sketchBytesMax, keys * assumed.sketchBytesPerKey);
  const written = Math.ceil(sizeOf(load.counters / lanes) / 1000);
  const merged = Math.ceil(sizeOf(load.counters) / 1000);
  const saves = Math.min(aggregations, (lanes * 1000) / counters.topKeysSaveMs);
  const merges = Math.min(aggregations, 1 / 60);
  return { writes: saves * written + merges * merged, reads: merges * lanes * Math.ceil(written / 4) };
}

/** Of a stage that has run for months. Expired items cost nothing to delete, but may stay for days. */
function storageItems(settings: StageSettings, load: Load, traffic: Traffic): Item[] {
  const { counters, streams, quarantineRetentionDays } = settings;
  const { endedDays } = settings.ads;
  const levels = Object.keys(counters.series).length;
  const claimDays = 1 + streams.increments.retentionHours / 24 + quarantineRetentionDays;
  const requests = load.keyed ? traffic.incrementCalls * daySeconds : 0;
  const claims = load.keyed ? traffic.records * claimDays * daySeconds : 0;
  const counted = load.incrementsPerSecond > 0 ? load.counters : 0;
  const sizes = [
    ['counters and series', counted * (assumed.counterBytes + levels * assumed.seriesBytes)],
    [`claims, ${claimDays} days`, claims * assumed.claimBytes],
    ['idempotency records, a day', requests * assumed.requestRecordBytes],
    ['ads', load.ads * assumed.adBytes],
    [
      `ads that have ended, ${endedDays} days`,
      ((load.ads * endedDays * daySeconds) / secondsPerMonth) * assumed.endedAdBytes,
    ],
  ] as const;
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
  return [
    ...sizes.map(([what, size]) =>
      item('DynamoDB', `storage of ${what}`, size / gb, 'GB-month', price.dynamoStorageGbMonth),
    ),
    item('DynamoDB', 'point-in-time recovery of these', bytes / gb, 'GB-month', price.dynamoRecoveryGbMonth),
  ];
}
