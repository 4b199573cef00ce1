import type { Histogram } from '../measure/histogram.ts';
import { tableOf } from '../measure/table.ts';
import type { DemoResult } from './demo.ts';
import { format } from '../../../lib/bulk/progress.ts';
import { rate } from './rate.ts';

const headings = [
  ...['', 'sent', 'acknowledged', 'counted', 'per second'],
  ...['answer p50 / p99 ms', 'visible p50 / p99 ms'],
];

/** The result as a table, and what is wrong with it, if anything. */
export function demoReport({ rows, expiry, wrong, exact }: DemoResult): string {
  const cells = rows.map(({ name, load, counted, visible }) => [
    name,
    format(load.sent),
    format(load.acknowledged),
    counted === undefined ? '' : format(counted),
    format(rate(load)),
    percentiles(load.latencies),
    visible === undefined ? '' : percentiles(visible),
  ]);
  const failures = rows.flatMap(({ name, load }) =>
    Array.from(
      load.failed,
      ([status, count]) =>
        `${name}: ${format(count)} ${status === 0 ? 'without an answer' : `answered ${status}`}`,
    ),
  );
  return [
    tableOf([headings, ...cells]),
    '',
    `${format(expiry.due)} ads ended during the demo; ${format(expiry.servedAtEnd)} of them are still served.`,
    ...failures,
    ...wrong,
    exact
      ? 'Everything acknowledged was counted, once.'
      : 'NOT EQUAL: see the columns acknowledged and counted.',
    '',
  ].join('\n');
}

function percentiles(microseconds: Histogram): string {
  return [0.5, 0.99].map((share) => (microseconds.quantile(share) / 1000).toFixed(1)).join(' / ');
}
