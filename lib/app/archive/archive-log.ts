import { forEachConcurrently } from '../../core/concurrently.ts';
import { errorFields } from '../../ports/error-fields.ts';
import type { LogArchive } from '../../ports/log-archive.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { LogRecord, Shard } from '../../ports/log-reader.ts';
import { isPortError } from '../../ports/port-error.ts';
import type { StoredBook } from '../../ports/stored-book.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import {
  decodeArchiveBook,
  encodeArchiveBook,
  type ArchiveBook,
  type ArchivedShard,
} from './archive-book.ts';
import { archiveLimits, type ArchiveLimits } from './archive-limits.ts';
import { encodePart, partOf, unpackedBytesOf } from './part-codec.ts';

export type ArchiveLogDeps = Pick<Ports, 'clock' | 'telemetry'> & {
  readonly history: LogHistory;
  readonly archive: LogArchive;
  /** Of the archiver alone. */
  readonly book: StoredBook;
  /** The run is to end. Default: never. */
  readonly isLate?: () => boolean;
  /** Default: `archiveLimits`. */
  readonly limits?: ArchiveLimits;
};

export interface ArchiveResult {
  /** `unfinished`: it ran out of time, or a shard failed; the next run goes on. */
  readonly status: 'complete' | 'unfinished';
  readonly parts: number;
  readonly records: number;
  /** Places where the log had dropped records before they were archived. */
  readonly gaps: number;
}

/**
 * One run of the archiver: it copies what the log has got since the last run. A part holds what was read after the
 * end of another one, so parts without a hole between them are the log without a hole. A run that dies or fails
 * is made again by the next one, which may write records a second time; so may two runs at a time. Readers take
 * each once. Rejects with a PortError.
 */
export async function archiveLog(deps: ArchiveLogDeps): Promise<ArchiveResult> {
  const run = new ArchiveRun(deps);
  const result = await run.run();
  if (result.status === 'complete') deps.telemetry.count(metrics.archiveRuns);
  if (result.gaps > 0) {
    deps.telemetry.count(metrics.archiveGaps, result.gaps);
    deps.telemetry.error('the log dropped records before they were archived', { gaps: result.gaps });
  }
  deps.telemetry.info('the log has been archived', { ...result });
  return result;
}

class ArchiveRun {
  readonly #deps: ArchiveLogDeps;
  readonly #limits: ArchiveLimits;
  readonly #startedAtMs: number;
  #parts = 0;
  #records = 0;
  #gaps = 0;

  constructor(deps: ArchiveLogDeps) {
    this.#deps = deps;
    this.#limits = deps.limits ?? archiveLimits;
    this.#startedAtMs = deps.clock.nowMs();
  }

