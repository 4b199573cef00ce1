import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { runChaos } from './chaos.ts';
import { noRounds } from './options.ts';
import { findingCount } from './report.ts';

/** CHAOS_SEED=n repeats the plan of a run; the instants within the program are chance all the same. */
const seed = Number(process.env['CHAOS_SEED'] ?? randomInt(2 ** 31));

test(`two kills, then a jump of the clock and a third: nothing lost, nothing double (CHAOS_SEED=${seed})`, async () => {
  const reports = await runChaos({ seed, rounds: { ...noRounds, kills: 2, jumps: 1 } });
  expect(reports.flatMap(({ messages }) => messages)).toEqual([]);
  const [kills, jumps] = reports;
  expect(kills).toMatchObject({ phase: 'kills', kills: 2 });
  expect(jumps).toMatchObject({ phase: 'clock jumps', kills: 1 });
  expect(jumps?.acknowledged).toBeGreaterThan(0);
  expect(reports.map(findingCount)).toEqual([0, 0]);
}, 120_000);
