import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from './version.ts';

/** An invalid command line. The message names the argument, what it must be, and what it was. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An option of a command: how to read it, and its line in the usage text. */
export interface Option<Value> {
  /** What the usage text shows in place of a value; '' for a flag, which takes none. */
  readonly argument: string;
  readonly about: string;
  /** Values that it takes, for completion; empty or absent: too many, or nobody knows them. */
  readonly names?: readonly string[];
  /** Reads the value from the given texts, in order; throws a UsageError. `name` is for the message. */
  read(texts: readonly string[], name: string): Value;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type Values<Spec extends Options> = {
  readonly [Name in keyof Spec]: Spec[Name] extends Option<infer Value> ? Value : never;
};

interface Shape<Default = undefined> {
  readonly about: string;
  readonly argument?: string;
  readonly names?: readonly string[];
  /** The value if the option is not given; the usage text shows it. undefined: the value may be undefined. */
  readonly default?: Default;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

export function flag(about: string): Option<boolean> {
  return { argument: '', about, read: (texts) => texts.length > 0 };
}

/**
 * `parse` returns undefined for a text that is not `expected`. The last of several texts counts. Declare
 * options outside the call that reads them: inside it the compiler does not know which are always there.
 */
export function value<Value, Default = undefined>(
  expected: string,
  parse: (text: string) => Value | undefined,
  { argument = '<x>', about, names = [], ...shape }: Shape<Default>,
): Option<Value | Default> {
  const shown = shape.default === undefined ? about : `${about} (default ${String(shape.default)})`;
  return {
    ...{ argument, about: shown, names },
    read(texts, name) {
      const text = texts.at(-1);
      return text === undefined ? (shape.default as Default) : readOne(text, name, expected, parse);
    },
  };
}

/** An option that may be given up to `timesMax` times. */
export function many<Value>(
  expected: string,
  parse: (text: string) => Value | undefined,
  { argument = '<x>', about, timesMax }: Shape & { readonly timesMax: number },
): Option<readonly Value[]> {
  return {
    argument,
    about,
    read(texts, name) {
      if (texts.length > timesMax) throw new UsageError(`--${name} may be given ${timesMax} times at most`);
      return texts.map((text) => readOne(text, name, expected, parse));
    },
  };
}

function readOne<Value>(
  text: string,
  name: string,
  expected: string,
  parse: (text: string) => Value | undefined,
): Value {
  const parsed = parse(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(`--${name} must be ${expected}; got ${text === '' ? 'nothing' : text}`);
}

export function whole<Default = undefined>(shape: Shape<Default> & Bounds): Option<number | Default> {
  const parse = (text: string): number | undefined =>
    /^\d{1,15}$/.test(text) ? within(Number(text), shape) : undefined;
  return value(`a whole number from ${shape.min} to ${shape.max}`, parse, { argument: '<n>', ...shape });
}

export function decimal<Default = undefined>(shape: Shape<Default> & Bounds): Option<number | Default> {
  const parse = (text: string): number | undefined =>
    /^\d+(\.\d+)?$/.test(text) ? within(Number(text), shape) : undefined;
  return value(`a number from ${shape.min} to ${shape.max}`, parse, { argument: '<n>', ...shape });
}

function within(number: number, { min, max }: Bounds): number | undefined {
  return number >= min && number <= max ? number : undefined;
}

const units = { h: { name: 'hours', seconds: 3600 }, d: { name: 'days', seconds: 86_400 } } as const;

/** Read as seconds. */
export function duration<Default = undefined>(
  shape: Shape<Default> & { readonly unit: keyof typeof units; readonly min: number; readonly max: number },
): Option<number | Default> {
  const { unit, min, max } = shape;
  const parse = (text: string): number | undefined => {
    const count =
      text.endsWith(unit) && /^\d{1,9}.$/.test(text) ? within(Number(text.slice(0, -1)), shape) : undefined;
    return count === undefined ? undefined : count * units[unit].seconds;
  };
  return value(`${units[unit].name}, from ${min}${unit} to ${max}${unit}`, parse, {
    argument: `<n>${unit}`,
    ...shape,
  });
}

const perUnit = { s: 1, min: 60, h: 3600, day: 86_400 } as const;

/** Read as a number a second. */
export function rate<Default = undefined>({
  perSecondMax,
  ...shape
}: Shape<Default> & { readonly perSecondMax: number }): Option<number | Default> {
  const parse = (text: string): number | undefined => {
    const [, count, unit] = /^(\d{1,15}(?:\.\d{1,15})?)\/(s|min|h|day)$/.exec(text) ?? [];
    if (count === undefined || unit === undefined) return undefined;
    return within(Number(count) / perUnit[unit as keyof typeof perUnit], { min: 0, max: perSecondMax });
  };
  const expected = `a rate up to ${perSecondMax}/s, such as 50/s, 5.5/min, 100/h or 1000/day`;
  return value(expected, parse, { argument: '<n>/s', ...shape });
}

export function choice<const Name extends string, const Default extends string | undefined = undefined>(
  names: readonly Name[],
  shape: Shape<Default>,
): Option<Name | Default> {
  const parse = (text: string): Name | undefined => names.find((name) => name === text);
  return value(`one of ${names.join(', ')}`, parse, { argument: '<name>', names, ...shape });
}

/** Names separated by commas; each counts once. */
export function choices<const Name extends string>(
  names: readonly Name[],
  shape: Shape,
): Option<readonly Name[] | undefined> {
  const parse = (text: string): readonly Name[] | undefined => {
    const given = [...new Set(text.split(','))];
    const known = given.filter((one): one is Name => names.some((name) => name === one));
    return known.length === given.length ? known : undefined;
  };
  const expected = `some of ${names.join(', ')}, with commas between them`;
  return value(expected, parse, { argument: '<a,b>', names, ...shape });
}

/** Any text but an empty one; `expected` says what it names. */
export function text<Default = undefined>(expected: string, shape: Shape<Default>): Option<string | Default> {
  return value(expected, (given) => (given === '' ? undefined : given), shape);
}

export function serverUrl(shape: Shape): Option<URL | undefined> {
  const parse = (given: string): URL | undefined => {
    const url = URL.parse(given);
    return url?.protocol === 'http:' && url.port !== '' ? url : undefined;
  };
  return value('http://host:port', parse, { argument: '<url>', ...shape });
}

export interface Parsed<Spec extends Options> {
  readonly values: Values<Spec>;
  /** The arguments that are not options: a verb, an id. */
  readonly words: readonly string[];
  /** The names of the options that were given, without those that only have their default. */
  readonly given: ReadonlySet<string>;
}

/** Reads a command line; throws a UsageError, also for more than `wordsMax` words. */
export function parseOptions<Spec extends Options>(
  args: readonly string[],
  spec: Spec,
  wordsMax = 0,
): Parsed<Spec> {
  if (list !== undefined) {
    list(spec);
    throw new OptionsListed();
  }
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const types = Object.entries(spec).map(([name, { argument }]) => [
    name,
    { type: argument === '' ? 'boolean' : 'string' } as const,
  ]);
  const config = Object.fromEntries(types) as Record<string, { type: 'boolean' | 'string' }>;
  // Not strict, because our messages all have one form.
  const { tokens } = parseArgs({ args: [...args], options: config, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value: got, inlineValue } = token;
    if (!Object.hasOwn(spec, name)) throw new UsageError(unknownOption(rawName, Object.keys(spec)));
    const isFlag = spec[name]?.argument === '';
    if (isFlag && got !== undefined) throw new UsageError(`${rawName} takes no value; got ${got}`);
    if (!isFlag && (got === undefined || (!inlineValue && got.startsWith('--'))))
      throw new UsageError(`${rawName} needs a value`);
    given.set(name, [...(given.get(name) ?? []), got ?? '']);
  }
  if (words.length > wordsMax) throw new UsageError(`${words[wordsMax] ?? ''} is one argument too many`);
  const values = Object.entries(spec).map(([name, option]) => [
    name,
    option.read(given.get(name) ?? [], name),
  ]);
  return { values: Object.fromEntries(values) as Values<Spec>, words, given: new Set(given.keys()) };
}

function unknownOption(given: string, known: readonly string[]): string {
  const nearest = nearestName(
    given,
    ['help', 'version', ...known].map((name) => `--${name}`),
  );
  return `${given} is not an option${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

/** More edits than this, or a third of the name, make another name. */
const editsMax = 3;

/** The name that was probably meant: the one with the fewest letters inserted, left out, changed or swapped. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  // No name is so long, and the distance takes the product of two lengths.
  if (given.length > 40) return undefined;
  const within = Math.min(editsMax, Math.floor(given.replace(/^-+/, '').length / 3) || 1);
  const [nearest] = known
    .map((name) => ({ name, edits: editDistance(given, name) }))
    .filter(({ edits }) => edits <= within)
    .sort((a, b) => a.edits - b.edits);
  return nearest?.name;
}

/** Optimal string alignment. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const edits = [at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(rows, i - 1, j - 1) + cost];
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) edits.push(at(rows, i - 2, j - 2) + 1);
      row.push(Math.min(...edits));
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? Infinity;
}

/** Throws a UsageError if an option was given that `command` would ignore because it takes only `taken`. */
export function refuseIgnored(given: ReadonlySet<string>, command: string, taken: readonly string[]): void {
  const ignored = [...given].find((name) => !taken.includes(name));
  if (ignored === undefined) return;
  const names = taken.map((name) => `--${name}`).join(', ');
  throw new UsageError(`--${ignored} is not an option of ${command}; it takes ${names}`);
}

/** Throws a UsageError unless the folder that an option names is empty or does not exist yet. */
export function requireNewFolder(name: string, folder: string): void {
  const existing = nearestExisting(folder);
  const isThere = existing === resolve(folder);
  const refuse = (why: string): never => {
    throw new UsageError(`--${name} must be an empty or new folder; ${isThere ? folder : existing} ${why}`);
  };
  if (!statSync(existing).isDirectory()) refuse('is a file');
  if (isThere && readdirSync(existing).length > 0) refuse('is not empty');
}

/** The path, or the nearest folder above it that exists. */
export function nearestExisting(path: string): string {
  const absolute = resolve(path);
  return existsSync(absolute) ? absolute : nearestExisting(dirname(absolute));
}

/** The lines of the options in a usage text, with those that every command has. */
export function optionLines(spec: Options): string {
  const rows = Object.entries({ ...spec, help: flag('this text'), version: flag('the version') }).map(
    ([name, { argument, about }]) => [`  --${name} ${argument}`.trimEnd(), about] as const,
  );
  const width = Math.max(...rows.map(([option]) => option.length)) + 2;
  return rows
    .map(([option, about]) => `${option.padEnd(width)}${about.replaceAll('\n', `\n${' '.repeat(width)}`)}\n`)
    .join('');
}

/** Set by the launcher of the package `adtally`, and inherited by the processes that a command starts. */
export const launcherVariable = 'ADTALLY_LAUNCHER';

/**
 * How people start a command where they are: `adtally tokens` if the package is installed, `npm run tokens --`
 * in the repository. Arguments may follow.
 */
export function commandLine(name: string): string {
  if (process.env[launcherVariable] !== undefined) return `adtally ${name}`;
  return `npm ${name === 'start' || name === 'test' ? name : `run ${name}`} --`;
}

/** The same without arguments. */
export function commandName(name: string): string {
  return commandLine(name).replace(/ --$/, '');
}

export interface Command<Given> {
  /** As in `commandLine`. */
  readonly name: string;
  readonly usage: string;
  /** Throws a UsageError. */
  readonly read: (args: readonly string[]) => Given;
  /** Resolves to the exit code. */
  readonly run: (given: Given) => Promise<number>;
  /** What it prints is a log: lines that cannot be written are lost, and it goes on. */
  readonly losesOutput?: true;
}

/** Takes the options of a command that is not to run; undefined: commands run. */
let list: ((spec: Options) => void) | undefined;

/** Ends the reading of a command line whose options are listed. */
class OptionsListed extends Error {
  override readonly name = 'OptionsListed';
}

/** The options of the program that `load` imports for the first time. It calls `runCommand`, and does not run. */
export async function optionsOf(load: () => Promise<unknown>): Promise<Options> {
  let found: Options = {};
  list = (spec) => {
    found = spec;
  };
  try {
    await load();
  } finally {
    list = undefined;
  }
  return found;
}

function listOptions(read: (args: readonly string[]) => unknown): void {
  try {
    read([]);
  } catch (error) {
    if (!(error instanceof OptionsListed)) throw error;
  }
}

const wrongArguments = 2;
const outputLost = 4;
const helpEnd = `Any command ends with ${outputLost} if its standard output cannot be written.\n`;

let isGuarded = false;
let losesOutput = false;

/**
 * Says in a line that standard output cannot be written, and makes exit code 0 a 4. A reader that has seen enough
 * (`| head`) ends no work, and changes no exit code.
 */
export function guardStreams(): void {
  if (isGuarded) return;
  isGuarded = true;
  let isSaid = false;
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || losesOutput || isSaid) return;
    isSaid = true;
    const why = code === undefined ? '' : ` (${code})`;
    process.stderr.write(`standard output cannot be written${why}; make room, or write it elsewhere.\n`);
    process.on('exit', (exitCode) => {
      if (exitCode === 0) process.exitCode = outputLost;
    });
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => undefined);
}

/**
 * Runs a command on the arguments and streams of this process, and sets its exit code; 2: wrong arguments.
 */
export async function runCommand<Given>(command: Command<Given>): Promise<void> {
  const { name, usage, read, run } = command;
  if (list !== undefined) {
    listOptions(read);
    return;
  }
  guardStreams();
  const args = process.argv.slice(2);
  // Before all others, so that nobody has to know which arguments are missing.
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage + (command.losesOutput === true ? '' : helpEnd));
    return;
  }
  if (args.includes('--version')) {
    process.stdout.write(`adtally ${version}\n`);
    return;
  }
  let given: Given;
  try {
    given = read(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${sentence(error.message)}\nTry: ${commandLine(name)} --help\n`);
    process.exitCode = wrongArguments;
    return;
  }
  losesOutput = command.losesOutput === true;
  process.exitCode = await run(given);
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
