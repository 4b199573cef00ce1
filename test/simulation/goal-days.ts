import { virtualStartMs } from '../support/virtual-clock.ts';
import type { Prng } from '../support/prng.ts';

/** A zone whose day begins while a seed runs, and when the seed begins, milliseconds since 1970 UTC. */
export interface GoalStart {
  readonly startMs: number;
  readonly timezone: string;
}

/** Local midnights of the zones that goals have: ordinary ones, and those around days of 23 and 25 hours. */
const midnights: Readonly<Record<string, readonly string[]>> = {
  UTC: ['2026-01-02T00:00Z'],
  'Asia/Taipei': ['2026-01-01T16:00Z'],
  'Asia/Kathmandu': ['2026-01-01T18:15Z'],
  // Clocks go forward on 8 March and back on 1 November.
  'America/New_York': ['2026-03-08T05:00Z', '2026-03-09T04:00Z', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
  // Its 29 March begins at one o'clock, and the hour before 25 October comes twice.
  'Asia/Beirut': ['2026-03-28T22:00Z', '2026-03-29T21:00Z', '2026-10-23T21:00Z', '2026-10-24T22:00Z'],
};

/** Half of the seeds with goals begin a little before a local midnight, which then comes while they run. */
export function drawGoalStart(prng: Prng): GoalStart {
  const timezone = prng.pick(Object.keys(midnights));
  if (prng.chance(0.5)) return { startMs: virtualStartMs, timezone };
  const midnightMs = Date.parse(prng.pick(midnights[timezone] ?? []));
  return { startMs: midnightMs - prng.pick([20_000, 60_000, 1_200_000]) - prng.int(0, 20_000), timezone };
}
