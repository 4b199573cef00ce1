import type { Chart, Series } from '../load/plot/chart.ts';
import type { BenchRow } from './harness.ts';

/** From the rows of baselines.bench.ts. */
export function adCurves(rows: readonly BenchRow[], note: string): Chart {
  const contenders = ['catalog', 'maps within maps', 'scan of all ads'];
  const ofUnit = (unit: string): Series[] =>
    contenders.map((name) =>
      seriesOf(name, rows, 'ad count', (row) => row.unit === unit && row.name.startsWith(`${name},`)),
    );
  return {
    title: 'A page of 10 with its exact total, by the number of ads',
    notes: [
      note,
      'Per second of processor, in turns, the same answers; maps within maps take too much memory beyond 10,000 ads.',
    ],
    xTitle: 'ads',
    xScale: 'log',
    panels: [
      { title: 'Pages', unit: 'per second of processor', scale: 'log', series: ofUnit('pages/s') },
      { title: 'Memory beside the ads themselves', unit: 'MB', scale: 'log', series: ofUnit('MB') },
    ],
  };
}

/** From the rows of key-growth.bench.ts, those of counting alone. */
export function keyCurves(rows: readonly BenchRow[], note: string): Chart {
  const isAlone = ({ name }: BenchRow, where: string): boolean =>
    name.includes(` counter, ${where}`) || name.includes(` counters, ${where}`);
  const ofUnit = (unit: string): Series[] =>
    ['in memory', 'on LMDB'].map((where) =>
      seriesOf(where, rows, 'keys', (row) => row.unit === unit && isAlone(row, where)),
    );
  return {
    title: 'Counting a batch of 10,000 records, by the number of counters',
    notes: [
      note,
      'The whole aggregate function, base64 to committed writes; as many writes as different keys in the batch.',
    ],
    xTitle: 'counters',
    xScale: 'log',
    panels: [
      { title: 'Records', unit: 'per second of processor', scale: 'log', series: ofUnit('records/s') },
      { title: 'Writes', unit: 'per second of processor', scale: 'log', series: ofUnit('writes/s') },
    ],
  };
}

/** From the rows of contention.bench.ts. */
export function contentionCurves(rows: readonly BenchRow[], note: string): Chart {
  const runs = ['in memory', 'on LMDB', 'on DynamoDB Local'].flatMap((where) =>
    ['sync', 'log'].map((mode) => ({ where, mode })),
  );
  const ofUnit = (unit: string): Series[] =>
    runs
      .map(({ where, mode }) =>
        seriesOf(
          `${mode} ${where}`,
          rows,
          'callers',
          (row) => row.unit === unit && row.name.startsWith(`one hot key, ${where}, ${mode}, `),
        ),
      )
      .filter(({ points }) => points.length > 0);
  return {
    title: 'One hot key, by the number of callers: mode=sync and the log',
    notes: [note, 'Each caller has one call under way. Counted: until the last one is in the total.'],
    xTitle: 'callers',
    xScale: 'log',
    panels: [
      { title: 'Counted', unit: 'increments per second', scale: 'log', series: ofUnit('increments/s') },
      { title: 'Answer, p99', unit: 'ms', scale: 'log', series: ofUnit('ms p99') },
    ],
  };
}

function seriesOf(
  name: string,
  rows: readonly BenchRow[],
  size: string,
  isIn: (row: BenchRow) => boolean,
): Series {
  const points = rows.filter(isIn).map((row) => ({ x: Number(row.conditions[size]), y: row.value }));
  return { name, points };
}
