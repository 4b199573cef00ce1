import { readFileSync } from 'node:fs';
import { readTrace, summariseTrace } from '../lib/embedded/trace/trace-summary.ts';
import { commandLine, parseOptions, runCommand, UsageError } from '../lib/options.ts';

const usage = `Sums up a trace, in milliseconds: ${commandLine('trace:summary')} <file of ${commandLine('start')} --trace>

Exit codes: 0 printed, 1 the file cannot be read or is not a trace, 2 wrong arguments.
`;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: `does not exist; ${commandLine('start')} --trace FILE writes one`,
  EISDIR: `is a folder; give the file that ${commandLine('start')} --trace FILE wrote`,
};

await runCommand({ name: 'trace:summary', usage, read, run });

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
    process.stderr.write(`${file} ${whyNot(error)}.\n`);
    return Promise.resolve(1);
  }
}

function whyNot(error: unknown): string {
  if (error instanceof SyntaxError) return `is not a trace of ${commandLine('start')} --trace`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return reasons[code] ?? `cannot be read: ${code}`;
}
