import type { SeedReport } from './seed-report.ts';
import { runSeed, type SeedOptions } from './world.ts';

export interface Shrunk {
  readonly options: SeedOptions;
  readonly report: SeedReport;
  readonly runs: number;
}

/** Seeds run to make one failure smaller. */
const runsMax = 60;

/**
 * Leaves out fault kinds, clients and time as long as the same promise stays broken. The kinds it ends with
 * are those without which this seed keeps its promises.
 */
export async function shrink(failed: SeedReport, given: SeedOptions): Promise<Shrunk> {
  let best: Shrunk = { options: given, report: failed, runs: 0 };
  let runs = 0;
  const attempt = async (options: SeedOptions): Promise<boolean> => {
    if (runs >= runsMax) return false;
    runs += 1;
    const report = await runSeed(failed.seed, options);
    if (report.violation?.invariant !== failed.violation?.invariant) return false;
    best = { options, report, runs };
    return true;
  };
  const struck = (): string[] =>
    Object.keys(best.report.faults).filter((name) => (best.report.faults[name] ?? 0) > 0);
  // Those that never struck go first, all at once; the rest by halves, then one by one.
  await attempt({ ...best.options, exactly: new Set(struck()) });
  for (let part = Math.ceil(struck().length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (const names of slices(struck(), part)) {
      const kept = struck().filter((name) => !names.includes(name));
      await attempt({ ...best.options, exactly: new Set(kept) });
    }
  }
  for (const share of [0.5, 0.25, 0.1]) await attempt({ ...best.options, share });
  for (const client of best.report.clients) {
    await attempt({
      ...best.options,
      clients: new Set(best.report.clients.filter((name) => name !== client)),
    });
  }
  const report = await runSeed(failed.seed, { ...best.options, recording: true });
  return { ...best, report, runs };
}

function slices(names: readonly string[], size: number): readonly string[][] {
  return Array.from({ length: Math.ceil(names.length / size) }, (_, i) =>
    names.slice(i * size, (i + 1) * size),
  );
}
