import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { readTotals } from '../ledger/compare.ts';
import { openClient, type Endpoint } from '../workload/open-client.ts';

/** What a tool says of some counters together. */
export interface Tally {
  readonly keys: readonly string[];
  /** The sum of what was answered 202. */
  readonly acknowledged: number;
  /** The sum of what was sent and has no answer, or a 5xx: each is counted once or not at all. */
  readonly uncertain: number;
}

export interface ToolRun {
  readonly requests: number;
  readonly tallies: readonly Tally[];
  /** What else the tool reports, for a reader. */
  readonly notes: readonly string[];
}

export interface Verdict {
  readonly acknowledged: number;
  readonly uncertain: number;
  readonly counted: number;
  /** Counters whose totals are not what they must be. */
  readonly wrong: readonly string[];
}

const countedWithinMsMax = 60_000;
const pollEveryMs = 100;
/** In which something counted twice would show. */
const settleMs = 500;

/** Reads the totals until all that was acknowledged is counted, or a minute has passed, and then once more. */
export async function judge(endpoint: Endpoint, tallies: readonly Tally[]): Promise<Verdict> {
  const { client, close } = openClient(endpoint);
  const keys = tallies.flatMap((tally) => tally.keys);
  const startedMs = performance.now();
  const read = async (): Promise<readonly number[]> => {
    const totals = await readTotals(client, keys);
    return tallies.map((tally) => tally.keys.reduce((sum, key) => sum + Number(totals.get(key) ?? 0n), 0));
  };
  const isLess = (sum: number, i: number): boolean => sum < (tallies[i]?.acknowledged ?? 0);
  let sums = await read();
  while (sums.some(isLess) && performance.now() - startedMs < countedWithinMsMax) {
    await systemClock.sleep(pollEveryMs);
    sums = await read();
  }
  await systemClock.sleep(settleMs);
  sums = await read();
  close();
  return verdictOf(tallies, sums);
}

/** `counted`: the sum of each tally's counters. */
export function verdictOf(tallies: readonly Tally[], counted: readonly number[]): Verdict {
  const wrong = tallies.flatMap(({ keys, acknowledged, uncertain }, i) => {
    const sum = counted[i] ?? 0;
    if (sum >= acknowledged && sum <= acknowledged + uncertain) return [];
    const name = keys.length === 1 ? (keys[0] ?? '') : `${keys.length} counters`;
    const kind = sum < acknowledged ? 'lost' : 'double';
    return [`${kind}: ${name} is ${sum}; acknowledged ${acknowledged}, uncertain ${uncertain}`];
  });
  const add = (field: 'acknowledged' | 'uncertain'): number =>
    tallies.reduce((sum, tally) => sum + tally[field], 0);
  return {
    ...{ acknowledged: add('acknowledged'), uncertain: add('uncertain') },
    ...{ counted: counted.reduce((sum, one) => sum + one, 0), wrong },
  };
}
