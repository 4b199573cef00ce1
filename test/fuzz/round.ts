import fc from 'fast-check';
import type { Area } from './options.ts';

export interface RoundOptions<Case> {
  readonly area: Area;
  readonly seed: number;
  readonly round: number;
  /** Only this case. */
  readonly path: string | undefined;
  readonly cases: number;
  readonly arbitrary: fc.Arbitrary<Case>;
  /** Rejects when something is wrong. */
  readonly run: (one: Case) => Promise<void>;
  /** Making a failing case small ends after this, with the smallest so far. Default 20 s. */
  readonly shrinkMs?: number;
  /** When it stops, by performance.now(). */
  readonly untilMs: number;
  /** What was done, for people; of the smallest case that still fails. */
  readonly show: (one: Case | undefined, error: unknown) => string;
}

export interface Failure {
  readonly area: Area;
  readonly message: string;
  /** The command that does it again; undefined: it was found when all was done. */
  readonly replay: string | undefined;
  readonly shown: string;
}

/** Cuts even a case off that is under way, so only when something hangs. */
const hangMsMax = 60_000;

/** Draws the cases of one round and runs them one by one. undefined: nothing was found. */
export async function runRound<Case>(options: RoundOptions<Case>): Promise<Failure | undefined> {
  const { area, seed, round, path, cases, arbitrary, run, untilMs, show, shrinkMs = 20_000 } = options;
  let stopAtMs = path === undefined ? untilMs : Infinity;
  let failed = false;
  const property = fc.asyncProperty(arbitrary, async (one) => {
    // Cases are begun in time or not at all: one that is cut off might have had an effect that nobody wrote
    // down.
    if (performance.now() > stopAtMs) return;
    try {
      await run(one);
    } catch (error) {
      if (!failed) stopAtMs = performance.now() + shrinkMs;
      failed = true;
      throw error;
    }
  });
  const details = await fc.check(property, {
    seed: roundSeed(seed, round),
    numRuns: cases,
    // As it was found, not smaller: how small it is made depends on how long that may take.
    ...(path !== undefined && { path, endOnFailure: true }),
    interruptAfterTimeLimit: Math.max(0, untilMs - performance.now()) + shrinkMs + hangMsMax,
    markInterruptAsFailure: true,
  });
  if (!details.failed) return undefined;
  const error = details.errorInstance;
  const [smallest] = details.counterexample ?? [];
  return {
    area,
    message: error instanceof Error ? error.message : String(error),
    replay: `npm run fuzz -- --only ${area} --seed ${seed} --round ${round} --path ${details.counterexamplePath ?? ''}`,
    shown: show(smallest, error),
  };
}

/** Neighbouring rounds and seeds have nothing in common. */
function roundSeed(seed: number, round: number): number {
  return (Math.imul(seed ^ 0x5bd1_e995, 0x2545_f491) + Math.imul(round + 1, 0x9e37_79b1)) | 0;
}