  async run(): Promise<ArchiveResult> {
    const { history, book, telemetry } = this.#deps;
    const stored = await book.read();
    const known = decodeArchiveBook(stored?.bytes);
    const listed = await history.shards();
    const shards = new Map(known.shards);
    const incomplete = new Set<string>();
    await forEachConcurrently(listed, this.#limits.shardsAtOnce, async (shard) => {
      const progress = new ShardProgress(known, shard.shardId);
      try {
        if (!(await this.#archive(shard, progress))) incomplete.add(shard.shardId);
      } catch (error) {
        if (!isPortError(error)) throw error;
        // The other shards go on, and what this one has got is noted.
        incomplete.add(shard.shardId);
        telemetry.warn('a shard could not be archived', errorFields(error));
      }
      shards.set(shard.shardId, progress.current);
    });
    const isComplete = incomplete.size === 0;
    const completeAtMs = isComplete ? this.#startedAtMs : known.completeAtMs;
    const bytes = encodeArchiveBook({ completeAtMs, shards: this.#remembered(shards, listed) });
    if (!(await book.write(bytes, stored?.version)))
      telemetry.info('another run of the archiver has written its book first');
    const counts = { parts: this.#parts, records: this.#records, gaps: this.#gaps };
    return { status: isComplete ? 'complete' : 'unfinished', ...counts };
  }

  /** Resolves to whether all is archived that had arrived when the run began. */
  async #archive(shard: Shard, progress: ShardProgress): Promise<boolean> {
    for (;;) {
      if (this.#deps.isLate?.() === true) return false;
      const { pages, isEnd } = await this.#readPart(shard.shardId, progress.current.through);
      // Asked after the records were read: what the log drops meanwhile is noticed too.
      const isWhole =
        !progress.current.gap && (await this.#deps.history.isWhole(shard.shardId, progress.position));
      if (isWhole) await this.#write(progress, progress.current.through, pages.flat());
      else await this.#writeApart(progress, pages);
      if (isEnd) {
        if (shard.closed) progress.end();
        return true;
      }
    }
  }

  /** Reads until a part is full or the shard ends, or comes to what arrived after the run began. */
  async #readPart(shardId: string, after: string | undefined) {
    const { recordsPerRead, bytesPerRead, recordsPerPart, bytesPerPart } = this.#limits;
    const pages: (readonly LogRecord[])[] = [];
    let records = 0;
    let bytes = 0;
    let from = after;
    while (records < recordsPerPart && bytes < bytesPerPart) {
      const size = { recordsMax: recordsPerRead, bytesMax: bytesPerRead };
      const page = await this.#deps.history.read(shardId, from, size);
      const last = page.at(-1);
      if (last === undefined) return { pages, isEnd: true };
      pages.push(page);
      records += page.length;
      for (const record of page) bytes += unpackedBytesOf(record);
      from = last.sequenceNumber;
      if (last.arrivedAtMs > this.#startedAtMs) return { pages, isEnd: true };
    }
    return { pages, isEnd: false };
  }

  /**
   * The log has dropped records, perhaps between two of these reads. Only those of one read follow on each other,
   * so each is a part of its own that begins with its first record.
   */
  async #writeApart(progress: ShardProgress, pages: readonly (readonly LogRecord[])[]): Promise<void> {
    if (progress.hasBegun && !progress.current.gap) this.#gaps += 1;
    progress.miss();
    for (const page of pages) {
      const [first] = page;
      if (first !== undefined) await this.#write(progress, before(first.sequenceNumber), page);
    }
  }

  async #write(
    progress: ShardProgress,
    after: string | undefined,
    records: readonly LogRecord[],
  ): Promise<void> {
    if (records.length === 0) return;
    const { archive } = this.#deps;
    const part = partOf(progress.shardId, after, records);
    await archive.write(part, encodePart(archive, part, records));
    this.#parts += 1;
    this.#records += records.length;
    progress.reach(part.through, part.lastArrivedAtMs);
  }

  /**
   * A shard that the log has forgotten is remembered, so that audits know what it had. Of too many, those go first that
   * are archived to their end.
   */
  #remembered(
    shards: Map<string, ArchivedShard>,
    listed: readonly Shard[],
  ): ReadonlyMap<string, ArchivedShard> {
    const inLog = new Set(listed.map(({ shardId }) => shardId));
    for (const [shardId, { ended }] of shards) {
      if (shards.size <= this.#limits.shardsMax) break;
      if (ended && !inLog.has(shardId)) shards.delete(shardId);
    }
    return shards;
  }
}

/** How far one shard is. */
class ShardProgress {
  readonly shardId: string;
  readonly #completeAtMs: number | undefined;
  current: ArchivedShard;

  constructor({ completeAtMs, shards }: ArchiveBook, shardId: string) {
    this.shardId = shardId;
    this.#completeAtMs = completeAtMs;
    this.current = shards.get(shardId) ?? { through: undefined, arrivedAtMs: 0, ended: false, gap: false };
  }

  /** As `isWhole` takes it: what comes after it arrived later than `atMs`. */
  get position(): { readonly sequenceNumber: string | undefined; readonly atMs: number } | undefined {
    const { through, arrivedAtMs } = this.current;
    if (!this.hasBegun) return undefined;
    return { sequenceNumber: through, atMs: Math.max(this.#completeAtMs ?? 0, arrivedAtMs) };
  }

  /** Otherwise the archive only begins later than the log did. */
  get hasBegun(): boolean {
    return this.current.through !== undefined || this.#completeAtMs !== undefined;
  }

  reach(through: string, arrivedAtMs: number): void {
    this.current = { through, arrivedAtMs, ended: false, gap: false };
  }

  miss(): void {
    this.current = { ...this.current, gap: true };
  }

  end(): void {
    this.current = { ...this.current, ended: true };
  }
}

function before(sequenceNumber: string): string {
  return String(BigInt(sequenceNumber) - 1n);
}
