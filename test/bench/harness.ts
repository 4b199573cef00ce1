/**
 * Goals: measure the figures of DESIGN's budgets with a fixed seed, and print the conditions with each
 * figure; keep working, because `npm test` runs it with small input. Non-goals: passing or failing, and
 * comparing machines.
 *
 *   node test/bench/main.ts [--quick] [--json] [--seed N] [name ...]
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpus } from 'node:os';

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Of this row: the size of its data, what was asked, and `hash` of the results. */
  readonly conditions: Readonly<Record<string, string | number>>;
}

export interface BenchContext {
  /** Small input, and counts instead of durations: the hashes are then the same on every machine. */
  readonly quick: boolean;
  readonly seed: number;
  readonly report: (row: BenchRow) => void;
}

/** A file `<name>.bench.ts` exports one; main.ts lists it. */
export interface Benchmark {
  readonly name: string;
  run(context: BenchContext): void | Promise<void>;
}

/** What holds for every row of a run. */
export function machineConditions(): Readonly<Record<string, string | number>> {
  const processors = cpus();
  return {
    node: process.version,
    cpu: processors[0]?.model ?? 'unknown',
    cpus: processors.length,
    rates: 'per second of processor',
  };
}

export interface Rate {
  /**
   * Per second of processor, of all threads of the process: what one core could do that nobody else wants.
   */
  readonly perSecond: number;
  /**
   * Processor time by elapsed time: well under 1 on a machine that has other things to do; over 1 when the
   * collector helps.
   */
  readonly cpuShare: string;
}

/** The median of `rounds` measurements of `work`, after one round that is not counted. */
export function measureRate(rounds: number, operations: number, work: () => void): Rate {
  work();
  const startMs = performance.now();
  const roundsMs = Array.from({ length: rounds }, () => processorMs(work));
  return toRate(roundsMs, operations, performance.now() - startMs);
}

/** The same for work that is awaited. */
export async function measureAwaitedRate(
  rounds: number,
  operations: number,
  work: () => Promise<void>,
): Promise<Rate> {
  await work();
  const startMs = performance.now();
  const roundsMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const stop = startProcessorWatch();
    await work();
    roundsMs.push(stop());
  }
  return toRate(roundsMs, operations, performance.now() - startMs);
}

function toRate(roundsMs: readonly number[], operations: number, elapsed: number): Rate {
  const sum = roundsMs.reduce((total, roundMs) => total + roundMs, 0);
  return { perSecond: (operations * 1000) / quantile(roundsMs, 0.5), cpuShare: (sum / elapsed).toFixed(2) };
}

export function elapsedMs(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

/** Processor time of this process, milliseconds: what else runs on the machine takes none of it. */
export function processorMs(work: () => void): number {
  const stop = startProcessorWatch();
  work();
  return stop();
}

/** The same for work that is awaited: returns the function that says how much it was. */
export function startProcessorWatch(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    // Two readings may be the same.
    return Math.max(user + system, 1) / 1000;
  };
}

/** The value that a share of them do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;
}

/**
 * Bytes of live heap and array buffers after a full collection, which it asks V8 for without --expose-gc.
 * When quick it does not collect: the heap of a Jest worker takes seconds, and nobody reads the figure.
 */
export function liveBytes({ quick }: BenchContext): number {
  if (!quick) {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * FNV-1a over what was answered: printed, so that no work can be left out, and compared in the smoke test.
 */
export class ResultHash {
  #hash = 0x811c9dc5;

  add(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }

  addText(text: string): void {
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
  }

  get hex(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }
}
