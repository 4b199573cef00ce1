import { stageSettings } from '../stages.ts';
import { restCallDollars } from './bill.ts';
import { idleMonth, increments, metricsMonth, queries } from './cost.ts';
import { hoursPerMonth, listPrices as price, otherPrices as other } from './list-prices.ts';

/** Requests a second, each of which is half of the time a question for ads and else one increment. */
export const comparedRates = [10, 1000, 10_000] as const;
type Rate = (typeof comparedRates)[number];

/**
 * The sizes of what others would build: guesses that the README states. A core of application server answers
 * 1,000 requests a second, two servers at least; Postgres gets the totals of a second in one statement.
 */
const guesses = {
  requestsPerCore: 1000,
  smallestServerCores: 0.25,
  gbPerCore: 2,
  /** Multiples of the smallest size. */
  postgresSize: { 10: 1, 1000: 2, 10_000: 8 } satisfies Record<Rate, number>,
  valkeyGb: 1,
  requestSeconds: 0.01,
  requestGb: 0.5,
} as const;

/** Dollars a month at each of the compared rates; undefined: it does not get there. */
type Costs = (rate: Rate) => number | undefined;

const prod = stageSettings('prod');

const options: readonly (readonly [string, Costs])[] = [
  ['adtally on AWS', (rate) => deployed(rate, 1)],
  ['the same, 100 increments a call', (rate) => deployed(rate, 100)],
  // Two cores take about 1,000 requests a second within 50 ms (docs/performance.md).
  ['adtally in one process, 2 cores', (rate) => (rate > 1000 ? undefined : servers(2))],
  ['Redis and Postgres, with your own service', redisAndPostgres],
  ['a DynamoDB counter behind Lambda', dynamoCounter],
];

/** The first columns of the README's comparison as markdown: dollars a month by requests a second. */
export function costComparison(): string {
  const rows = options.map(([name, costs]) => [name, ...comparedRates.map((rate) => dollars(costs(rate)))]);
  const heads = ['dollars a month', ...comparedRates.map((rate) => `${rate.toLocaleString('en-US')}/s`)];
  return [heads, ['---', ...comparedRates.map(() => '---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function deployed(rate: Rate, perCall: number): number {
  const half = millionsMonth(rate) / 2;
  const calls = half + half / perCall;
  const discount = calls * price.restCallsPerMillion - restCallDollars(calls);
  return idleMonth(prod) + metricsMonth(prod) + half * (queries(prod) + increments(prod, perCall)) - discount;
}

function redisAndPostgres(rate: Rate): number {
  const cores = Math.max(2 * guesses.smallestServerCores, rate / guesses.requestsPerCore);
  const postgres = other.postgresSmallHour * guesses.postgresSize[rate] * hoursPerMonth;
  const valkey =
    other.valkeyGbHour * guesses.valkeyGb * hoursPerMonth + millionsMonth(rate) * other.valkeyUnitsPerMillion;
  return other.loadBalancerMonth + servers(cores) + postgres + valkey;
}

/** One update for an increment, one read for a question; no log, no retries that count once, no targeting. */
function dynamoCounter(rate: Rate): number {
  const calls = millionsMonth(rate);
  const lambda =
    calls * price.lambdaRequestsPerMillion +
    calls * 1e6 * guesses.requestSeconds * guesses.requestGb * price.lambdaGbSecond;
  const table = (calls / 2) * (price.dynamoWriteUnitsPerMillion + price.dynamoReadUnitsPerMillion);
  return restCallDollars(calls) + lambda + table;
}

function servers(cores: number): number {
  return cores * (other.fargateCpuHour + guesses.gbPerCore * other.fargateGbHour) * hoursPerMonth;
}

function millionsMonth(rate: Rate): number {
  return (rate * 3600 * hoursPerMonth) / 1e6;
}

/** Two digits: the guesses are no better than that. */
function dollars(amount: number | undefined): string {
  if (amount === undefined) return 'no';
  return `$${Number(amount.toPrecision(2)).toLocaleString('en-US')}`;
}
