import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { reportJson, type SeedReport } from './seed-report.ts';
import { runSeed, type SeedOptions } from './world.ts';

export interface SeedPoolOptions {
  /** Seeds in the order in which their reports are wanted; no more are taken once it ends. */
  readonly seeds: Iterator<number, undefined>;
  /** Threads; each has a world, a clock and a `Math.random` of its own. */
  readonly workers: number;
  readonly options: SeedOptions;
  /** Called in the order of the seeds. False: no more. */
  readonly onReport: (report: SeedReport) => boolean;
}

/**
 * Runs seeds on several cores. A seed's report is the same on any thread (simulation.test.ts compares them).
 */
export async function runSeeds({ seeds, workers, options, onReport }: SeedPoolOptions): Promise<void> {
  let taken = 0;
  let told = 0;
  let open = true;
  const waiting = new Map<number, SeedReport>();
  const work = async (): Promise<void> => {
    const thread = new Worker(new URL(import.meta.url), { workerData: options });
    try {
      while (open) {
        const { value: seed } = seeds.next();
        if (seed === undefined) return;
        const place = taken++;
        waiting.set(place, await answerOf(thread, seed));
        for (let next = waiting.get(told); open && next !== undefined; next = waiting.get(told)) {
          waiting.delete(told);
          told += 1;
          open = onReport(next);
        }
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** The thread's next message. Rejects if it fails instead, which a seed by itself never makes it do. */
async function answerOf(thread: Worker, seed: number): Promise<SeedReport> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(thread, 'exit', { signal }).then(([code]) => {
    throw new Error(`the thread of seed ${seed} ended with ${code}`);
  });
  thread.postMessage(seed);
  try {
    // `once` rejects on `error` too.
    const [report] = (await Promise.race([once(thread, 'message', { signal }), ended])) as [string];
    return JSON.parse(report) as SeedReport;
  } finally {
    answered.abort();
  }
}

if (!isMainThread) {
  const options = workerData as SeedOptions;
  parentPort?.on('message', (seed: number) => {
    void runSeed(seed, options).then((report) => parentPort?.postMessage(reportJson(report)));
  });
}
