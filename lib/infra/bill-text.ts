import type { StageSettings } from '../stages.ts';
import type { BillRow } from './bill-row.ts';
import { levelOf } from './bill-edge.ts';
import { billOf, totalOf } from './bill.ts';
import { listPricesDate, pricePages } from './list-prices.ts';
import { assumed, secondsPerMonth, trafficOf, type Load } from './load.ts';

/** The bill of a stage under a load, what a million costs there and at other rates, and where the prices are. */
export function billText(settings: StageSettings, load: Load): string {
  const rows = billOf(settings, load);
  const total = totalOf(rows);
  const fixed = totalOf(rows.filter((row) => row.fixed));
  return [
    `${settings.stage}, us-east-1, list prices of ${listPricesDate} without free tiers and taxes, a month of 730 hours`,
    '',
    ...table(rows),
    '',
    `total ${dollars(total)} a month: ${dollars(fixed)} without a call, ${dollars(total - fixed)} by use`,
    ...perMillion(settings, load),
    ...warnings(settings, load),
    '',
    'Prices: see',
    ...[...new Set(rows.map(({ service }) => service))].map((service) => `  ${pricePages[service]}`),
    'Sizes and times are assumptions of lib/infra/load.ts. Left out: support, mail and SMS of alarms.',
    '',
  ].join('\n');
}

function table(rows: readonly BillRow[]): string[] {
  const cells = rows.map(({ service, item, quantity, unit, dollars: cost }) => [
    service,
    item,
    amount(quantity),
    unit,
    dollars(cost),
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = [false, false, true, false, true];
  return cells.map((row) =>
    row
      .map((cell, i) => (isNumber[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  '),
  );
}

/** Queries, increments and health checks of a month, in millions. */
function millions({ queriesPerSecond, incrementsPerSecond, healthChecksPerSecond }: Load): number {
  return ((queriesPerSecond + incrementsPerSecond + healthChecksPerSecond) * secondsPerMonth) / 1e6;
}

/** A low rate is dearer for each: the stage costs the same, and a batch of the log adds up less. */
function perMillion(settings: StageSettings, load: Load): string[] {
  if (millions(load) === 0) return [];
  const at = (factor: number): string => {
    const scaled = {
      ...load,
      queriesPerSecond: load.queriesPerSecond * factor,
      incrementsPerSecond: load.incrementsPerSecond * factor,
      healthChecksPerSecond: load.healthChecksPerSecond * factor,
      ads: load.ads * factor,
    };
    return dollars(totalOf(billOf(settings, scaled)) / millions(scaled));
  };
  return [
    `a million queries, increments and health checks: ${at(1)}; at a tenth of these rates ${at(0.1)}, at ten times ${at(10)}`,
    'Low rates are dearer per million: what a stage costs without a call is shared by fewer, and a batch of the log',
    'adds up fewer increments of one counter.',
  ];
}

/** What the stage would refuse: its bill would be another. */
function warnings(settings: StageSettings, load: Load): string[] {
  const { calls, callersCalls, records, shards } = trafficOf(settings, load);
  const monthly = (callersCalls * secondsPerMonth + load.ads) / 1e6;
  const level = load.plan && levelOf(load.plan, monthly);
  const { ratePerSecond } = settings.cloud.throttle;
  const recordsMax = shards * assumed.shardRecordsPerSecond;
  return [
    ...(calls > ratePerSecond
      ? [
          `${settings.stage} answers 429 above ${ratePerSecond} calls a second: raise cloud.throttle in lib/stages.ts`,
        ]
      : []),
    ...(level !== undefined && monthly > level.upTo
      ? [`${load.plan ?? ''} is for ${level.upTo} million calls a month: take a larger plan, or pay by use`]
      : []),
    ...(records > recordsMax
      ? [
          `${settings.stage} takes ${recordsMax} records a second: raise shardCount of increments in lib/stages.ts`,
        ]
      : []),
  ];
}

function amount(quantity: number): string {
  const digits = quantity >= 100 ? 0 : quantity >= 1 ? 2 : 4;
  return quantity.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function dollars(amountOf: number): string {
  return `$${amountOf.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
