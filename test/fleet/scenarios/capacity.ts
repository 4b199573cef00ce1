import { stageSettings } from '../../../lib/stages.ts';
import { toEvent } from '../../support/proxy-event.ts';
import type { Prng } from '../../support/prng.ts';
import { poisson } from '../arrivals.ts';
import { countOf, freshness } from '../figures.ts';
import { Fleet } from '../fleet.ts';
import { kept } from '../promises.ts';
import { quotas } from '../quotas.ts';
import type { Outcome, Scenario } from '../scenario.ts';

/** Increments, or reads, a second. */
const rates = [10_000, 100_000, 1_000_000] as const;

/** The shape of the load, as operations.md has it: batches of 500 increments of 50 counters out of 10,000. */
const shape = { increments: 500, counters: 50, active: 10_000 };

/** A batch of 500: 20 ms. A batch of a consumer: 50 ms, once a second for each shard and lane. */
const takes = { ingestMs: 20, consumerMs: 50 };

/** Keys never share out evenly among shards. */
const spread = 1.5;

const settings = stageSettings('prod');
const { parallelizationFactor: lanes, maximumBatchingWindowSeconds: windowS } =
  settings.deliveries['aggregate-increments'];

/** One addition with prod's series of hours is a transaction on two items, each at the double price. */
const unitsPerAddition = 2 * (1 + Object.keys(settings.counters.series).length);

const recordsOf = (increments: number): number => (increments / shape.increments) * shape.counters;
const shardsOf = (increments: number): number =>
  Math.ceil((spread * recordsOf(increments)) / quotas.shardRecords.value);

/** A counter whose records come several times in a window is one addition. Each is in one shard. */
const additionsOf = (increments: number): number =>
  shape.active * (1 - Math.exp((-recordsOf(increments) * windowS) / shape.active)) * (1 / windowS);

interface Need {
  readonly what: string;
  readonly unit: string;
  readonly of: (perSecond: number) => number;
  /** What an account has before anybody asks. */
  readonly given: number;
}

const needs: readonly Need[] = [
  {
    ...{ what: 'increments: calls', unit: '/s', of: (rate) => rate / shape.increments },
    given: quotas.gatewayRequests.value,
  },
  {
    ...{ what: 'increments: shards', unit: '', of: shardsOf },
    given: quotas.onDemandShards.value,
  },
  {
    ...{ what: 'increments: containers, with consumers', unit: '' },
    of: (rate) =>
      ((rate / shape.increments) * takes.ingestMs) / 1000 +
      (shardsOf(rate) * lanes * takes.consumerMs) / 1000 / windowS,
    given: quotas.lambdaConcurrency.value,
  },
  {
    ...{ what: 'increments: write units of the table', unit: '/s' },
    of: (rate) => additionsOf(rate) * unitsPerAddition,
    given: quotas.newTableWrites.value,
  },
  {
    ...{ what: 'reads: calls at the origin', unit: '/s', of: (rate) => rate },
    given: quotas.gatewayRequests.value,
  },
  {
    ...{ what: 'reads: concurrency, for its calls a second', unit: '' },
    of: (rate) => rate / quotas.lambdaRequestsPerConcurrency.value,
    given: quotas.lambdaConcurrency.value,
  },
];

/** A load needs room: a quota is raised before a load takes a larger share of it than this. */
const usableShare = 0.8;

/** The rate that a run takes: a hundredth of the plan's. */
const simulated = rates[0];

/** On tables that have grown: new ones would throttle it, as the plan says. */
async function run(seed: number, seconds: number) {
  const fleet = new Fleet({ seed, settings, warmedTables: true });
  const prng = fleet.kernel.fork('batches');
  const instants = poisson(fleet.kernel.fork('arrivals'), {
    ...{ perSecond: simulated / shape.increments, fromMs: 20, toMs: seconds * 1000 },
  });
  const calls = await fleet.run(
    (kernel) => {
      fleet.lambda.warm('ingest-increments', 10);
      instants.forEach((atMs, i) => {
        kernel.after(atMs, () => {
          fleet.arrive(batchEvent(`token ${i % 100}`, prng));
        });
      });
    },
    { calls: instants.length, untilMs: Math.max(0, ...instants.slice(-1)) },
  );
  const keys = Array.from({ length: shape.active }, (_, i) => keyOf(i));
  return { fleet, calls, counted: Number(await fleet.totalOf(keys)), seconds };
}

function batchEvent(principal: string, prng: Prng): ReturnType<typeof toEvent> {
  const keys = Array.from({ length: shape.counters }, () => keyOf(prng.int(0, shape.active - 1)));
  const increments = Array.from({ length: shape.increments }, (_, i) => ({
    ...{ key: keys[i % keys.length], value: 1 },
  }));
  return toEvent({
    ...{ method: 'POST', path: '/api/v1/increments', principal, body: { increments } },
    headers: { 'content-type': 'application/json' },
  });
}

function keyOf(i: number): string {
  return `ad-${i}/clicks`;
}

export const capacity: Scenario = {
  name: 'capacity',
  about: 'What a plan to a million a second needs, from quotas and costs; a hundredth of it is run.',
  async run({ seed, quick }) {
    const { fleet, calls, counted, seconds } = await run(seed, quick ? 5 : 30);
    const { served, offered } = countOf(calls);
    const units = fleet.dynamodb.used('counter').writes + fleet.dynamodb.used('series').writes;
    const writesPerSecond = units / seconds;
    const planned = additionsOf(simulated) * unitsPerAddition;
    return {
      head: ['need', ...rates.map((rate) => `${rate.toLocaleString('en')}/s`), 'given', 'to raise from'],
      rows: needs.map(({ what, unit, of, given }) => [
        what,
        ...rates.map((rate) => text(of(rate), unit)),
        text(given, unit),
        firstOver(of, given),
      ]),
      chart: {
        title: 'What a load needs, as a share of what an account has at first',
        notes: ['1: all of it. Batches of 500 increments of 50 counters; reads from the origin.'],
        xTitle: 'a second, as a power of ten',
        panels: [
          {
            ...{ title: 'Needed', unit: 'power of ten of the share given' },
            series: needs.map(({ what, of, given }) => ({
              name: what,
              points: rates.map((rate) => ({ x: Math.log10(rate), y: Math.log10(of(rate) / given) })),
            })),
          },
        ],
      },
      promises: [
        kept('all calls of a hundredth are served', served === offered, `${served} of ${offered}`),
        kept(
          'each increment that is served is counted once',
          counted === served * shape.increments,
          `${served * shape.increments} served, ${counted} counted`,
        ),
        kept(
          'they use the write units of the plan, within a fifth',
          Math.abs(writesPerSecond / planned - 1) < 0.2,
          `${Math.round(writesPerSecond)} a second, ${Math.round(planned)} planned`,
        ),
        kept(
          '99 % are counted within 10 s',
          Number.parseFloat(freshness(fleet.counted, 0.99)) <= 10,
          freshness(fleet.counted, 0.99),
        ),
      ],
    } satisfies Outcome;
  },
};

function text(value: number, unit: string): string {
  return `${Math.ceil(value).toLocaleString('en')}${unit}`;
}

function firstOver(of: Need['of'], given: number): string {
  const rate = rates.find((one) => of(one) > usableShare * given);
  return rate === undefined ? 'never' : `${rate.toLocaleString('en')}/s`;
}
