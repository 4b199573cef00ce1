import { metricFacts } from '../core/metric-facts.ts';
import { deployedFunctions, stageNames, stageSettings, type StageSettings } from '../stages.ts';
import { usageUnits } from './bill-tables.ts';
import { billOf, totalOf } from './bill.ts';
import { hoursPerMonth, listPrices as price, listPricesDate } from './list-prices.ts';
import { assumed, idle } from './load.ts';

/** Assumed sizes, which the table states. Change them to yours and run the command again. */
const assumptions = {
  /** Seconds and GB of one invocation of a request function. */
  requestSeconds: 0.01,
  /** Increments of one POST to /api/v1/increments. */
  batch: 100,
  /** Records of one aggregate invocation, and distinct keys among them. */
  aggregateRecords: 1000,
  aggregateKeys: 200,
  aggregateSeconds: 0.5,
  recordKb: 0.25,
  /** The size of a full sketch of hot keys. */
  sketchKb: 20,
  /** Callers of a container in 10 s. */
  callers: 3,
  /** Writes of a ledger for an impression: of one ad as soon as possible, and of 1,000 even ones (docs/fleet.md). */
  asks: { least: 0.05, most: 2.5 },
  /** Containers that look at an ad whose rights come back; each reads two items. */
  lookingContainers: 2,
} as const;

/** The cost table of docs/deploy.md as markdown: the cost of a stage, idle and by use. */
export function costTable(): string {
  const stages = stageNames.filter((name) => name !== 'local' && name !== 'localstack');
  const rows = [
    ['idle, a month', ...stages.map((name) => dollars(idleMonth(stageSettings(name))))],
    ['1 million ad queries', ...stages.map((name) => dollars(queries(stageSettings(name))))],
    [
      '1 million increments, one per call',
      ...stages.map((name) => dollars(increments(stageSettings(name), 1))),
    ],
    [
      `1 million increments, ${assumptions.batch} a call`,
      ...stages.map((name) => dollars(increments(stageSettings(name), assumptions.batch))),
    ],
    ['1 million decisions, one per call', ...stages.map((name) => dollars(decisions(stageSettings(name))))],
    [
      'frequency caps, for 1 million decisions of a capped ad',
      ...stages.map(() => `${dollars(caps(0))} to ${dollars(caps(1))}`),
    ],
    [
      'leases, for 1 million impressions of ads with a goal',
      ...stages.map(
        () => `${dollars(leases(assumptions.asks.least))} to ${dollars(leases(assumptions.asks.most))}`,
      ),
    ],
    [
      'closes, 1,000 ads with a goal, a month',
      ...stages.map((name) => dollars(1000 * closesMonth(stageSettings(name)))),
    ],
    [
      '1 million impressions, one beacon per call',
      ...stages.map((name) => dollars(impressions(stageSettings(name), 1))),
    ],
    [
      `1 million impressions, ${assumptions.batch} a call`,
      ...stages.map((name) => dollars(impressions(stageSettings(name), assumptions.batch))),
    ],
    [
      '1 million impressions, counted with their decisions',
      ...stages.map((name) => dollars(impressions(stageSettings(name), 'served'))),
    ],
    ['1 million increments, mode=sync', ...stages.map((name) => dollars(synchronous(stageSettings(name))))],
    [
      'hot keys, each container that never stops counting, a month',
      ...stages.map((name) => dollars(topKeysMonth(stageSettings(name)))),
    ],
    ['usage, each container that never stops answering, a month', ...stages.map(() => dollars(usageMonth()))],
    [
      'metrics of a stage that is in use, a month',
      ...stages.map((name) => dollars(metricsMonth(stageSettings(name)))),
    ],
    [
      'traces, of a stage that is never idle, a month',
      ...stages.map((name) => dollars(tracesMonth(stageSettings(name)))),
    ],
    [
      'its own key, of a stage that is never idle, a month',
      ...stages.map((name) => dollars(keyMonth(stageSettings(name)))),
    ],
    ['1,000 ads created and expired', ...stages.map((name) => dollars(ads(stageSettings(name))))],
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line([`us-east-1, list prices of ${listPricesDate}`, ...stages]),
    line(['---', ...stages.map(() => '---:')]),
    ...rows.map(line),
  ].join('\n');
}

