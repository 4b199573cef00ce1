import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { compareSequenceNumbers, isSequenceNumber } from '../../core/sequence-number.ts';
import type { ArchivedPart, LogArchive } from '../../ports/log-archive.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { compress, decompress } from '../compression.ts';

const format = 'adtally-archive-1';

type Incarnation = Pick<LogArchive, 'stream' | 'epoch'>;

/** The part that these records are; there is at least one. */
export function partOf(
  shardId: string,
  after: string | undefined,
  records: readonly LogRecord[],
): ArchivedPart {
  const last = records.at(-1);
  if (last === undefined) throw new RangeError('a part without records');
  return { shardId, after, through: last.sequenceNumber, lastArrivedAtMs: last.arrivedAtMs };
}

/**
 * Compressed JSON lines: a header, then one array a record: number, partition key, arrival, data as text; data that
 * are no text are in Base64, with a fifth member that says so.
 */
export function encodePart(
  { stream, epoch }: Incarnation,
  { shardId, after, through }: ArchivedPart,
  records: readonly LogRecord[],
): Uint8Array {
  const body = Buffer.from(records.map(toLine).join(''));
  const header = {
    format,
    stream,
    epoch,
    shardId,
    after: after ?? null,
    through,
    records: records.length,
    crc: crc32(body),
  };
  return compress(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]));
}

/** undefined: the bytes are not this part, or not all of it. */
export function decodePart(
  { stream, epoch }: Incarnation,
  part: ArchivedPart,
  bytes: Uint8Array,
): readonly LogRecord[] | undefined {
  const unpacked = decompress(bytes);
  if (unpacked === undefined) return undefined;
  const text = Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
  const end = text.indexOf(10);
  const header = end < 0 ? undefined : parse(text.toString('utf8', 0, end));
  if (header === undefined) return undefined;
  const body = text.subarray(end + 1);
  const { shardId, after, through } = part;
  const expected = { format, stream, epoch, shardId, through, crc: crc32(body) };
  const found = header as Record<string, unknown>;
  const isThis =
    Object.entries(expected).every(([name, value]) => found[name] === value) &&
    sameNumber(found['after'], after ?? null);
  if (!isThis) return undefined;
  const records = body.toString('utf8').split('\n').slice(0, -1).map(fromLine);
  return records.length === found['records'] && isInOrder(part, records) ? records : undefined;
}

type Line = readonly [number: string, key: string, arrivedAtMs: number, data: string, encoding?: 'base64'];

function toLine({ sequenceNumber, partitionKey, arrivedAtMs, data }: LogRecord): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const place = `${JSON.stringify(sequenceNumber)},${JSON.stringify(partitionKey)},${arrivedAtMs}`;
  const text = isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : undefined;
  // Text of control characters would be six times as long.
  return text !== undefined && text.length <= 2 * bytes.length + 2
    ? `[${place},${text}]\n`
    : `[${place},"${bytes.toString('base64')}","base64"]\n`;
}

/** The most that a record takes before it is compressed; a number and a time have less than 200 characters. */
export function unpackedBytesOf({ data, partitionKey }: LogRecord): number {
  return 2 * data.byteLength + 6 * partitionKey.length + 200;
}

/** The checksum says that this release, or one of its format, wrote the line. */
function fromLine(line: string): LogRecord {
  const [sequenceNumber, partitionKey, arrivedAtMs, data, encoding = 'utf8'] = JSON.parse(line) as Line;
  return { sequenceNumber, partitionKey, arrivedAtMs, data: Uint8Array.from(Buffer.from(data, encoding)) };
}

function isInOrder({ after, through }: ArchivedPart, records: readonly LogRecord[]): boolean {
  let last = after;
  for (const { sequenceNumber } of records) {
    if (last !== undefined && compareSequenceNumbers(sequenceNumber, last) <= 0) return false;
    last = sequenceNumber;
  }
  return last === through || (last !== undefined && compareSequenceNumbers(last, through) === 0);
}

function sameNumber(found: unknown, expected: string | null): boolean {
  if (expected === null || typeof found !== 'string' || !isSequenceNumber(found)) return found === expected;
  return compareSequenceNumbers(found, expected) === 0;
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
