import fc from 'fast-check';
import type { Area, FuzzOptions } from '../options.ts';
import { runRound, type Failure } from '../round.ts';
import { adCases, runAdRecords } from './ad-records.ts';
import { expiryCases, runExpiries } from './expiry-inputs.ts';
import { failureFileCases, runFailureFile } from './failure-files.ts';
import { incrementCases, runIncrements } from './increment-records.ts';
import { quarantineCases, runQuarantine, spoiltLmdb, spoiltS3 } from './quarantine-entries.ts';

export interface InsideReport {
  readonly area: Area;
  readonly cases: number;
  /** What became of the inputs. */
  readonly ends: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
}

export type InsideOptions = Pick<FuzzOptions, 'seed' | 'round' | 'path'> & {
  readonly seconds: number;
  readonly cases: number;
};

/** An input, and how it is given. */
interface Case {
  readonly input: unknown;
  readonly run: (ends: Map<string, number>) => Promise<void>;
}

const casesPerRound = 100;
const failuresMax = 3;
const shownLengthMax = 4000;

/** Records of both streams. */
export function fuzzRecords(options: InsideOptions): Promise<InsideReport> {
  const cases = fc.oneof(casesOf(incrementCases, runIncrements), casesOf(adCases, runAdRecords));
  return fuzzInside('records', options, cases);
}

export function fuzzSchedules(options: InsideOptions): Promise<InsideReport> {
  return fuzzInside('schedules', options, casesOf(expiryCases, runExpiries));
}

export async function fuzzQuarantine(options: InsideOptions): Promise<InsideReport> {
  const [s3, lmdb] = [await spoiltS3(), await spoiltLmdb()];
  try {
    const cases = [s3, lmdb].map((store) =>
      casesOf(quarantineCases, (one, ends) => runQuarantine(one, store, ends)),
    );
    cases.push(casesOf(failureFileCases, runFailureFile));
    return await fuzzInside('quarantine', options, fc.oneof(...cases));
  } finally {
    await s3.close();
    await lmdb.close();
  }
}

function casesOf<Input>(
  inputs: fc.Arbitrary<Input>,
  run: (input: Input, ends: Map<string, number>) => Promise<void>,
): fc.Arbitrary<Case> {
  return inputs.map((input) => ({ input, run: (ends) => run(input, ends) }));
}

async function fuzzInside(
  area: Area,
  { seed, round, path, seconds, cases: casesMax }: InsideOptions,
  arbitrary: fc.Arbitrary<Case>,
): Promise<InsideReport> {
  const ends = new Map<string, number>();
  const failures: Failure[] = [];
  const untilMs = performance.now() + seconds * 1000;
  let cases = 0;
  const run = async (one: Case): Promise<void> => {
    cases += 1;
    await one.run(ends);
  };
  const show = (one: Case | undefined, error: unknown): string =>
    `${fc.stringify(one?.input).slice(0, shownLengthMax)}\n${error instanceof Error ? (error.stack ?? '') : ''}`;
  const goesOn = (drawnCases: number): boolean =>
    performance.now() < untilMs && drawnCases < casesMax && failures.length < failuresMax;
  for (let number = round ?? 0, drawnCases = 0; goesOn(drawnCases); number += 1) {
    const roundCases = Math.min(casesPerRound, casesMax - drawnCases);
    drawnCases += roundCases;
    const drawn = { area, seed, round: number, path, cases: roundCases, arbitrary };
    const failure = await runRound({ ...drawn, run, untilMs, show });
    if (failure !== undefined) failures.push(failure);
    if (round !== undefined) break;
  }
  return { area, cases, ends, failures };
}
