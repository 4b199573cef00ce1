import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requestOf } from '../../support/server-process.ts';
import { addUp } from '../measure/add-up.ts';
import type { FromGenerator, Plan, RunResult } from './plan.ts';

const program = fileURLToPath(new URL('./process.ts', import.meta.url));

/** The processes that make the load. They stay alive between runs, so that their code is already compiled. */
export class Generators {
  readonly #children: readonly ChildProcess[];

  constructor(count: number) {
    this.#children = Array.from({ length: count }, () =>
      fork(program, { execArgv: [], serialization: 'advanced' }),
    );
  }

  /** Shares the plan out among them. Rejects when one of them fails. One run at a time. */
  async run(plan: Plan): Promise<RunResult> {
    const count = this.#children.length;
    const results = await Promise.all(
      this.#children.map((child, i) =>
        runOn(child, {
          ...plan,
          ratePerSecond: plan.ratePerSecond / count,
          connections: Math.max(1, Math.round(plan.connections / count)),
          seed: plan.seed + 1000 * i,
          ...(plan.beacons && { beacons: plan.beacons.filter((_, beacon) => beacon % count === i) }),
        }),
      ),
    );
    return mergeResults(results);
  }

  stop(): void {
    for (const child of this.#children) if (child.connected) child.disconnect();
  }
}

async function runOn(child: ChildProcess, plan: Plan): Promise<RunResult> {
  const message = (await requestOf(child, plan)) as FromGenerator;
  if ('result' in message) return message.result;
  throw new Error(message.failure);
}

/** What several generators found in one run, as one. */
export function mergeResults(results: readonly RunResult[]): RunResult {
  return { ...addUp(results), uncertain: results.flatMap(({ uncertain }) => uncertain) };
}
