import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { systemClock } from '../adapters/system/system-clock.ts';
import { safeText } from '../core/safe-text.ts';
import {
  choice,
  commandLine,
  flag,
  optionLines,
  parseOptions,
  UsageError,
  value,
  type Command,
} from '../options.ts';
import {
  adsPerFileMax,
  fileBytesMax,
  formats,
  readAds,
  tooLong,
  type AdRow,
  type Format,
} from './ad-rows.ts';
import { connect, exitCodes, failureText, type ExitCode } from './api-client.ts';
import { addressDefault, addressOption, tokenOf, tokenOption } from './api-options.ts';
import { columnNames } from './columns.ts';
import { delimiterNames } from './csv-rows.ts';
import { FileError, type Fault } from './file-error.ts';
import { adsText, createProgress, format as formatNumber } from './progress.ts';
import { dateFormats } from './read-time.ts';
import { sendAds, type Outcome } from './send-ads.ts';
import { isZoneName } from './time-zone.ts';

const options = {
  url: addressOption(`the API (default ${addressDefault})`),
  token: tokenOption,
  format: choice(formats, {
    about: 'csv or ndjson (default: by the name: .csv, .tsv, .ndjson, .jsonl)',
  }),
  delimiter: choice(delimiterNames, {
    about: `between cells: ${delimiterNames.join(', ')} (default: the one that the first row shows)`,
  }),
  timezone: value(
    'the name of a time zone such as Asia/Taipei',
    (name) => (isZoneName(name) ? name : undefined),
    {
      argument: '<zone>',
      about: 'of times without an offset',
      default: 'UTC',
    },
  ),
  'date-format': choice(dateFormats, {
    about: `dmy or mdy, of dates that do not begin with the year: 31/12/2026 or 12/31/2026
(default: they are refused)`,
  }),
  raw: flag(
    "takes cells as they are (default: a ' before = + - @ is taken away, as an export puts it there)",
  ),
  'dry-run': flag('checks every row and sends nothing'),
  json: flag('one JSON object a line: for each ad what became of it, or for each faulty row what is wrong'),
};

const usage = `Creates or changes ads from a file, each by its external_id: ${commandLine('import')} <file> [options]

${optionLines(options)}
The first row of a CSV names the columns, in any order and in upper or lower case: ${columnNames.slice(0, 5).join(', ')}
are required; ${columnNames.slice(5, 10).join(', ')} may be missing or empty, which targets everyone,
and ${columnNames.slice(10).join(', ')} too; metadata, goal and frequency are JSON objects.
Several values in a cell have | ; , or a space between them: TW|JP. Times: 2026-12-01T09:00:00+08:00, 2026-12-01 09:00,
2026-12-01 (its midnight). A row is all of an ad: what is empty is cleared. NDJSON has an ad of the API in each line.
The columns id, version and created_at of an export are not read. - reads standard input and needs --format. A file
has at most ${formatNumber(adsPerFileMax)} ads and ${fileBytesMax / 1024 / 1024} MiB.

Nothing is sent if a row is faulty. An import that ended early can be run again: it doubles nothing, and what is
so already is unchanged. An ad that was not decided within 10 s is sent again; its result is that of the last sending.
Exit codes: 0 all are created, updated or unchanged; 1 some were refused; 2 wrong arguments, or a file with faults;
4 the API does not answer or refuses the call: run it again.
`;

