import type { Stats } from '../api.ts';
import { count, duration, orUnknown, plural, rate, since } from '../format.ts';

type Rates = Stats['rates'];
export type StreamName = Stats['streams'][number]['stream'];

/** A box of the picture. */
export interface Node {
  readonly id: string;
  readonly title: string;
  readonly kind: 'edge' | 'function' | 'store' | 'bad';
  /** Its position in the flow, from callers (0) to answers (5). */
  readonly step: 0 | 1 | 2 | 3 | 4 | 5;
  readonly row: Row;
  /** The current facts, one per line. */
  readonly notes?: (stats: Stats) => readonly string[];
  /** The lanes to draw. */
  readonly stream?: StreamName;
}

type Row = 'increments' | 'both' | 'ads' | 'last';

export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly rate: (rates: Rates) => number;
  readonly label?: true;
}

export function heightOf({ stream }: Node): number {
  return stream === undefined ? 46 : 84;
}

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
      behind === 0 ? 'no records waiting' : `${orUnknown(behind)} waiting, up to ${duration(age)}`,
    ];
  };

export const nodes: readonly Node[] = [
  {
    ...{ id: 'callers', title: 'callers', kind: 'edge', step: 0, row: 'both' },
    notes: ({ rates }) => [`${rate(rates.requests)} requests/s`],
  },
  { id: 'ingest-increments', title: 'ingest-increments', kind: 'function', step: 1, row: 'increments' },
  {
    ...{ id: 'increments', title: 'increments', kind: 'store', step: 2, row: 'increments' },
    ...{ stream: 'increments', notes: lag('increments') },
  },
  { id: 'aggregate', title: 'aggregate-increments', kind: 'function', step: 3, row: 'increments' },
  { id: 'counters', title: 'counters', kind: 'store', step: 4, row: 'increments' },
  { id: 'read-counters', title: 'read-counters', kind: 'function', step: 5, row: 'increments' },
  { id: 'ingest-ads', title: 'ingest-ads', kind: 'function', step: 1, row: 'ads' },
  {
    ...{ id: 'ad-events', title: 'ad-events', kind: 'store', step: 2, row: 'ads' },
    ...{ stream: 'ad-events', notes: lag('ad-events') },
  },
  { id: 'project', title: 'project-ads', kind: 'function', step: 3, row: 'ads' },
  {
    ...{ id: 'ads', title: 'ads', kind: 'store', step: 4, row: 'ads' },
    notes: ({ ads }) => [`${orUnknown(ads.live)} live`],
  },
  {
    ...{ id: 'query-ads', title: 'query-ads', kind: 'function', step: 5, row: 'ads' },
    notes: ({ readers }) => [`version ${orUnknown(readers.catalog_version)}`],
  },
  {
    ...{ id: 'quarantine', title: 'quarantine', kind: 'bad', step: 4, row: 'last' },
    notes: ({ totals, source }) => [`${count(totals.quarantined)} ${since(source)}`],
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

/** The text alternative of the picture. */
export function describe(stats: Stats): string {
  const { rates, streams, totals, source } = stats;
  const waiting = streams.map(({ stream }) => `${stream}: ${lag(stream)(stats).join(', ')}`);
  return [
    `${rate(rates.requests)} requests per second`,
    `${rate(rates.accepted)} increments accepted and ${rate(rates.counted)} counted per second`,
    `${rate(rates.ad_changes)} changes and ${rate(rates.ad_reads)} reads of ads per second`,
    ...waiting,
    `${count(totals.quarantined)} quarantined ${since(source)}.`,
  ].join('; ');
}
