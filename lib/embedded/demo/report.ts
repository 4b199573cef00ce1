import { format, percentiles, rate, type DemoResult } from './run-demo.ts';

const headings = [
  '',
  'sent',
  'acknowledged',
  'counted',
  'per second',
  'answer p50 / p99 ms',
  'visible p50 / p99 ms',
];

/** The result as a table, and what is wrong with it, if anything. */
export function demoReport({ rows, expiry, exact }: DemoResult): string {
  const cells = rows.map(({ name, load, counted, visibleMs }) => [
    name,
    format(load.sent),
    format(load.acknowledged),
    counted === undefined ? '' : format(counted),
    format(rate(load)),
    percentiles(load.latenciesMs),
    visibleMs === undefined ? '' : percentiles(visibleMs),
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const failures = rows.flatMap(({ name, load }) =>
    Array.from(
      load.failed,
      ([status, count]) =>
        `${name}: ${format(count)} ${status === 0 ? 'without an answer' : `answered ${status}`}`,
    ),
  );
  return [
    line(headings),
    ...[...cells].map(line),
    '',
    `${format(expiry.due)} ads ended during the demo; ${format(expiry.servedAtEnd)} of them are still served.`,
    ...failures,
    exact
      ? 'Everything acknowledged was counted, once.'
      : 'NOT EQUAL: see the columns acknowledged and counted.',
    '',
  ].join('\n');
}