/** What a stage costs without a call: streams, alarms, dashboard, keys and the sweep. */
export function idleMonth(settings: StageSettings): number {
  return totalOf(billOf(settings, idle));
}

/** Counts every metric of every function, though most stages never write the rare ones. */
export function metricsMonth(settings: StageSettings): number {
  const functions = deployedFunctions(settings);
  const written = Object.values(metricFacts).flatMap(({ by }) =>
    functions.filter((name) => by.includes(name)),
  );
  return written.length * price.customMetricMonth;
}

/** A full sketch per save, and once a minute two that are read and merged. */
function topKeysMonth({ counters }: StageSettings): number {
  if (counters.topKeysSaveMs === 0) return 0;
  const minutes = 60 * hoursPerMonth;
  const written = minutes * (60_000 / counters.topKeysSaveMs + 1) * assumptions.sketchKb;
  const read = (minutes * 2 * assumptions.sketchKb) / 4;
  return (written * price.dynamoWriteUnitsPerMillion + read * price.dynamoReadUnitsPerMillion) / 1e6;
}

/** One transaction every 10 s. */
function usageMonth(): number {
  const writes = (3600 * hoursPerMonth) / assumed.usageSeconds;
  const writeUnits = usageUnits(assumptions.callers);
  return (writes * writeUnits * price.dynamoWriteUnitsPerMillion) / 1e6;
}

/**
 * The first API calls of each second and the first invocation of each of the two consumers; the sampled share
 * is in the cost of calls.
 */
function tracesMonth({ cloud }: StageSettings): number {
  const perSecond = (cloud.traces?.perSecond ?? 0) + 2;
  return (perSecond * 3600 * hoursPerMonth * price.tracesPerMillion) / 1e6;
}

function keyMonth(settings: StageSettings): number {
  const idleWith = (customerKey: 'none' | 'encrypts'): number =>
    idleMonth({ ...settings, cloud: { ...settings.cloud, customerKey } });
  return idleWith('encrypts') - idleWith('none');
}

/** The cost of a million queries for ads. */
export function queries(settings: StageSettings): number {
  // The version check is amortised: at most a read unit per second and container.
  return 1e6 * call(settings) + lambda(settings, 'query-ads', 1e6, assumptions.requestSeconds);
}

/** The cost of a million decisions, one of them in a call. */
export function decisions(settings: StageSettings): number {
  // As for queries; the keys that sign are read once a minute and container.
  return 1e6 * call(settings) + lambda(settings, 'decide-ads', 1e6, assumptions.requestSeconds);
}

/**
 * What frequency caps add to a million decisions of one capped ad each: a write, and for the part `refused` of them,
 * whose user has had enough, a query and the write for another ad.
 */
export function caps(refused: number): number {
  const query = price.dynamoReadUnitsPerMillion;
  return price.dynamoWriteUnitsPerMillion * (1 + refused) + query * refused;
}

/** What goals add to a million impressions: `asks` writes of a ledger for each, granted or refused. */
export function leases(asks: number): number {
  return asks * price.dynamoWriteUnitsPerMillion;
}

/**
 * What it costs in a month to take back the rights of an ad that is always shown: each time a record, a transaction of
 * the counter, which costs twice, and a write of the ledger; and the sweep reads two items of every ad, at half a unit each.
 */
export function closesMonth(settings: StageSettings): number {
  const closes = assumed.closesPerHour * hoursPerMonth;
  const reads = closes * (1 + 2 * assumptions.lookingContainers) + assumed.sweepsPerHour * hoursPerMonth;
  return (
    append(settings, closes) +
    (closes * 3 * price.dynamoWriteUnitsPerMillion + reads * price.dynamoReadUnitsPerMillion) / 1e6
  );
}

