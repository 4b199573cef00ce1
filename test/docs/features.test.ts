import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

/** The last table of docs/from-other-designs.md: each feature, and a command that anybody can run to see it. */

const page = readFileSync('docs/from-other-designs.md', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

interface Row {
  readonly number: number;
  readonly verdict: string;
  readonly commands: readonly string[];
}

function rowsOf(text: string): readonly Row[] {
  const table = /<!-- features -->([^]*?)<!-- end of features -->/.exec(text)?.[1] ?? '';
  return Array.from(
    table.matchAll(/^\| *(\d+) *\|([^|]*)\|(.*)\|$/gm),
    ([, number, verdict = '', commands = '']) => ({
      number: Number(number),
      verdict: verdict.trim(),
      commands: Array.from(commands.matchAll(/`([^`]+)`/g), ([, command = '']) => command),
    }),
  );
}

const helps = new Map<string, Promise<string>>();

/** What a script prints for `--help`. */
function helpOf(script: string): Promise<string> {
  const known = helps.get(script) ?? readHelp(scripts[script] ?? '');
  helps.set(script, known);
  return known;
}

async function readHelp(line: string): Promise<string> {
  const args = [...line.split(' ').slice(1), '--help'];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    return stdout + stderr;
  }
}

/** What of a command does not exist; undefined: all of it does. */
async function commandFault(command: string): Promise<string | undefined> {
  const [, run, bare, rest = ''] =
    /^npm (?:run ([a-z][a-z:-]*)|(start|test))(?: -- (.*))?$/.exec(command) ?? [];
  const script = run ?? bare;
  if (script === undefined) return 'must be npm run, npm start or npm test';
  if (!(script in scripts)) return `${script} is no script`;
  const words = rest.split(' ').filter((word) => word !== '');
  if (script === 'test') {
    const missing = words.find((path) => !existsSync(path) && globSync(`${path}*`).length === 0);
    return words.length === 0 ? 'must name its tests' : missing && `${missing} is no test`;
  }
  if (words.length === 0) return undefined;
  const help = await helpOf(script);
  const [verb = ''] = words;
  if (!verb.startsWith('-') && !new RegExp(`^ +${verb}\\b|[:,] ${verb}(?:,|$)`, 'm').test(help))
    return `${verb} is no command`;
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] ?? '');
  const unknown = options.find((option) => !new RegExp(`${option}\\b(?!-)`).test(help));
  return unknown && `${unknown} is no option of ${script}`;
}

const rows = rowsOf(page);

describe('the table of features', () => {
  it('has each number once, in order, from 1 to 19, with a verdict', () => {
    const numbers = rows.map(({ number }) => number);
    expect(numbers.length).toBeGreaterThanOrEqual(4);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.filter((number) => number < 1 || number > 19)).toEqual([]);
    expect(rows.filter(({ verdict }) => !['built', 'in part', 'left out'].includes(verdict))).toEqual([]);
  });

  it.each(rows)('names commands that exist for $number', async ({ commands }) => {
    expect(commands.length).toBeGreaterThan(0);
    const faults = await Promise.all(commands.map(commandFault));
    expect(commands.filter((_command, index) => faults[index] !== undefined)).toEqual([]);
  });

  it.each([
    ['node bin/local.ts', 'must be npm run, npm start or npm test'],
    ['npm run nothing', 'nothing is no script'],
    ['npm start -- --default-moed sync', '--default-moed is no option of start'],
    ['npm start -- --rate-per', '--rate-per is no option of start'],
    ['npm run tokens -- make --rate 5', 'make is no command'],
    ['npm run tokens -- create --quota 5', '--quota is no option of tokens'],
    ['npm test', 'must name its tests'],
    ['npm test -- test/functions/nothing', 'test/functions/nothing is no test'],
    ['npm test -- test/functions/counters', undefined],
    ['npm run simulate', undefined],
  ])('would notice %s', async (command, fault) => {
    expect(await commandFault(command)).toBe(fault);
  });
});
