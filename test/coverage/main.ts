import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { flag, optionLines, parseOptions, runCommand, text } from '../../lib/options.ts';
import { markdownTable, replaceTable } from '../bench/tables.ts';
import { tableOf } from '../load/measure/table.ts';
import {
  measures,
  sharesOf,
  shortfalls,
  thresholdsOf,
  wholeOf,
  type Shares,
  type Summary,
} from './coverage.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const inRoot = (file: string): string => `${root}${file}`;

const options = {
  update: flag('writes the thresholds and the table of docs/coverage.md from this run'),
  summary: text('the name of a file', {
    argument: '<file>',
    about: 'what the run wrote',
    default: 'coverage/coverage-summary.json',
  }),
  thresholds: text('the name of a file', {
    argument: '<file>',
    about: 'percent of each folder',
    default: 'test/coverage/thresholds.json',
  }),
  page: text('the name of a file', { argument: '<file>', about: 'the page', default: 'docs/coverage.md' }),
};

const usage = `Compares how much of the product the last run of the tests has run with a threshold for each folder:
npm test -- --coverage && npm run coverage -- [options]

${optionLines(options)}
It runs no tests itself. Exit codes: 0 no folder falls short, 1 one does, or no run with --coverage left a summary,
2 wrong arguments.
`;

await runCommand({
  name: 'coverage',
  usage,
  read: (args) => parseOptions(args, options).values,
  run: async ({ update, summary: summaryFile, thresholds: thresholdFile, page }) => {
    const [from, limits] = [inAny(summaryFile), inAny(thresholdFile)];
    if (!existsSync(from)) {
      process.stderr.write(`${summaryFile} is not there; run npm test -- --coverage first\n`);
      return 1;
    }
    const summary = JSON.parse(readFileSync(from, 'utf8')) as Summary;
    const shares = sharesOf(summary, root);
    const rows = [...Object.entries(shares), ['all', wholeOf(summary)] as const].map(([folder, share]) => [
      folder,
      ...measures.map((measure) => `${share[measure].toFixed(1)} %`),
    ]);
    write(`${tableOf([['folder', ...measures], ...rows])}\nof ${statSync(from).mtime.toISOString()}`);
    if (update) {
      const json = JSON.stringify(thresholdsOf(shares));
      writeFileSync(limits, await format(json, { parser: 'json', printWidth: 110 }));
      const table = markdownTable([['folder', ...measures], ...rows]);
      writeFileSync(inAny(page), replaceTable(readFileSync(inAny(page), 'utf8'), 'coverage', table));
      write(`${thresholdFile} and ${page} are written`);
      return 0;
    }
    const thresholds = existsSync(limits) ? (JSON.parse(readFileSync(limits, 'utf8')) as Shares) : {};
    const found = shortfalls(shares, thresholds);
    for (const line of found) write(line);
    return found.length === 0 ? 0 : 1;
  },
});

function inAny(file: string): string {
  return file.startsWith('/') ? file : inRoot(file);
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