/** What a million increments cost, `perCall` of them in a call. */
export function increments(settings: StageSettings, perCall: number): number {
  const calls = 1e6 / perCall;
  return (
    calls * call(settings) +
    lambda(settings, 'ingest-increments', calls, assumptions.requestSeconds) +
    counting(settings, addition(settings))
  );
}

/**
 * What a million impressions cost, `perCall` of them reported in a call; `served`: they are counted with their
 * decisions, which make the call. Clicks cost the same.
 */
export function impressions(settings: StageSettings, perCall: number | 'served'): number {
  const calls = perCall === 'served' ? 0 : 1e6 / perCall;
  // Each has a claim in the transaction that adds it.
  const claims = (1e6 * 2 * price.dynamoWriteUnitsPerMillion) / 1e6;
  return (
    calls * call(settings) +
    lambda(settings, 'track-ads', calls, assumptions.requestSeconds) +
    counting(settings, transaction(settings)) +
    claims
  );
}

/** A million records in the log, and what adds them to counters; `each`: one addition. */
function counting(settings: StageSettings, each: number): number {
  const invocations = 1e6 / assumptions.aggregateRecords;
  return (
    append(settings, 1e6) +
    lambda(settings, 'aggregate-increments', invocations, assumptions.aggregateSeconds) +
    invocations * assumptions.aggregateKeys * each
  );
}

/**
 * To one counter: one write, or with series a transaction, which costs twice and does not return the total.
 */
function addition(settings: StageSettings): number {
  const levels = Object.keys(settings.counters.series).length;
  return levels === 0 ? price.dynamoWriteUnitsPerMillion / 1e6 : transaction(settings);
}

/** The counter and its series; and a read of the total. */
function transaction({ counters }: StageSettings): number {
  const writeUnits = 2 * (Object.keys(counters.series).length + 1);
  return (writeUnits * price.dynamoWriteUnitsPerMillion + price.dynamoReadUnitsPerMillion) / 1e6;
}

function synchronous(settings: StageSettings): number {
  return (
    1e6 * call(settings) +
    lambda(settings, 'ingest-increments', 1e6, assumptions.requestSeconds) +
    1e6 * addition(settings)
  );
}

function ads(settings: StageSettings): number {
  const count = 1000;
  // Created and expired: two events. A transaction costs twice; three items per event, the head once per
  // commit.
  const writeUnits = count * 2 * 3 * 2;
  return (
    count * call(settings) +
    lambda(settings, 'ingest-ads', count, assumptions.requestSeconds) +
    lambda(settings, 'project-ads', 2 * count, 0.05) +
    lambda(settings, 'expire-ad', count, 0.05) +
    (writeUnits * price.dynamoWriteUnitsPerMillion) / 1e6 +
    (count * price.schedulesPerMillion) / 1e6
  );
}

function call(settings: StageSettings): number {
  const { webAcl, traces } = settings.cloud;
  const traced = (traces?.share ?? 0) * price.tracesPerMillion;
  return (price.restCallsPerMillion + (webAcl ? price.webAclRequestsPerMillion : 0) + traced) / 1e6;
}

function append(settings: StageSettings, records: number): number {
  // An on-demand stream bills each record as a multiple of 1 KB.
  const gb = (records * Math.ceil(assumptions.recordKb)) / 1024 ** 2;
  return settings.streams.increments.mode === 'on-demand'
    ? gb * (price.kinesisOnDemandGbIn + price.kinesisOnDemandGbOut)
    : (records * price.kinesisPutUnitsPerMillion) / 1e6;
}

function lambda(
  settings: StageSettings,
  name: keyof StageSettings['functions'],
  invocations: number,
  seconds: number,
): number {
  const gb = settings.functions[name].memoryMb / 1024;
  return (
    (invocations * price.lambdaRequestsPerMillion) / 1e6 + invocations * seconds * gb * price.lambdaGbSecond
  );
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}
