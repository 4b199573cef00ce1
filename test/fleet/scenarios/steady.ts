import { stageSettings } from '../../../lib/stages.ts';
import { writeAds } from '../ads-at-rest.ts';
import { poisson } from '../arrivals.ts';
import { countOf, freshness, quantileMs } from '../figures.ts';
import { Fleet } from '../fleet.ts';
import { countedBy } from '../increment-calls.ts';
import { sendMixed } from '../mixed-calls.ts';
import { kept } from '../promises.ts';
import { quotas } from '../quotas.ts';
import type { Outcome, Scenario } from '../scenario.ts';

const settings = stageSettings('prod');

/** Half of each: what an account or a stage has before anybody asks for more. */
const half = {
  /** Calls a second of the stage, which are also those of the account. */
  calls: Math.min(quotas.gatewayRequests.value, settings.cloud.throttle.ratePerSecond) / 2,
  /** Records a second of a new stream: single increments. */
  records: (quotas.onDemandShards.value * quotas.shardRecords.value) / 2,
  tokenCalls: settings.tokens.rate.ratePerSecond / 2,
  /** Of one key before it is spread. */
  keyRecords: settings.counters.laneRecordsPerSecond / 2,
  writeUnits: quotas.newTableWrites.value / 2,
};

/** One addition with prod's series of hours is a transaction on two items, each at the double price. */
const unitsPerAddition = 2 * (1 + Object.keys(settings.counters.series).length);

/** A counter is added to once in a batching window, which is a second here. */
const counters = half.writeUnits / unitsPerAddition;

const hotKey = 0;

/** The counters in turns, and one of them at half the rate at which it would be spread. */
function keyOf(i: number): string {
  const every = Math.floor(half.records / half.keyRecords);
  return `ad-${i % every === 0 ? hotKey : i % counters}/clicks`;
}

export const steady: Scenario = {
  name: 'steady',
  about: 'Half of every stated limit of prod at once.',
  async run({ seed, quick }) {
    const fleet = new Fleet({ seed, settings, usagePlan: false });
    const { kernel, lambda, increments, dynamodb } = fleet;
    const store = dynamodb.store;
    await writeAds({ state: store, clock: { nowMs: () => kernel.nowMs() } }, { ads: 10_000, changes: 0 });
    const seconds = quick ? 4 : 30;
    const arrivals = (name: string, perSecond: number): number[] =>
      poisson(kernel.fork(name), { perSecond, fromMs: 0, toMs: seconds * 1000 });
    const written = arrivals('increments', half.records);
    const read = arrivals('reads', half.calls - half.records);
    const tokens = Math.ceil(half.records / half.tokenCalls);
    const calls = await fleet.run(
      () => {
        lambda.warm('ingest-increments', 200);
        lambda.warm('query-ads', 50);
        sendMixed(fleet, { increments: written, reads: read, tokens, keyOf });
      },
      { calls: written.length + read.length, untilMs: seconds * 1000 },
    );
    const { offered, served } = countOf(calls);
    const acknowledged = countOf(calls.filter(({ kind }) => kind === 'ingest-increments')).served;
    const counted = await countedBy(fleet, counters);
    const units = dynamodb.used('counter').writes + dynamodb.used('series').writes;
    const within = freshness(fleet.counted, 0.99);
    const row = (what: string, limit: number, given: number): readonly string[] => [
      what,
      `${limit.toLocaleString('en')}/s`,
      `${Math.round(given).toLocaleString('en')}/s`,
    ];
    const containers = (['ingest-increments', 'query-ads', 'aggregate-increments'] as const).reduce(
      (sum, name) => sum + lambda.containersOf(name).alive,
      0,
    );
    return {
      head: ['limit', 'stated', 'used'],
      rows: [
        row('calls of the stage', 2 * half.calls, offered / seconds),
        row('records of a new stream', 2 * half.records, increments.appended / seconds),
        row('calls of a token', 2 * half.tokenCalls, written.length / seconds / tokens),
        row(
          'records of a key before it is spread',
          2 * half.keyRecords,
          written.filter((_, i) => keyOf(i) === keyOf(hotKey)).length / seconds,
        ),
        row('write units of a new table', 2 * half.writeUnits, units / seconds),
        ['an increment is counted, p99', '2 s', within],
        ['containers', quotas.lambdaConcurrency.value.toLocaleString('en'), String(containers)],
      ],
      chart: {
        title: 'The slowest answers at half of every limit',
        notes: ['Virtual time; latencies of services are assumed.'],
        xTitle: 'seconds',
        panels: [
          {
            ...{ title: 'p99 of the calls of a second', unit: 'ms' },
            series: (['ingest-increments', 'query-ads'] as const).map((name) => ({
              name,
              points: Array.from({ length: seconds }, (_, second) => ({
                x: second,
                y: quantileMs(
                  calls.filter(({ kind, atMs }) => kind === name && Math.floor(atMs / 1000) === second),
                  0.99,
                ),
              })),
            })),
          },
        ],
      },
      promises: [
        kept('all are served', served === offered, `${served} of ${offered}`),
        kept(
          'each increment that was acknowledged is counted once, and no other',
          counted === acknowledged,
          `${acknowledged} acknowledged, ${counted} counted`,
        ),
        kept('99 % are counted within 10 s', Number.parseFloat(within) <= 10, within),
        kept(
          'no shard and no table refuses anything',
          increments.refused === 0,
          `${increments.refused} records`,
        ),
      ],
    } satisfies Outcome;
  },
};
