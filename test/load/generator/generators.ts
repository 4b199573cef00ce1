import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Histogram } from '../measure/histogram.ts';
import { mergeResults } from './merge-results.ts';
import type { FromGenerator, Plan, RunResult, ToGenerator } from './plan.ts';

const program = fileURLToPath(new URL('./process.ts', import.meta.url));

export interface Second {
  readonly second: number;
  /** Answered in it. */
  readonly answered: number;
  readonly latencies: Histogram;
}

export interface Run {
  readonly result: RunResult;
  readonly seconds: readonly Second[];
}

/** The processes that make the load. They live on between runs, so that their code is compiled by then. */
export class Generators {
  readonly #children: readonly ChildProcess[];
  readonly #ready: Promise<unknown>;

  constructor(count: number) {
    this.#children = Array.from({ length: count }, () =>
      fork(program, { execArgv: [], serialization: 'advanced' }),
    );
    this.#ready = Promise.all(
      this.#children.map((child) => nextMessage(child, ({ type }) => type === 'ready')),
    );
    this.#ready.catch(() => undefined);
  }

  /** Shares the plan out among them. Rejects when one of them fails. One run at a time. */
  async run(plan: Plan): Promise<Run> {
    await this.#ready;
    const count = this.#children.length;
    const seconds = new Map<number, Second>();
    const results = await Promise.all(
      this.#children.map((child, i) =>
        runOn(child, seconds, {
          ...plan,
          ratePerSecond: plan.ratePerSecond / count,
          connections: Math.max(1, Math.round(plan.connections / count)),
          seed: plan.seed + 1000 * i,
        }),
      ),
    );
    return {
      result: mergeResults(results),
      seconds: [...seconds.values()].sort((a, b) => a.second - b.second),
    };
  }

  stop(): void {
    for (const child of this.#children)
      if (child.connected) child.send({ type: 'exit' } satisfies ToGenerator);
  }
}

async function runOn(child: ChildProcess, seconds: Map<number, Second>, plan: Plan): Promise<RunResult> {
  const collect = (message: unknown): void => {
    const told = message as FromGenerator;
    if (told.type !== 'interval') return;
    const { interval } = told;
    const { second } = interval;
    const latencies = seconds.get(second)?.latencies ?? new Histogram();
    latencies.add(interval.latencies);
    seconds.set(second, { second, answered: latencies.count, latencies });
  };
  child.on('message', collect);
  try {
    const end = nextMessage(child, ({ type }) => type === 'result' || type === 'failed');
    child.send({ type: 'run', plan } satisfies ToGenerator);
    const message = await end;
    if (message.type === 'result') return message.result;
    throw new Error(message.type === 'failed' ? message.message : message.type);
  } finally {
    child.off('message', collect);
  }
}

function nextMessage(child: ChildProcess, isIt: (message: FromGenerator) => boolean): Promise<FromGenerator> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      end();
    };
    const onMessage = (message: unknown): void => {
      if (isIt(message as FromGenerator)) {
        settle(() => {
          resolve(message as FromGenerator);
        });
      }
    };
    const onExit = (code: number | null): void => {
      settle(() => {
        reject(new Error(`a load generator ended with ${String(code)}`));
      });
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
