import { arrowNames, spanNames } from '../../core/span-names.ts';
import { arrowsOf, isSlice, type Slice, type TraceEvent } from './read-trace.ts';

/** Weighted: a request that was kept with probability 1/10 stands for ten. Milliseconds. */
export interface SummaryRow {
  readonly name: string;
  /** Of the trace. */
  readonly spans: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface TraceSummary {
  /** The last word of the file; undefined: it was not ended. */
  readonly end: Readonly<Record<string, unknown>> | undefined;
  /** Every span by its name. */
  readonly spans: readonly SummaryRow[];
  /** The way of a request whose records were delivered, stage by stage. By its route. */
  readonly ways: readonly { readonly route: string; readonly stages: readonly SummaryRow[] }[];
}

interface Sample {
  readonly ms: number;
  readonly weight: number;
}

/** Requests by number, with their first span. */
type Requests = ReadonlyMap<unknown, Slice>;

export function summarise(events: readonly TraceEvent[]): TraceSummary {
  const slices = events.filter(isSlice);
  const requests: Requests = new Map(
    slices.filter(({ name }) => name === spanNames.request).map((slice) => [slice.args['request'], slice]),
  );
  const byName = new Map<string, Sample[]>();
  for (const slice of slices) add(byName, slice.name, slice.dur / 1000, weightOf(slice, requests));
  return {
    end: events.find(({ name, ph }) => ph === 'i' && name === 'end of the trace')?.args,
    spans: [...byName].map(([name, samples]) => toRow(name, samples)),
    ways: waysOf(events, slices, requests),
  };
}

/** The stages of the way, in its order. Those of the answer add up to it, and so do those to the end of the batch. */
const stageNames = [
  'answer',
  '· door and gateway',
  '· function, before and after its append',
  '· append waits for its commit',
  '· commit',
  '· commit to the append’s answer',
  'records settled, from the request on',
  '· to the end of the commit',
  '· waits for its batch',
  '· batch',
  '·· state store in it',
] as const;

function waysOf(
  events: readonly TraceEvent[],
  slices: readonly Slice[],
  requests: Requests,
): TraceSummary['ways'] {
  const functions = new Map<unknown, Slice>();
  const stateCalls = new Map<unknown, Slice[]>();
  for (const slice of slices) {
    const { request, batch } = slice.args;
    if (request !== undefined && slice.name.startsWith('call ingest-')) functions.set(request, slice);
    if (batch !== undefined && slice.name.startsWith('state '))
      stateCalls.set(batch, [...(stateCalls.get(batch) ?? []), slice]);
  }
  const routes = new Map<string, Map<string, Sample[]>>();
  for (const [number, { append, commit, batch }] of lastDeliveries(events)) {
    const request = requests.get(number);
    const called = functions.get(number);
    if (request === undefined || called === undefined) continue;
    const weight = weightOf(request, requests);
    const route = String(request.args['route']);
    const stages = routes.get(route) ?? new Map<string, Sample[]>();
    routes.set(route, stages);
    const stateInBatch = coveredUs(stateCalls.get(batch.args['batch']) ?? []);
    for (const [i, ms] of stagesOf({ request, called, append, commit, batch, stateInBatch }).entries()) {
      add(stages, stageNames[i] ?? '', ms, weight);
    }
  }
  return [...routes].map(([route, stages]) => ({
    route,
    stages: [...stages].map(([name, samples]) => toRow(name, samples)),
  }));
}

interface Delivery {
  readonly append: Slice;
  readonly commit: Slice;
  readonly batch: Slice;
}

/** Of each request the batch that ended last: with it all its records were settled. */
function lastDeliveries(events: readonly TraceEvent[]): ReadonlyMap<unknown, Delivery> {
  const last = new Map<unknown, Delivery>();
  for (const { name, slices } of arrowsOf(events)) {
    const [append, commit, batch] = slices;
    if (name !== arrowNames.delivered || !append || !commit || !batch) continue;
    const number = append.args['request'];
    const known = last.get(number);
    if (known === undefined || endOf(known.batch) < endOf(batch)) last.set(number, { append, commit, batch });
  }
  return last;
}

/** Milliseconds, in the order of `stageNames`. */
function stagesOf(way: {
  readonly request: Slice;
  readonly called: Slice;
  readonly append: Slice;
  readonly commit: Slice;
  readonly batch: Slice;
  readonly stateInBatch: number;
}): readonly number[] {
  const { request, called, append, commit, batch, stateInBatch } = way;
  const committed = endOf(commit);
  return [
    request.dur,
    request.dur - called.dur,
    called.dur - append.dur,
    commit.ts - append.ts,
    commit.dur,
    endOf(append) - committed,
    endOf(batch) - request.ts,
    committed - request.ts,
    batch.ts - committed,
    batch.dur,
    stateInBatch,
  ].map((us) => us / 1000);
}

/** How long at least one of them was under way: calls run side by side. */
function coveredUs(slices: readonly Slice[]): number {
  let covered = 0;
  let until = -Infinity;
  for (const slice of slices.toSorted((a, b) => a.ts - b.ts)) {
    covered += Math.max(0, endOf(slice) - Math.max(until, slice.ts));
    until = Math.max(until, endOf(slice));
  }
  return covered;
}

function endOf({ ts, dur }: Slice): number {
  return ts + dur;
}

/** Spans of batches have no request of their own and count once. */
function weightOf({ args }: Slice, requests: Requests): number {
  const rate = requests.get(args['request'])?.args['rate'];
  return typeof rate === 'number' && rate > 0 ? 1 / rate : 1;
}

function add(samples: Map<string, Sample[]>, name: string, ms: number, weight: number): void {
  const of = samples.get(name) ?? [];
  of.push({ ms, weight });
  samples.set(name, of);
}

function toRow(name: string, samples: Sample[]): SummaryRow {
  samples.sort((a, b) => a.ms - b.ms);
  const all = samples.reduce((sum, { weight }) => sum + weight, 0);
  const at = (share: number): number => {
    let weight = 0;
    for (const sample of samples) {
      weight += sample.weight;
      if (weight >= share * all) return sample.ms;
    }
    return samples.at(-1)?.ms ?? 0;
  };
  return { name, spans: samples.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** For people: markdown tables. */
export function summaryText({ end, spans, ways }: TraceSummary): string {
  const parts = ways.map(
    ({ route, stages }) => `Where the time of \`${route}\` goes, ms\n\n${table('stage', stages)}`,
  );
  parts.push(`All spans, ms\n\n${table('span', spans)}`);
  parts.push(
    end === undefined
      ? 'The trace has no end: the program was killed, or is running.'
      : `The trace ended: ${Object.entries(end)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join(', ')}.`,
  );
  return `${parts.join('\n\n')}\n`;
}

function table(title: string, rows: readonly SummaryRow[]): string {
  const wide = Math.max(title.length, ...rows.map(({ name }) => name.length));
  const line = (name: string, ...cells: readonly string[]): string =>
    `| ${name.padEnd(wide)} | ${cells.map((cell) => cell.padStart(7)).join(' | ')} |`;
  return [
    line(title, 'spans', 'p50', 'p99', 'max'),
    `| ${'-'.repeat(wide)} | ${Array.from({ length: 4 }, () => '------:').join(' | ')} |`,
    ...rows.map(({ name, spans, p50, p99, max }) =>
      line(name, String(spans), p50.toFixed(2), p99.toFixed(2), max.toFixed(2)),
    ),
  ].join('\n');
}
