import { LogGapError, type LogHistory } from '../../ports/log-history.ts';
import { partName, type ArchivedPart, type LogArchive } from '../../ports/log-archive.ts';
import { LogError, type LogRecord, type Shard } from '../../ports/log-reader.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StoredBook } from '../../ports/stored-book.ts';
import { decodeArchiveBook, emptyArchiveBook, type ArchiveBook } from './archive-book.ts';
import { archiveLimits, type ArchiveLimits } from './archive-limits.ts';
import { decodePart } from './part-codec.ts';

export interface ArchivedHistoryDeps {
  readonly log: LogHistory;
  /** Of the same stream and epoch. */
  readonly archive: LogArchive;
  /** Of the archiver. */
  readonly book: Pick<StoredBook, 'read'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Of the log: what is older has been settled. */
  readonly retentionMs: number;
  /** Default: `archiveLimits`. */
  readonly limits?: ArchiveLimits;
}

/** What a shard has dropped that is gone: no number is longer. */
const everything = '9'.repeat(128);

type After = Parameters<LogHistory['isWhole']>[1];

/**
 * A log with its archive. What the log still has is read from the log; only if it has dropped records after a
 * position, and the archive has all of them, is the archive read from there on, and then the log.
 */
export function createArchivedHistory(deps: ArchivedHistoryDeps): LogHistory {
  return new ArchivedHistory(deps);
}

class ArchivedHistory implements LogHistory {
  readonly stream;
  readonly epoch;
  readonly #deps: ArchivedHistoryDeps;
  readonly #limits: ArchiveLimits;
  /** The shards that the log knows, and the book, as of the last call of `shards`. */
  #inLog: ReadonlySet<string> = new Set();
  #book: ArchiveBook = emptyArchiveBook;
  /** The shards that are read from the archive. */
  readonly #covers = new Map<string, Cover>();
  /** By name, the one used last at the end. */
  readonly #unpacked = new Map<string, readonly LogRecord[]>();
  /** Parts that turned out to be missing or damaged. */
  readonly #damaged = new Set<string>();

  constructor(deps: ArchivedHistoryDeps) {
    this.#deps = deps;
    this.#limits = deps.limits ?? archiveLimits;
    this.stream = deps.log.stream;
    this.epoch = deps.log.epoch;
  }

