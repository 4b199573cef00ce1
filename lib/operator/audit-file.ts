import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { positionText } from '../core/log-position.ts';
import { emptyBook, type AuditBook, type PendingRecord } from '../app/audit/audit-book.ts';

/** The file is not an audit file of this version and stage. */
export class AuditFileError extends Error {
  override readonly name = 'AuditFileError';
}

const format = 'adtally-audit-1';

/** Files of version 0.1.0 have no `eventId`. */
type StoredRecord = readonly [mark: string, sequenceNumber: string, value: string, eventId?: string];

/** Lines written at a time. */
const linesPerWrite = 10_000;

/**
 * Reads an audit's book from a file of JSON lines: a header, then shards, counters, event ids and withheld
 * records. A missing file is an empty book. Throws an AuditFileError.
 */
export function readAuditFile(path: string, stage: string, epoch: string): AuditBook {
  const book = emptyBook(epoch);
  if (!existsSync(path)) return book;
  const text = readFileSync(path);
  let start = 0;
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
    const line = parseLine(path, text.toString('utf8', start, end));
    if (start === 0) readHeader(path, book, line, { stage, epoch });
    else readLine(path, book, line);
    start = end + 1;
  }
  if (start === 0 || start !== text.length)
    throw new AuditFileError(`${path} is not an audit file, or was cut short`);
  return book;
}

/** Replaces the file atomically: a reader finds either the old file or the new one. */
export function writeAuditFile(path: string, stage: string, book: AuditBook): void {
  const temporary = `${path}.${process.pid}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    let lines: string[] = [];
    for (const line of linesOf(stage, book)) {
      if (lines.push(`${JSON.stringify(line)}\n`) < linesPerWrite) continue;
      writeSync(file, lines.join(''));
      lines = [];
    }
    writeSync(file, lines.join(''));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

function* linesOf(stage: string, book: AuditBook): Generator<readonly unknown[]> {
  const { epoch, whole, ranAtMs = null, unreadable } = book;
  yield [format, stage, epoch, whole, ranAtMs, unreadable];
  for (const [shardId, position = null] of book.positions) yield ['shard', shardId, position];
  for (const [key, { settled, pending, baseline }] of book.accounts) {
    yield [
      'counter',
      key,
      String(settled),
      baseline === undefined ? null : String(baseline),
      toStored(pending),
    ];
  }
  for (const [key, records] of book.suspects) yield ['suspects', key, toStored(records)];
  for (const [id, arrivedAtMs] of book.keyedIds) yield ['event', id, arrivedAtMs];
  for (const { key, position, value, eventId } of book.withheld.values()) {
    const { epoch, shardId, sequenceNumber } = position;
    yield ['withheld', key, epoch, shardId, sequenceNumber, String(value), ...given(eventId)];
  }
}

function readHeader(
  path: string,
  book: AuditBook,
  [found, stage, epoch, whole, ranAtMs, unreadable]: readonly unknown[],
  expected: { stage: string; epoch: string },
): void {
  if (found !== format) throw new AuditFileError(`${path} is not an audit file of this version`);
  if (stage !== expected.stage) throw new AuditFileError(`${path} belongs to stage ${String(stage)}`);
  // The counters come from another stream, so the sums in this book do not match this log.
  if (epoch !== expected.epoch) {
    throw new AuditFileError(
      `${path} belongs to stream epoch ${String(epoch)}; move it away to start a new audit`,
    );
  }
  book.whole = whole === true;
  book.ranAtMs = typeof ranAtMs === 'number' ? ranAtMs : undefined;
  book.unreadable = Number(unreadable);
}

function readLine(path: string, book: AuditBook, [kind, ...fields]: readonly unknown[]): void {
  switch (kind) {
    case 'shard': {
      const [shardId, position] = fields as [string, string | null];
      book.positions.set(shardId, position ?? undefined);
      break;
    }
    case 'counter': {
      const [key, settled, baseline, waiting] = fields as [
        string,
        string,
        string | null,
        readonly StoredRecord[],
      ];
      const pending = fromStored(waiting);
      book.accounts.set(key, {
        settled: BigInt(settled),
        pending,
        baseline: baseline === null ? undefined : BigInt(baseline),
      });
      break;
    }
    case 'suspects': {
      const [key, records] = fields as [string, readonly StoredRecord[]];
      book.suspects.set(key, fromStored(records));
      break;
    }
    case 'event': {
      const [id, arrivedAtMs] = fields as [string, number];
      book.keyedIds.set(id, arrivedAtMs);
      break;
    }
    case 'withheld': {
      const [key = '', epoch = '', shardId = '', sequenceNumber = '', value = '', eventId] =
        fields as readonly string[];
      const position = { epoch, shardId, sequenceNumber };
      book.withheld.set(positionText(position), { key, position, value: BigInt(value), eventId });
      break;
    }
    default:
      throw new AuditFileError(`${path} contains an unknown line`);
  }
}

function toStored(records: readonly PendingRecord[]): readonly StoredRecord[] {
  return records.map(({ mark, sequenceNumber, value, eventId }): StoredRecord => [
    mark,
    sequenceNumber,
    String(value),
    ...given(eventId),
  ]);
}

function fromStored(records: readonly StoredRecord[]): PendingRecord[] {
  return records.map(([mark, sequenceNumber, value, eventId]) => ({
    ...{ mark, sequenceNumber, value: BigInt(value), eventId },
  }));
}

function given(value: string | undefined): readonly [string] | readonly [] {
  return value === undefined ? [] : [value];
}

function parseLine(path: string, text: string): readonly unknown[] {
  try {
    const line: unknown = JSON.parse(text);
    if (Array.isArray(line)) return line;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new AuditFileError(`${path} is no audit file`);
}
