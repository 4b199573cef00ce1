import type { Stats } from '../api.ts';
import { count, duration, orUnknown, plural, rate } from '../format.ts';

type Rates = Stats['rates'];
export type StreamName = Stats['streams'][number]['stream'];

/** A box of the picture; `x` is its left side, `y` its middle. */
export interface Node {
  readonly id: string;
  readonly title: string;
  readonly kind: 'edge' | 'function' | 'store' | 'bad';
  readonly x: number;
  readonly y: number;
  /** What is known of it now, a line each. */
  readonly notes?: (stats: Stats) => readonly string[];
  /** Its lanes are drawn. */
  readonly stream?: StreamName;
}

export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly rate: (rates: Rates) => number;
  readonly label?: true;
}

export const size = { width: 1240, height: 296 };
export const boxWidth = 164;
const [first, second, third, fourth, fifth, sixth] = [2, 216, 430, 644, 858, 1074];
const [upper, between, middle, lower] = [74, 126, 178, 266];

export function heightOf({ stream }: Node): number {
  return stream === undefined ? 46 : 84;
}

/** What stands above a column. */
export const columnTitles = [
  { x: third, title: 'logs' },
  { x: fifth, title: 'tables' },
  { x: sixth, title: 'answers' },
];

const lag =
  (name: StreamName) =>
  ({ streams }: Stats): readonly string[] => {
    const stream = streams.find((one) => one.stream === name);
    if (stream === undefined) return [];
    const {
      shard_count: shards,
      lanes_per_shard: lanes,
      records_behind: behind,
      oldest_age_ms: age,
    } = stream;
    return [
      `${shards === null ? 'shards on demand' : plural(shards, 'shard')} × ${plural(lanes, 'lane')}`,
      behind === 0 ? 'nothing behind' : `${orUnknown(behind)} behind, oldest ${duration(age)}`,
    ];
  };

export const nodes: readonly Node[] = [
  {
    ...{ id: 'callers', title: 'callers', kind: 'edge', x: first, y: between },
    notes: ({ rates }) => [`${rate(rates.requests)} requests/s`],
  },
  { id: 'ingest-increments', title: 'ingest-increments', kind: 'function', x: second, y: upper },
  {
    ...{ id: 'increments', title: 'increments', kind: 'store', x: third, y: upper },
    ...{ stream: 'increments', notes: lag('increments') },
  },
  { id: 'aggregate', title: 'aggregate-increments', kind: 'function', x: fourth, y: upper },
  { id: 'counters', title: 'counters', kind: 'store', x: fifth, y: upper },
  { id: 'read-counters', title: 'read-counters', kind: 'function', x: sixth, y: upper },
  { id: 'ingest-ads', title: 'ingest-ads', kind: 'function', x: second, y: middle },
  {
    ...{ id: 'ad-events', title: 'ad-events', kind: 'store', x: third, y: middle },
    ...{ stream: 'ad-events', notes: lag('ad-events') },
  },
  { id: 'project', title: 'project-ads', kind: 'function', x: fourth, y: middle },
  {
    ...{ id: 'ads', title: 'ads', kind: 'store', x: fifth, y: middle },
    notes: ({ ads }) => [`${orUnknown(ads.live)} live`],
  },
  {
    ...{ id: 'query-ads', title: 'query-ads', kind: 'function', x: sixth, y: middle },
    notes: ({ readers }) => [`version ${orUnknown(readers.catalog_version)}`],
  },
  {
    ...{ id: 'quarantine', title: 'quarantine', kind: 'bad', x: fifth, y: lower },
    notes: ({ totals }) => [`${count(totals.quarantined)} given up`],
  },
];

const ingested = (rates: Rates): number => rates.accepted + rates.added_at_once;

export const flows: readonly Flow[] = [
  { from: 'callers', to: 'ingest-increments', rate: ingested, label: true },
  { from: 'ingest-increments', to: 'increments', rate: (rates) => rates.accepted, label: true },
  { from: 'increments', to: 'aggregate', rate: (rates) => rates.counted, label: true },
  { from: 'aggregate', to: 'counters', rate: (rates) => rates.counted, label: true },
  { from: 'counters', to: 'read-counters', rate: (rates) => rates.counter_reads, label: true },
  { from: 'callers', to: 'ingest-ads', rate: (rates) => rates.ad_changes },
  { from: 'ingest-ads', to: 'ad-events', rate: (rates) => rates.ad_changes, label: true },
  { from: 'ad-events', to: 'project', rate: (rates) => rates.ad_changes, label: true },
  { from: 'project', to: 'ads', rate: (rates) => rates.ad_changes, label: true },
  { from: 'ads', to: 'query-ads', rate: (rates) => rates.ad_reads, label: true },
];

/** The picture in words. */
export function describe(stats: Stats): string {
  const { rates, streams, totals } = stats;
  const waiting = streams.map(({ stream }) => `${stream}: ${lag(stream)(stats).join(', ')}`);
  return [
    `${rate(rates.requests)} requests a second`,
    `${rate(rates.accepted)} increments accepted and ${rate(rates.counted)} counted a second`,
    `${rate(rates.ad_changes)} changes and ${rate(rates.ad_reads)} reads of ads a second`,
    ...waiting,
    `${count(totals.quarantined)} given up.`,
  ].join('; ');
}
