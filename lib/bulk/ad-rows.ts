import type { AdsImport } from '../../client/index.ts';
import { importedAd } from '../api/import-schemas.ts';
import { assertUtf8 } from './decode-text.ts';
import { columnNames, columns, isColumnName, meantInstead, readOver, type ColumnName } from './columns.ts';
import { readCsv, type CsvOptions, type Row } from './csv-rows.ts';
import { FileError, type Fault } from './file-error.ts';
import { createTimeReader, type ReadTime, type TimeOptions } from './read-time.ts';

export const formats = ['csv', 'ndjson'] as const;
export type Format = (typeof formats)[number];

export type AdImport = AdsImport['ads'][number];

export interface AdRow {
  readonly line: number;
  readonly ad: AdImport;
}

export interface ReadOptions extends CsvOptions, TimeOptions {
  readonly format: Format;
}

/** All of a file is in memory before anything is sent. */
export const fileBytesMax = 256 * 1024 * 1024;
export const tooLong = `has over ${fileBytesMax} bytes; cut it into several files`;
export const adsPerFileMax = 200_000;

/**
 * Reads a file of ads by the rules of the API, so that nothing has to be sent to know what is wrong. `ads`: the rows
 * without fault. Throws a FileError for what is no file of ads.
 */
export function readAds(
  bytes: Buffer,
  options: ReadOptions,
): { readonly ads: readonly AdRow[]; readonly faults: readonly Fault[] } {
  if (bytes.length > fileBytesMax) throw new FileError(tooLong);
  assertUtf8(bytes);
  const readTime = createTimeReader(options);
  // One more shows that there are too many; a file of so many bytes may have a hundred million.
  const rowsMax = adsPerFileMax + 1;
  const { rows, faults } =
    options.format === 'csv'
      ? readCsvRows(bytes, { ...options, rowsMax }, readTime)
      : readNdjson(bytes, rowsMax, readTime);
  if (rows.length + faults.length > adsPerFileMax)
    throw new FileError(`has over ${adsPerFileMax} ads; cut it into several files`);
  const all = [...faults];
  const ads: AdRow[] = [];
  const lines = new Map<unknown, number>();
  for (const { line, ad, given, faults: unread } of rows) {
    const own = [...unread, ...faultsOf(ad, line, given, unread)];
    const name = ad['external_id'];
    const before = typeof name === 'string' ? lines.get(name) : undefined;
    if (before !== undefined) own.push(toFault(line, 'external_id', given, `is that of line ${before} too`));
    else lines.set(name, line);
    if (own.length === 0) ads.push({ line, ad: ad as unknown as AdImport });
    all.push(...own);
  }
  return { ads, faults: all.sort((a, b) => a.line - b.line) };
}

/** A row as the body of a request has it, not yet checked. */
interface Unchecked {
  readonly line: number;
  readonly ad: Readonly<Record<string, unknown>>;
  /** What the file has, for messages. */
  readonly given: (column: string) => string | undefined;
  readonly faults: readonly Fault[];
}

interface UncheckedRows {
  readonly rows: readonly Unchecked[];
  readonly faults: readonly Fault[];
}

type TimeReader = (text: string) => ReadTime;

function faultsOf(
  ad: Unchecked['ad'],
  line: number,
  given: Unchecked['given'],
  unread: readonly Fault[],
): Fault[] {
  const { error } = importedAd.safeParse(ad);
  const known = new Set(unread.map(({ column }) => column));
  const faults: Fault[] = [];
  for (const { path, message } of error?.issues ?? []) {
    const column = String(path[0] ?? '');
    // A list has one cell, so its first entry that is wrong is enough.
    if (known.has(column)) continue;
    known.add(column);
    const isMissing = isColumnName(column) && columns[column].isRequired && ad[column] === undefined;
    const within =
      isColumnName(column) && columns[column].kind === 'json' && path.length > 1
        ? `key ${path.slice(1).join('.')} ${message}`
        : message;
    faults.push(toFault(line, column, given, isMissing ? 'is missing' : within));
  }
  return faults;
}

