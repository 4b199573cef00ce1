import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../lib/options.ts';
import { loadUsage, readLoadOptions, type LoadOptions } from './options.ts';
import { toSvg } from './plot/chart.ts';
import { allProfiles } from './profiles/all-profiles.ts';
import { runProfile } from './profiles/profile.ts';
import { vegetaTargets } from './vegeta-targets.ts';

/**
 * Goals: the load that the whole pipeline handles over real sockets, with the conditions of each figure, and
 * proof that every write was counted. Non-goals: comparing machines. docs/performance.md explains the
 * figures.
 */
await runCommand({
  name: 'load',
  usage: loadUsage,
  read: readLoadOptions,
  run: async (options) => {
    try {
      return (await run(options)) ? 0 : 1;
    } catch (error) {
      process.stderr.write(
        `The load test failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
      );
      return 1;
    }
  },
});

async function run(options: LoadOptions): Promise<boolean> {
  const { profile, seed, json, connections, generators, vegeta } = options;
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  if (vegeta !== undefined) {
    for (const target of vegetaTargets(options, vegeta)) write(target);
    return true;
  }
  const say = json ? (): void => undefined : write;
  const conditions = conditionsOf(options);
  say(conditions);
  const { facts, chart, findings } = await runProfile(allProfiles[profile], options, say);
  const plot = options.plot ?? join(tmpdir(), `adtally-load-${profile}.svg`);
  await writeFile(plot, toSvg({ ...chart, notes: [...(chart.notes ?? []), conditions] }));
  if (json)
    write(JSON.stringify({ profile, seed, connections, generators, conditions, findings, plot, ...facts }));
  for (const finding of findings) say(`FOUND: ${finding}`);
  say(`plot: ${plot}`);
  return findings.length === 0;
}

function conditionsOf({ seed, connections, generators }: LoadOptions): string {
  const processors = cpus();
  const machine = `Node ${process.version}, ${processors.length} x ${processors[0]?.model ?? '?'}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
  return `${machine}; server and ${generators} load generator on it, ${connections} connections, seed ${seed}`;
}
