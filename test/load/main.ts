import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadHelp, parseLoadArguments, type LoadOptions } from './options.ts';
import { toSvg } from './plot/chart.ts';
import { runProfile } from './run-profile.ts';
import { vegetaTargets } from './vegeta-targets.ts';

/**
 * Goals: what the whole thing bears over real sockets, with its conditions beside each figure, and proof that all of it was
 * counted. Non-goals: comparing machines. docs/performance.md tells how to read the figures.
 */
const parsed = parseLoadArguments(process.argv.slice(2));
switch (parsed.type) {
  case 'help':
    process.stdout.write(loadHelp);
    break;
  case 'faulty':
    process.stderr.write(`${parsed.message}\nTry: npm run load -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    try {
      process.exitCode = (await run(parsed.options)) ? 0 : 1;
    } catch (error) {
      process.stderr.write(
        `The load test failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
      );
      process.exitCode = 1;
    }
    break;
}

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
  const { facts, chart, findings } = await runProfile(options, say);
  const file = options.plot ?? join(tmpdir(), `adtally-load-${profile}.svg`);
  await writeFile(file, toSvg({ ...chart, notes: [...chart.notes, conditions] }));
  if (json)
    write(
      JSON.stringify({ profile, seed, connections, generators, conditions, findings, plot: file, ...facts }),
    );
  for (const finding of findings) say(`FOUND: ${finding}`);
  say(`plot: ${file}`);
  return findings.length === 0;
}

function conditionsOf({ seed, connections, generators }: LoadOptions): string {
  const processors = cpus();
  const machine = `Node ${process.version}, ${processors.length} x ${processors[0]?.model ?? '?'}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
  return `${machine}; server and ${generators} load generator on it, ${connections} connections, seed ${seed}`;
}
