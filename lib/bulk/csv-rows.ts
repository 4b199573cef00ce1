import { CsvError, parse, type CsvErrorCode } from 'csv-parse/sync';
import { bodyBytesMax } from '../api/request/json-body.ts';
import { columnOf, isColumnName, meantInstead, requiredNames } from './columns.ts';
import { lineEndsBetween } from './decode-text.ts';
import { FileError, type Fault } from './file-error.ts';
import { unguardFormula } from './formula-guard.ts';

export const delimiters = { comma: ',', semicolon: ';', tab: '\t' } as const;
export type Delimiter = keyof typeof delimiters;
export const delimiterNames = Object.keys(delimiters) as Delimiter[];

export interface Row {
  readonly line: number;
  /** By the name of the column; empty cells too. */
  readonly cells: ReadonlyMap<string, string>;
}

export interface CsvOptions {
  /** undefined: the one with which the header has most columns that are known. */
  readonly delimiter: Delimiter | undefined;
  /** Cells are taken as they are: no quote before a formula is taken away. */
  readonly raw: boolean;
}

/**
 * Reads the rows of a CSV file, `rowsMax` at most; throws a FileError if its header is not of a file of ads.
 */
export function readCsv(
  bytes: Buffer,
  { delimiter, raw, rowsMax }: CsvOptions & { readonly rowsMax: number },
): { readonly rows: readonly Row[]; readonly faults: readonly Fault[] } {
  const records = readRecords(bytes, delimiters[delimiter ?? detectDelimiter(bytes)], 1 + rowsMax);
  const { header, faults } = records;
  if (header === undefined) throw new FileError(noHeader(records.faults));
  const names = readHeader(header.cells);
  const rows: Row[] = [];
  for (const { line, cells } of records.rows) {
    const message = misfit(cells, names);
    if (message !== undefined) faults.push({ line, message });
    else rows.push({ line, cells: new Map(cells.flatMap((cell, i) => toEntry(names[i], cell, raw))) });
  }
  return { rows, faults };
}

function toEntry(name: string | undefined, cell: string, raw: boolean): [string, string][] {
  return name === undefined || !isColumnName(name) ? [] : [[name, raw ? cell : unguardFormula(cell)]];
}

function noHeader([fault]: readonly Fault[]): string {
  if (fault === undefined) return 'is empty; its first row must name the columns';
  return `cannot be read: line ${fault.line} ${fault.message}`;
}

/** A delimiter makes the names of the columns apart: only the right one finds more than one that is known. */
function detectDelimiter(bytes: Buffer): Delimiter {
  const found = delimiterNames.map((name) => {
    const cells = readRecords(bytes, delimiters[name], 1).header?.cells ?? [];
    return { name, count: cells.filter((cell) => columnOf(cell) !== undefined).length };
  });
  return found.reduce((best, one) => (one.count > best.count ? one : best)).name;
}

/** The name of each column; undefined: it has none, and no cell may have anything. */
function readHeader(cells: readonly string[]): (string | undefined)[] {
  const names = cells.map((cell, i) => {
    if (isBlank(cell)) return undefined;
    const name = columnOf(cell);
    if (name !== undefined) return name;
    throw new FileError(
      `has a column ${i + 1} named ${JSON.stringify(cell)}, which is not known; ${meantInstead(cell)}`,
    );
  });
  const twice = names.find((name, i) => name !== undefined && names.indexOf(name) < i);
  if (twice !== undefined) throw new FileError(`has the column ${twice} twice; keep one of them`);
  const missing = requiredNames.filter((name) => !names.includes(name));
  const [one, ...more] = missing;
  if (one !== undefined && more.length === 0)
    throw new FileError(`lacks the column ${one}; add it to the first row`);
  if (more.length > 0)
    throw new FileError(`lacks the columns ${missing.join(', ')}; add them to the first row`);
  return names;
}

/** Why the row does not fit the header; undefined: it does. */
function misfit(cells: readonly string[], names: readonly (string | undefined)[]): string | undefined {
  const filled = cells.findLastIndex((cell) => !isBlank(cell)) + 1;
  const hint = 'put quotes around a cell that contains the delimiter, and keep empty cells';
  if (cells.length < names.length || filled > names.length)
    return `has ${cells.length} cells and the first row has ${names.length}; ${hint}`;
  const unnamed = cells.findIndex((cell, i) => names[i] === undefined && !isBlank(cell));
  return unnamed < 0
    ? undefined
    : `has a cell ${unnamed + 1}, and that column has no name; name it or empty it`;
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

interface Records {
  /** The first row that is not empty. */
  readonly header: CsvRecord | undefined;
  /** Without those whose cells are all empty, which spreadsheets leave at the end. */
  readonly rows: readonly CsvRecord[];
  /** A fault of the syntax ends the reading. */
  readonly faults: Fault[];
}

/** `recordsMax`: how many rows that are not empty are read. */
function readRecords(bytes: Buffer, delimiter: string, recordsMax: number): Records {
  const records: CsvRecord[] = [];
  const faults: Fault[] = [];
  let [line, startsAt] = [1, 0];
  const enough = new Error('enough');
  try {
    parse(bytes, {
      delimiter,
      bom: true,
      // Files of several programs put together have several.
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      max_record_size: bodyBytesMax,
      on_record: (cells: string[], { bytes: endsAt }) => {
        if (!cells.every(isBlank)) records.push({ line, cells });
        // The parser's own count takes a CRLF in quotes for two lines.
        line += lineEndsBetween(bytes, startsAt, endsAt);
        startsAt = endsAt;
        if (records.length >= recordsMax) throw enough;
        return null;
      },
    });
  } catch (error) {
    if (error instanceof CsvError) faults.push({ line, message: syntaxFault(error) });
    else if (error !== enough) throw error;
  }
  const [header, ...rows] = records;
  return { header, rows, faults };
}

const syntaxFaults: Readonly<Partial<Record<CsvErrorCode, string>>> = {
  CSV_QUOTE_NOT_CLOSED: 'begins with a quote that is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'goes on after its closing quote; write a quote inside a cell twice',
  INVALID_OPENING_QUOTE:
    'has a quote and does not begin with one; put quotes around the cell and write this one twice',
  CSV_MAX_RECORD_SIZE: `is longer than ${bodyBytesMax} bytes; a quote may not be closed`,
};

function syntaxFault(error: CsvError): string {
  const what = syntaxFaults[error.code];
  if (what === undefined) throw error;
  const { column } = error as { readonly column?: unknown };
  const isOfCell = typeof column === 'number' && error.code !== 'CSV_MAX_RECORD_SIZE';
  return `${isOfCell ? `cell ${column + 1} ` : ''}${what}; nothing after it could be read`;
}

function isBlank(cell: string): boolean {
  return cell.trim() === '';
}