  async shards(): Promise<readonly Shard[]> {
    const { log, archive, book } = this.#deps;
    // The log last: it knows every shard that the archive has, unless it has forgotten it.
    this.#book = decodeArchiveBook((await book.read())?.bytes);
    const archived = await archive.shardIds();
    const inLog = await log.shards();
    this.#inLog = new Set(inLog.map(({ shardId }) => shardId));
    const gone = new Set([...this.#book.shards.keys(), ...archived].filter((id) => !this.#inLog.has(id)));
    return [...Array.from(gone, (shardId) => ({ shardId, parentShardIds: [], closed: true })), ...inLog];
  }

  async isWhole(shardId: string, after: After): Promise<boolean> {
    const { log } = this.#deps;
    this.#covers.delete(shardId);
    if (this.#inLog.has(shardId) && (await log.isWhole(shardId, after))) return true;
    const cover = await this.#coverFrom(shardId, after?.sequenceNumber);
    if (!(await this.#goesOn(shardId, cover))) return false;
    this.#covers.set(shardId, cover);
    return true;
  }

  async droppedThrough(shardId: string): Promise<string | undefined> {
    const { log, clock, retentionMs } = this.#deps;
    const cover = this.#covers.get(shardId);
    if (!this.#inLog.has(shardId)) return everything;
    const dropped = await log.droppedThrough(shardId);
    if (dropped !== undefined || cover === undefined) return dropped;
    return this.#endBefore(cover, clock.nowMs() - retentionMs);
  }

  async read(
    shardId: string,
    after: string | undefined,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly LogRecord[]> {
    const cover = this.#covers.get(shardId);
    if (cover?.has(after) === true) {
      const records = await this.#recordsOf(cover.partAfter(after));
      const position = toNumber(after);
      const start = records.findIndex(({ sequenceNumber }) => BigInt(sequenceNumber) > position);
      return pageOf(records, start, limits);
    }
    return this.#inLog.has(shardId) ? this.#deps.log.read(shardId, after, limits) : [];
  }

  /** Whether nothing is missing after the cover. */
  async #goesOn(shardId: string, cover: Cover): Promise<boolean> {
    const { log } = this.#deps;
    const noted = this.#book.shards.get(shardId);
    // The archive has lost its end, or its book.
    const isUpToBook = noted !== undefined && toNumber(cover.end) >= toNumber(noted.through) && !noted.gap;
    if (!this.#inLog.has(shardId)) return isUpToBook && noted.ended;
    if (cover.isEmpty && !isUpToBook) return false;
    const completeAtMs = isUpToBook ? (this.#book.completeAtMs ?? 0) : 0;
    const position = {
      sequenceNumber: cover.end,
      atMs: Math.max(completeAtMs, cover.lastArrivedAtMs),
    };
    return log.isWhole(shardId, position);
  }

  /** The parts that follow on each other from there. */
  async #coverFrom(shardId: string, after: string | undefined): Promise<Cover> {
    const { partsPerList, partsMax } = this.#limits;
    const cover = new Cover(after);
    let behind: ArchivedPart | undefined;
    for (let count = 0; count <= partsMax; count += partsPerList) {
      const page = { limit: partsPerList, ...(behind !== undefined && { behind }) };
      const { parts, more } = await this.#deps.archive.parts(shardId, page);
      for (const part of parts) {
        if (this.#damaged.has(keyOf(part))) continue;
        if (!cover.add(part)) return cover;
      }
      behind = parts.at(-1);
      if (!more || behind === undefined) return cover;
    }
    throw new LogError(`the archive has more than ${partsMax} parts of ${shardId}`);
  }

  /** The last record that had arrived by then. One part may have older and younger ones. */
  async #endBefore(cover: Cover, atMs: number): Promise<string | undefined> {
    const { older, younger } = cover.partsAround(atMs);
    const records = younger === undefined ? [] : await this.#recordsOf(younger);
    return records.findLast(({ arrivedAtMs }) => arrivedAtMs < atMs)?.sequenceNumber ?? older?.through;
  }

  async #recordsOf(part: ArchivedPart): Promise<readonly LogRecord[]> {
    const key = keyOf(part);
    const known = this.#unpacked.get(key);
    const records = known ?? (await this.#unpack(part));
    if (records === undefined) {
      this.#damaged.add(key);
      throw new LogGapError(`the archive has lost ${part.shardId}/${partName(part)}, or it is damaged`);
    }
    this.#unpacked.delete(key);
    this.#unpacked.set(key, records);
    for (const oldest of this.#unpacked.keys()) {
      if (this.#unpacked.size <= this.#limits.unpackedMax) break;
      this.#unpacked.delete(oldest);
    }
    return records;
  }

  async #unpack(part: ArchivedPart): Promise<readonly LogRecord[] | undefined> {
    const { archive } = this.#deps;
    const bytes = await archive.read(part);
    return bytes === undefined ? undefined : decodePart(archive, part, bytes);
  }
}

/** Parts of one shard without a hole between them, from a position on. */
class Cover {
  readonly #from: bigint;
  readonly #parts: ArchivedPart[] = [];
  /** Up to the position: a reader may still wait for the marks of their records. */
  readonly #before: ArchivedPart[] = [];
  #end: string | undefined;
  lastArrivedAtMs = 0;

  constructor(from: string | undefined) {
    this.#from = toNumber(from);
    this.#end = from;
  }

  get end(): string | undefined {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Takes the parts in their order. false: a hole is before this one. */
  add(part: ArchivedPart): boolean {
    if (toNumber(part.after) > toNumber(this.#end)) return false;
    // Another part has all of it already.
    if (toNumber(part.through) <= toNumber(this.#end)) {
      if (this.isEmpty) this.#before.push(part);
      return true;
    }
    this.#parts.push(part);
    this.#end = part.through;
    this.lastArrivedAtMs = Math.max(this.lastArrivedAtMs, part.lastArrivedAtMs);
    return true;
  }

  has(after: string | undefined): boolean {
    const position = toNumber(after);
    return !this.isEmpty && position >= this.#from && position < toNumber(this.#end);
  }

  /** The part with the first record after this position, which the cover has. Their ends ascend. */
  partAfter(after: string | undefined): ArchivedPart {
    const position = toNumber(after);
    let [low, high] = [0, this.#parts.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (toNumber(this.#parts[middle]?.through) > position) high = middle;
      else low = middle + 1;
    }
    const part = this.#parts[low];
    if (part === undefined) throw new RangeError('a cover without this position');
    return part;
  }

  /** The last part whose records had all arrived by then, and the next one. */
  partsAround(atMs: number): { readonly older?: ArchivedPart; readonly younger?: ArchivedPart } {
    const parts = [...this.#before, ...this.#parts];
    const index = parts.findLastIndex(({ lastArrivedAtMs }) => lastArrivedAtMs < atMs);
    const [older, younger] = [parts[index], parts[index + 1]];
    return { ...(older && { older }), ...(younger && { younger }) };
  }
}

function pageOf(
  records: readonly LogRecord[],
  start: number,
  { recordsMax, bytesMax }: { readonly recordsMax: number; readonly bytesMax: number },
): readonly LogRecord[] {
  let bytes = 0;
  let end = start;
  while (end < records.length && end - start < recordsMax) {
    bytes += records[end]?.data.byteLength ?? 0;
    if (end > start && bytes > bytesMax) break;
    end += 1;
  }
  return records.slice(start, end);
}

function keyOf(part: ArchivedPart): string {
  return `${part.shardId}/${partName(part)}`;
}

/** Positions compare as numbers; before the first is -1. */
function toNumber(position: string | undefined): bigint {
  return BigInt(position ?? '-1');
}
