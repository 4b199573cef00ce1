import { cpus, loadavg } from 'node:os';
import { runCommand } from '../../lib/options.ts';
import { runChaos } from './chaos.ts';
import { chaosUsage, readChaosOptions, type ChaosOptions } from './options.ts';
import { eventsText, findingCount, reportTable, sumOf, type PhaseReport } from './report.ts';

/**
 * Goal: after kills, clock jumps, pauses, a full disk and races for the folder, every acknowledged write is
 * stored once, and every other write at most once. Not a goal: the exact schedule of a run, which the kernel
 * decides. The seed repeats the plan (who sends what, when to strike), not the instants within the program.
 */
await runCommand({
  name: 'chaos',
  usage: chaosUsage,
  read: readChaosOptions,
  run: async (options) => process.exit((await run(options)) ? 0 : 1),
});

async function run({ seed, json, keep, ...rounds }: ChaosOptions): Promise<boolean> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const say = json ? undefined : write;
  const asked = Object.entries(rounds).map(([name, count]) => `${name} ${count}`);
  say?.(
    `seed ${seed}; ${asked.join(', ')}; node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1) ?? ''}`,
  );
  const onReport = (report: PhaseReport): void => {
    if (json) write(JSON.stringify(withoutTimes(report)));
    say?.(`  ${eventsText(report)}`);
    for (const message of report.messages) say?.(`  ${message}`);
  };
  const reports = await runChaos({ seed, rounds, keep, onReport, ...(say && { say }) });
  const sum = sumOf(reports);
  if (json) write(JSON.stringify({ seed, ...withoutTimes(sum) }));
  else write(`\n${reportTable(reports.length > 1 ? [...reports, sum] : reports)}\n`);
  const found = findingCount(sum);
  say?.(found === 0 ? `Nothing lost, nothing double (seed ${seed}).` : `${found} findings (seed ${seed}).`);
  return found === 0;
}

function withoutTimes({ restartsMs, ...report }: PhaseReport): object {
  return { ...report, restartMsMax: Math.round(Math.max(0, ...restartsMs)) };
}
