import { audit } from './audit/audit.ts';
import type { Rounds } from './options.ts';
import { clockJumps } from './phases/clock-jumps.ts';
import { kills } from './phases/kills.ts';
import { smallDisk, smallFile } from './phases/full-disk.ts';
import { NotHereError, type Phase } from './phases/phase.ts';
import { pauses, races } from './phases/second-process.ts';
import { reportOf, type PhaseReport } from './report.ts';
import { Trial } from './trial.ts';

export interface ChaosRun {
  readonly seed: number;
  readonly rounds: Rounds;
  /** Keep the folder of a trial that found something. */
  readonly keep?: boolean;
  readonly onReport?: (report: PhaseReport) => void;
  readonly say?: (line: string) => void;
}

/** Runs every phase that has rounds, each on a folder and with ledgers of its own. */
export async function runChaos({
  seed,
  rounds,
  keep = false,
  onReport,
  say,
}: ChaosRun): Promise<PhaseReport[]> {
  const plan: readonly (readonly [Phase, number])[] = [
    [kills, rounds.kills],
    [clockJumps, rounds.jumps],
    [pauses, rounds.pauses],
    [smallDisk, rounds.fulls],
    [smallFile, rounds.fulls],
    [races, rounds.races],
  ];
  const reports: PhaseReport[] = [];
  for (const [index, [phase, count]] of plan.entries()) {
    if (count === 0) continue;
    say?.(`${phase.name}: ${count} rounds`);
    try {
      // A seed of its own, so that a phase draws the same whichever others are run.
      const report = await runPhase(phase, count, { seed: seed * plan.length + index, keep, say });
      reports.push(report);
      onReport?.(report);
    } catch (error) {
      if (!(error instanceof NotHereError)) throw error;
      say?.(`${phase.name}: left out, ${error.message}`);
    }
  }
  return reports;
}

interface PhaseRun {
  readonly seed: number;
  readonly keep: boolean;
  readonly say: ChaosRun['say'];
}

async function runPhase(phase: Phase, count: number, { seed, keep, say }: PhaseRun): Promise<PhaseReport> {
  phase.assertPossible?.();
  const made = phase.makeParent?.();
  const trial = await Trial.open(seed, made?.parent);
  const { findings } = trial.ledgers;
  const startedMs = performance.now();
  try {
    await phase.run(trial, count);
    await audit(trial, await trial.start());
  } catch (error) {
    findings.add('process', `the trial did not come to its end: ${String(error)}`);
  } finally {
    const isKept = keep && findings.total > 0 && made === undefined;
    if (isKept) say?.(`${phase.name}: its folder is ${trial.folder}`);
    await trial.close({ keep: isKept });
    made?.dispose();
  }
  return reportOf(phase.name, trial.ledgers, performance.now() - startedMs);
}
