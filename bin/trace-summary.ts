import { readFileSync } from 'node:fs';
import { readTrace, summariseTrace } from '../lib/embedded/trace/trace-summary.ts';
import { parseOptions, runCommand, UsageError } from '../lib/options.ts';

const usage = `Sums up a trace, in milliseconds: npm run trace:summary -- <file of npm start -- --trace>

Exit codes: 0 printed, 1 the file cannot be read or is not a trace, 2 wrong arguments.
`;

await runCommand({ name: 'npm run trace:summary', usage, read, run });

function read(args: readonly string[]): string {
  const [file] = parseOptions(args, {}, 1).words;
  if (file === undefined) throw new UsageError('The file of a trace is missing');
  return file;
}

function run(file: string): Promise<number> {
  try {
    process.stdout.write(`${summariseTrace(readTrace(readFileSync(file, 'utf8')))}\n`);
    return Promise.resolve(0);
  } catch (error) {
    const isForeign = error instanceof SyntaxError;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      isForeign ? `${file} is not a trace of npm start -- --trace\n` : `${file}: ${message}\n`,
    );
    return Promise.resolve(1);
  }
}