function toFault(line: number, column: string, given: Unchecked['given'], message: string): Fault {
  const value = given(column);
  return {
    line,
    ...(column !== '' && { column }),
    ...(value !== undefined && value !== '' && { value }),
    message,
  };
}

function readCsvRows(
  bytes: Buffer,
  options: CsvOptions & { readonly rowsMax: number },
  readTime: TimeReader,
): UncheckedRows {
  const { rows, faults } = readCsv(bytes, options);
  return { rows: rows.map((row) => readCells(row, readTime)), faults };
}

function readCells({ line, cells }: Row, readTime: TimeReader): Unchecked {
  const given = (column: string): string | undefined => cells.get(column);
  const ad: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const column of columnNames) {
    const cell = cells.get(column) ?? '';
    const trimmed = cell.trim();
    if (trimmed === '') continue;
    const read = readCell(column, columns[column].kind === 'text' ? cell : trimmed, readTime);
    if (read.ok) ad[column] = read.value;
    else {
      ad[column] = cell;
      faults.push(toFault(line, column, given, read.message));
    }
  }
  return { line, ad, given, faults };
}

const jsonExamples: Readonly<Partial<Record<ColumnName, string>>> = {
  metadata: '{"line-item":"A7","rank":3}',
  goal: '{"impressions":{"total":100000},"pacing":"even"}',
  frequency: '{"max":3,"per":"P1D","scope":"ad"}',
};

type ReadCell =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

function readCell(column: ColumnName, cell: string, readTime: TimeReader): ReadCell {
  const { kind } = columns[column];
  switch (kind) {
    case 'text':
    case 'trimmed':
      return { ok: true, value: cell };
    case 'lower':
      return { ok: true, value: cell.toLowerCase() };
    case 'json': {
      const value = parseObject(cell);
      return value === undefined
        ? { ok: false, message: `must be a JSON object such as ${jsonExamples[column] ?? ''}` }
        : { ok: true, value };
    }
    case 'time': {
      const time = readTime(cell);
      return time.ok ? { ok: true, value: time.text } : time;
    }
    case 'number':
      // Anything else stays text, which the rule of the field refuses.
      return { ok: true, value: /^\d{1,5}$/.test(cell) ? Number(cell) : cell };
    case 'upper-list':
      return { ok: true, value: codesOf(cell.toUpperCase()) };
    case 'lower-list':
      return { ok: true, value: codesOf(cell.toLowerCase()) };
  }
}

/** No code contains any of these, so each may be between two of them. */
function codesOf(cell: string): string[] {
  return cell.split(/[|;,\s]+/).filter((code) => code !== '');
}

/** Between the codes of a list in a cell of an export. */
export const listSeparator = '|';

function readNdjson(bytes: Buffer, rowsMax: number, readTime: TimeReader): UncheckedRows {
  const rows: Unchecked[] = [];
  const faults: Fault[] = [];
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  let [line, start] = [0, 0];
  for (const { 0: lineEnd, index } of text.matchAll(/\r\n|\n|\r|$/g)) {
    const one = text.slice(start, index);
    [line, start] = [line + 1, index + lineEnd.length];
    if (one.trim() === '') continue;
    if (rows.length + faults.length >= rowsMax) break;
    const object = parseObject(one);
    if (object === undefined)
      faults.push({ line, message: 'must be one JSON object; write each ad in a line of its own' });
    else rows.push(readObject(line, object, readTime));
  }
  return { rows, faults };
}

function readObject(
  line: number,
  object: Readonly<Record<string, unknown>>,
  readTime: TimeReader,
): Unchecked {
  const given = (column: string): string | undefined =>
    Object.hasOwn(object, column) ? textOf(object[column]) : undefined;
  const ad: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (isMadeByApi(name)) continue;
    if (!isColumnName(name)) {
      faults.push({ line, column: name, message: `is not a field of an ad; ${meantInstead(name)}` });
      continue;
    }
    const time = columns[name].kind === 'time' && typeof value === 'string' ? readTime(value) : undefined;
    ad[name] = time?.ok === true ? time.text : value;
    if (time?.ok === false) faults.push(toFault(line, name, given, time.message));
  }
  return { line, ad, given, faults };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isMadeByApi(name: string): boolean {
  return readOver.includes(name);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