interface ImportOptions extends Omit<Parameters<typeof readAds>[1], 'format'> {
  readonly file: string;
  readonly format: Format;
  readonly url: string;
  readonly token: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const importCommand: Command<ImportOptions> = { name: 'import', usage, read, run };

function read(args: readonly string[]): ImportOptions {
  const { values, words } = parseOptions(args, options, 1);
  const [file] = words;
  if (file === undefined) throw new UsageError('The file of ads is missing');
  const format = values.format ?? formatOf(file);
  if (format === undefined) throw new UsageError(whyNoFormat(file));
  const { delimiter, timezone, raw, json, url = addressDefault } = values;
  const given = { delimiter, timezone, raw, json, url, dateFormat: values['date-format'] };
  return { file, format, ...given, token: tokenOf(values.token), dryRun: values['dry-run'] };
}

function whyNoFormat(file: string): string {
  if (file === '-') return '--format must be given: standard input has no name that says csv or ndjson';
  if (!existsSync(file)) return `${file} does not exist`;
  return `--format must be given: the name ${file} does not say whether it is csv or ndjson`;
}

/** undefined: its name does not say. */
export function formatOf(file: string): Format | undefined {
  const extension = extname(file).toLowerCase();
  if (['.csv', '.tsv'].includes(extension)) return 'csv';
  return ['.ndjson', '.jsonl'].includes(extension) ? 'ndjson' : undefined;
}

async function run(given: ImportOptions): Promise<ExitCode> {
  const { file, json, dryRun } = given;
  const out = (text: string): void => void process.stdout.write(text);
  const complain = (text: string): void => void process.stderr.write(text);
  let rows: readonly AdRow[];
  try {
    const { ads, faults } = readAds(await readBytes(file), given);
    if (faults.length > 0) {
      if (json) for (const fault of faults) out(`${JSON.stringify(fault)}\n`);
      complain(faultsText(file, faults, json));
      return exitCodes.wrongInput;
    }
    rows = ads;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    complain(`${file} ${error.message}${error.message.endsWith('?') ? '' : '.'}\n`);
    return exitCodes.wrongInput;
  }
  if (dryRun || rows.length === 0) {
    (json ? complain : out)(`${file}: ${adsText(rows.length)}, all valid; nothing was sent\n`);
    return exitCodes.done;
  }
  return send(rows, given, out, complain);
}

type Write = (text: string) => void;

async function send(
  rows: readonly AdRow[],
  { url, token, file, json }: ImportOptions,
  out: Write,
  complain: Write,
): Promise<ExitCode> {
  const startedAtMs = systemClock.monotonicMs();
  const { isTTY: terminal } = json ? process.stderr : process.stdout;
  const progress = createProgress({ clock: systemClock, write: json ? complain : out, terminal });
  const onProgress = progress.phase(file, rows.length);
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0, accepted: 0 };
  const refused: Outcome[] = [];
  let failure: string | undefined;
  let done = 0;
  try {
    await sendAds(await connect({ url, token }), rows, (outcome) => {
      counts[outcome.result] += 1;
      if (outcome.result === 'refused') refused.push(outcome);
      if (json) out(`${JSON.stringify(outcome)}\n`);
      onProgress((done += 1));
    });
  } catch (error) {
    failure = failureText(url, error);
  }
  const seconds = ((systemClock.monotonicMs() - startedAtMs) / 1000).toFixed(1);
  const { created, updated, unchanged } = counts;
  const decided = Object.entries({ created, updated, unchanged, refused: refused.length });
  const tally = decided.map(([result, count]) => `${formatNumber(count)} ${result}`).join(', ');
  progress.finish(`${adsText(rows.length)} in ${seconds} s: ${tally}`);
  if (!json) complain(linesText(refused.map(refusedText)));
  if (failure !== undefined) {
    complain(
      `${failure}\n${adsText(rows.length - done)} not confirmed. Run the import again: it doubles nothing.\n`,
    );
    return exitCodes.failed;
  }
  if (counts.accepted > 0) {
    complain(`${adsText(counts.accepted)} not decided yet, but logged. Run the import again to see.\n`);
    return exitCodes.failed;
  }
  return refused.length > 0 ? exitCodes.refused : exitCodes.done;
}

/** Throws a FileError. `-`: standard input. */
async function readBytes(file: string): Promise<Buffer> {
  if (file === '-') return readStandardInput();
  try {
    // Before a gigabyte is read.
    if ((await stat(file)).size > fileBytesMax) throw new FileError(tooLong);
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new FileError(code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}`);
  }
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > fileBytesMax) throw new FileError(tooLong);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const linesShownMax = 100;
const valueCharactersMax = 60;

function faultsText(file: string, faults: readonly Fault[], json: boolean): string {
  const rows = new Set(faults.map(({ line }) => line)).size;
  const head = `${file} has ${formatNumber(rows)} faulty row${rows === 1 ? '' : 's'}; nothing was sent.\n`;
  return json ? head : head + linesText(faults.map(faultText));
}

function faultText({ line, column, value: given, message }: Fault): string {
  const subject = column === undefined ? '' : ` ${safeWord(column)}`;
  const got = given === undefined ? '' : `; got ${safeText(given, valueCharactersMax)}`;
  return `line ${line}:${subject} ${message}${got}`;
}

/** The name of a field may be anything in NDJSON. */
function safeWord(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : safeText(name, valueCharactersMax);
}

function refusedText({ line, external_id: name, problem }: Outcome): string {
  const fields = problem?.errors.map(({ path, message }) => `${path} ${message}`) ?? [];
  const why = fields.length > 0 ? fields.join(', ') : (problem?.detail ?? 'the API does not say why');
  return `line ${line}: ${safeText(name, valueCharactersMax)} was refused: ${why}`;
}

function linesText(lines: readonly string[]): string {
  const shown = lines.slice(0, linesShownMax).map((line) => `  ${line}\n`);
  const more = lines.length - shown.length;
  return shown.join('') + (more > 0 ? `  and ${formatNumber(more)} more; --json shows all\n` : '');
}
