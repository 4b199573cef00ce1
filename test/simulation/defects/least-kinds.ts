import { runSeed } from '../world.ts';

/** The most seeds that are run; after them, the remaining kinds are the answer. */
const runsMax = 40;

/**
 * The fault kinds without any one of which a seed that fails keeps every promise; none: it takes none. To be
 * asked where the defect is planted.
 */
export async function leastKinds(seed: number, goals: boolean): Promise<readonly string[]> {
  let runs = 0;
  /** The kinds that struck until the seed failed; undefined: it did not. */
  const strikesUntilFailure = async (kinds?: readonly string[]): Promise<readonly string[] | undefined> => {
    if (runs >= runsMax) return undefined;
    runs += 1;
    const report = await runSeed(seed, { goals, ...(kinds !== undefined && { exactly: new Set(kinds) }) });
    if (report.ok) return undefined;
    return Object.keys(report.faults).filter((kind) => (report.faults[kind] ?? 0) > 0);
  };
  if ((await strikesUntilFailure([])) !== undefined) return [];
  let kinds = (await strikesUntilFailure()) ?? [];
  for (let part = Math.ceil(kinds.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let start = 0; start < kinds.length;) {
      const kept = kinds.filter((_, i) => i < start || i >= start + part);
      const struck = kept.length < kinds.length ? await strikesUntilFailure(kept) : undefined;
      if (struck === undefined) start += part;
      else kinds = kinds.filter((kind) => struck.includes(kind));
    }
  }
  return kinds;
}
