import { emptyBook, withheldName, type AuditBook, type PendingRecord } from './audit-book.ts';

/** The bytes are not an audit's book of this version, stage and epoch. */
export class AuditFileError extends Error {
  override readonly name = 'AuditFileError';
}

/** What a book is expected to be; `name`: for messages. */
export interface ExpectedBook {
  readonly name: string;
  readonly stage: string;
  readonly epoch: string;
}

const format = 'adtally-audit-1';

/** Files of version 0.1.0 have no `eventId`. */
type StoredRecord = readonly [mark: string, sequenceNumber: string, value: string, eventId?: string];

/** Lines between two steps. */
const linesPerStep = 10_000;

/**
 * Decodes an audit's book from JSON lines: a header, then shards, counters, event ids and withheld records. It
 * yields from time to time, so that a process can do other things between. Throws an AuditFileError.
 */
export function* decodingBook(
  bytes: Uint8Array,
  { name: path, stage, epoch }: ExpectedBook,
): Generator<undefined, AuditBook> {
  const book = emptyBook(epoch);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  let lines = 0;
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
    const line = parseLine(path, text.toString('utf8', start, end));
    if (start === 0) readHeader(path, book, line, { stage, epoch });
    else readLine(path, book, line);
    start = end + 1;
    lines += 1;
    if (lines % linesPerStep === 0) yield;
  }
  if (start === 0 || start !== text.length)
    throw new AuditFileError(`${path} is not an audit file, or was cut short`);
  return book;
}

/** The lines of a book, several at a time. */
export function* encodingBook(stage: string, book: AuditBook): Generator<string> {
  let lines: string[] = [];
  for (const line of linesOf(stage, book)) {
    if (lines.push(`${JSON.stringify(line)}\n`) < linesPerStep) continue;
    yield lines.join('');
    lines = [];
  }
  yield lines.join('');
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
  if (book.began !== undefined) {
    const { positions, waiting, copies, withCopies } = book.began;
    yield ['began'];
    for (const [shardId, position = null] of positions) yield ['began-shard', shardId, position];
    for (const [key, records] of waiting) yield ['began-waiting', key, toStored(records)];
    for (const position of copies) yield ['began-copy', position];
    for (const key of withCopies) yield ['began-with-copies', key];
  }
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

function readLine(path: string, book: AuditBook, line: readonly unknown[]): void {
  const [kind, ...fields] = line;
  if (typeof kind === 'string' && kind.startsWith('began')) {
    if (readStart(book, line)) return;
    throw new AuditFileError(`${path} contains an unknown line`);
  }
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
      book.withheld.set(withheldName(key, position), { key, position, value: BigInt(value), eventId });
      break;
    }
    default:
      throw new AuditFileError(`${path} contains an unknown line`);
  }
}

/** The lines of `began`; false: it is none of them. */
function readStart(book: AuditBook, [kind, name, value]: readonly unknown[]): boolean {
  if (kind === 'began') {
    book.began = { positions: new Map(), waiting: new Map(), copies: new Set(), withCopies: new Set() };
    return true;
  }
  const { began } = book;
  if (began === undefined || typeof name !== 'string') return false;
  // They were made above.
  const positions = began.positions as Map<string, string | undefined>;
  const waiting = began.waiting as Map<string, readonly PendingRecord[]>;
  if (kind === 'began-shard') positions.set(name, (value as string | null) ?? undefined);
  else if (kind === 'began-waiting') waiting.set(name, fromStored(value as readonly StoredRecord[]));
  else if (kind === 'began-copy') (began.copies as Set<string>).add(name);
  else if (kind === 'began-with-copies') (began.withCopies as Set<string>).add(name);
  else return false;
  return true;
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
