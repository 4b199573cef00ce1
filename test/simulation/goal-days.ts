import { virtualStartMs } from '../support/virtual-clock.ts';
import type { Prng } from '../support/prng.ts';

/** Local midnights of the zones that goals have: ordinary ones, and those around days of 23 and 25 hours. */
const midnights = [
  ...['2026-01-02T00:00Z', '2026-01-01T16:00Z', '2026-01-01T18:15Z'],
  // New York: clocks go forward on 8 March and back on 1 November.
  ...['2026-03-08T05:00Z', '2026-03-09T04:00Z', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
  // Beirut: its 29 March begins at one o'clock, and the hour before 25 October comes twice.
  ...['2026-03-28T22:00Z', '2026-03-29T21:00Z', '2026-10-23T21:00Z', '2026-10-24T22:00Z'],
];

/** When a seed with goals begins: half of them a little before a local midnight, which then comes while it runs. */
export function drawGoalStart(prng: Prng): number {
  if (prng.chance(0.5)) return virtualStartMs;
  return Date.parse(prng.pick(midnights)) - prng.pick([20_000, 60_000, 1_200_000]) - prng.int(0, 20_000);
}
