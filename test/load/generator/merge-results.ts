import { Histogram, type SparseCounts } from '../measure/histogram.ts';
import { kinds, type Kind, type KindResult, type RunResult } from './plan.ts';

/** What several generators found in one run, as one. */
export function mergeResults(results: readonly RunResult[]): RunResult {
  const sum = (of: (result: RunResult) => number): number =>
    results.reduce((total, one) => total + of(one), 0);
  const byKind = kinds.map((kind): [Kind, KindResult] => [
    kind,
    {
      latencies: mergeCounts(results.map((result) => result.byKind[kind].latencies)),
      successes: sum((result) => result.byKind[kind].successes),
    },
  ]);
  return {
    durationMs: Math.max(...results.map(({ durationMs }) => durationMs)),
    offered: sum(({ offered }) => offered),
    unsent: sum(({ unsent }) => unsent),
    byKind: Object.fromEntries(byKind) as Record<Kind, KindResult>,
    failed: addUp(results.map(({ failed }) => failed)),
    examples: Object.assign({}, ...results.map(({ examples }) => examples)) as Record<string, string>,
    lateness: mergeCounts(results.map(({ lateness }) => lateness)),
    answeredInTime: sum(({ answeredInTime }) => answeredInTime),
    increments: {
      count: sum(({ increments }) => increments.count),
      acknowledged: addLists(results.map(({ increments }) => increments.acknowledged)),
      uncertain: addLists(results.map(({ increments }) => increments.uncertain)),
    },
  };
}

export function mergeCounts(all: readonly SparseCounts[]): SparseCounts {
  const histogram = new Histogram();
  for (const counts of all) histogram.add(counts);
  return histogram.sparse();
}

/** Every latency of the run, whatever was asked. */
export function latenciesOf({ byKind }: Pick<RunResult, 'byKind'>): Histogram {
  return Histogram.from(mergeCounts(kinds.map((kind) => byKind[kind].latencies)));
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [what, count] of counts.flatMap((one) => Object.entries(one)))
    sums[what] = (sums[what] ?? 0) + count;
  return sums;
}

function addLists(lists: readonly (readonly number[])[]): number[] {
  const [first = []] = lists;
  return first.map((_, i) => lists.reduce((total, list) => total + (list[i] ?? 0), 0));
}
