/**
 * The product's own functions in many containers, in virtual time, within AWS's quotas: `npm run fleet`
 * (docs/fleet.md). Shows what one process hides: limits shared by containers, cold starts, hot items, throttling.
 * No goals: faults, which the simulator has (docs/simulation.md), and the speed of our code, which is assumed.
 * Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong arguments, 4 the code crashed.
 */
import { runCommand } from '../../lib/options.ts';
import { markdownTable } from '../bench/tables.ts';
import { scenarios } from './all-scenarios.ts';
import { readOptions, usage, type FleetCommand } from './options.ts';
import { writeOutcome, writeQuotas } from './page.ts';
import { promiseLines } from './promises.ts';
import type { Outcome, Scenario } from './scenario.ts';

const exitCodes = { ok: 0, broken: 1, crash: 4 } as const;

async function main({ scenario, seed, quick, json, docs }: FleetCommand): Promise<number> {
  let broken = 0;
  if (docs !== undefined) writeQuotas(docs);
  for (const one of scenarios) {
    if (scenario !== undefined && one.name !== scenario) continue;
    const beganMs = performance.now();
    let outcome: Outcome;
    try {
      outcome = await one.run({ seed, quick });
    } catch (error) {
      console.error(`${one.name}, seed ${seed}, crashed:`, error);
      return exitCodes.crash;
    }
    broken += outcome.promises.filter(({ kept }) => !kept).length;
    if (json) console.log(JSON.stringify({ scenario: one.name, seed, quick, ...outcome, chart: undefined }));
    else console.log(textOf(one, outcome, { seed, seconds: (performance.now() - beganMs) / 1000 }));
    if (docs !== undefined) writeOutcome(docs, one, outcome);
  }
  return broken === 0 ? exitCodes.ok : exitCodes.broken;
}

function textOf({ name, about }: Scenario, outcome: Outcome, run: { seed: number; seconds: number }): string {
  const { head, rows, promises } = outcome;
  return [
    `${name}, seed ${run.seed}, ${run.seconds.toFixed(1)} s: ${about}`,
    markdownTable([head, ...rows]),
    ...promiseLines(promises),
    '',
  ].join('\n');
}

await runCommand({ name: 'fleet', usage, read: readOptions, run: main });
