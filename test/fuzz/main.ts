import { cpus } from 'node:os';
import { runCommand } from '../../lib/options.ts';
import { fuzz } from './fuzz.ts';
import { fuzzUsage, readFuzzOptions, type FuzzOptions } from './options.ts';
import { reportLines, reportObject } from './report.ts';

/**
 * Goal: every input, from outside or from inside, gets an answer that the document describes; none is
 * accepted in part, and none stops the input after it. Not a goal: faults of disks, clocks and networks,
 * which the simulator and the chaos trials cover.
 */
await runCommand({
  name: 'fuzz',
  usage: fuzzUsage,
  read: readFuzzOptions,
  run: async (options) => process.exit(await run(options)),
});

async function run(options: FuzzOptions): Promise<number> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const { seed, minutes, areas, json } = options;
  if (!json) {
    write(
      `seed ${seed}; ${areas.join(', ')}; ${minutes} minutes; node ${process.version}, ${cpus().length} cores`,
    );
  }
  try {
    const report = await fuzz(options);
    if (json) write(JSON.stringify({ seed, ...reportObject(report) }));
    else for (const line of reportLines(report)) write(line);
    return report.failures.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 3;
  }
}
