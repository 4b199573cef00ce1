import { constants, open, rename, type FileHandle } from 'node:fs/promises';
import type { Span, SpanAttributes, SpanExporter } from '../../ports/spans.ts';
import type { Log } from '../../ports/telemetry.ts';

/** How every trace file begins; only such a file may be renamed. */
const head = '[{"name":"adtally trace"';
/**
 * The default size at which a trace ends: viewers read it whole, and a browser can read some hundred
 * megabytes.
 */
export const traceBytesMax = 64 * 1024 * 1024;
export const traceBytesMin = 64 * 1024;
/** Events that wait for the disk; more are dropped. */
const waitingBytesMax = 8 * 1024 * 1024;
/** A span needs less, even with the names of a new thread; so do the last event and a link. */
const spanBytesMax = 1024;
const linkBytesMax = 256;

/** `trace-file`: the file cannot be written, or it exists and is not a trace. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';
  readonly code = 'trace-file';
}

/**
 * Writes spans in Chrome's Trace Event Format, which Perfetto reads too: an array that grows by whole events,
 * and whose end may be missing. Samples get half of the file; slow and failed requests may fill it. Rejects
 * with a TraceFileError.
 */
export async function openTraceFile(
  path: string,
  { bytesMax, log, about, originMs }: { bytesMax: number; log: Log; about: SpanAttributes; originMs: number },
): Promise<SpanExporter> {
  const stream = (await openNew(path, log)).createWriteStream();
  const eventsOf = createEvents(originMs);
  const counts = { spans: 0, dropped_spans: 0 };
  let bytes = 0;
  let ended: Promise<void> | undefined;
  const write = (text: string): void => {
    bytes += Buffer.byteLength(text);
    stream.write(text);
  };
  const note = (name: string, args: SpanAttributes): string =>
    JSON.stringify({ name, cat: 'trace', ph: 'i', s: 'g', ts: 0, pid: 0, tid: 0, args });
  const end = (reason: 'full' | 'stopped'): Promise<void> =>
    (ended ??= new Promise((resolve) => {
      const fields = { file: path, reason, ...counts };
      if (reason === 'full')
        log.warn('the trace ends: it reached its size limit (--trace-max-bytes)', fields);
      else log.info('the trace ends', fields);
      stream.once('close', resolve);
      stream.end(`,\n${note('end of the trace', { reason, ...counts })}\n]\n`);
    }));
  stream.on('error', ({ message }) => {
    log.warn('the trace ends: its file cannot be written', { file: path, error: message });
    ended = Promise.resolve();
  });
  write(`[${note('adtally trace', about)}`);
  return {
    export(spans) {
      if (ended !== undefined) return;
      const links = spans.reduce((sum, span) => sum + span.links.length, 0);
      const bytesAfter = bytes + (spans.length + 1) * spanBytesMax + links * linkBytesMax;
      const isSample = spans[0]?.attributes['kept'] === undefined;
      const isFull = bytesAfter > (isSample ? bytesMax / 2 : bytesMax);
      if (isFull || stream.writableLength > waitingBytesMax) {
        counts.dropped_spans += spans.length;
        if (isFull && !isSample) void end('full');
        return;
      }
      counts.spans += spans.length;
      for (const event of eventsOf(spans)) write(`,\n${JSON.stringify(event)}`);
    },
    stop: () => end('stopped'),
  };
}

/** Tries of `openNew`; each next one found that another process had made the file in between. */
const openTries = 10;

/**
 * Every process makes a file of its own. What stands at its path is renamed to `<path>.1`: a trace, of a run
 * that crashed or of a process that still writes and keeps it, or an empty file, whose owner may be about to
 * write the first event. What is not a regular file, such as a pipe, is written as it is.
 */
async function openNew(path: string, log: Log): Promise<FileHandle> {
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        return await open(path, 'wx');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === openTries) throw error;
      }
      const older = await openTrace(path);
      if (older === undefined) {
        if (tries < openTries - 1) continue;
        // A link to a file that does not exist.
        return await open(path, 'w');
      }
      if (!(await older.stat()).isFile()) return older;
      await older.close();
      const renamed = `${path}.1`;
      // What it would replace must be a trace as well.
      await (await openTrace(renamed))?.close();
      try {
        await rename(path, renamed);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        throw error;
      }
      log.info('the older trace is renamed', { file: path, renamed_to: renamed });
    }
  } catch (error) {
    if (error instanceof TraceFileError) throw error;
    throw new TraceFileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** A file that is a trace, empty or not a regular file; undefined if there is none. */
async function openTrace(path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDWR);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const stats = await handle.stat();
  if (!stats.isFile() || stats.size === 0) return handle;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(head.length), 0, head.length, 0);
  if (buffer.toString('latin1', 0, bytesRead) === head) return handle;
  await handle.close();
  throw new TraceFileError(`${path} exists and is not a trace`);
}

/** The spans of a thread are nested or follow one another, because viewers draw no others. */
interface Thread {
  readonly pid: number;
  readonly tid: number;
  /** The innermost is the last. */
  open: Span[];
  freeFromMs: number;
}

/**
 * Draws the spans of a trace below each other, in one group for all traces of its name; a group is a process
 * in the format.
 */
function createEvents(originMs: number): (spans: readonly Span[]) => object[] {
  const groups = new Map<string, Thread[]>();
  /** Whole nanoseconds from the start on, as microseconds. */
  const us = (ms: number): number => Math.round((ms - originMs) * 1e6) / 1000;

  /** The thread of its parent if it nests there, else the first that is free; a new one if there is none. */
  const threadOf = (span: Span, group: string, events: object[]): Thread => {
    const threads = groups.get(group) ?? [];
    groups.set(group, threads);
    const openIn = (thread: Thread): Span[] => thread.open.filter(({ endMs }) => endMs > span.startMs);
    const isBelow = (outer?: Span): boolean =>
      outer?.spanId === span.parentId && (outer?.endMs ?? 0) >= span.endMs;
    let thread =
      threads.find((one) => isBelow(openIn(one).at(-1))) ??
      threads.find(({ freeFromMs }) => freeFromMs <= span.startMs);
    if (thread === undefined) {
      const pid = [...groups.keys()].indexOf(group) + 1;
      thread = { pid, tid: pid * 100_000 + threads.length, open: [], freeFromMs: 0 };
      threads.push(thread);
      const names = { ph: 'M', pid, tid: thread.tid, args: { name: group } };
      events.push({ ...names, name: 'process_name' }, { ...names, name: 'thread_name' });
    }
    thread.open = [...openIn(thread), span];
    thread.freeFromMs = Math.max(thread.freeFromMs, span.endMs);
    return thread;
  };

  /**
   * Where the appends are, and the batches whose appends are not written yet. The size of the file bounds
   * both.
   */
  const appends = new Map<string, object>();
  const early = new Map<string, object[]>();
  let arrows = 0;
  const arrow = (append: object, batch: object): object[] => {
    const link = { name: 'settled in', cat: 'link', id: (arrows += 1) };
    return [
      { ...link, ...append, ph: 's' },
      { ...link, ...batch, ph: 'f', bp: 'e' },
    ];
  };

  return (spans) => {
    const events: object[] = [];
    for (const span of spans) {
      const { name, traceId, spanId, startMs, endMs, failed, links, attributes } = span;
      const { kept } = attributes;
      const group = `${spans[0]?.name ?? name}${kept === undefined ? '' : `, ${kept}`}`;
      const { pid, tid } = threadOf(span, group, events);
      const ts = us(startMs);
      // Computed from rounded times, so that a span does not seem to end after its end.
      const dur = Math.round((us(endMs) - ts) * 1000) / 1000;
      const args = { trace: traceId, span: spanId, ...attributes, ...(failed && { failed }) };
      events.push({ name, cat: 'span', ph: 'X', ts, dur, pid, tid, args });
      const at = { ts, pid, tid };
      if (name.endsWith(' append')) {
        appends.set(spanId, at);
        for (const batch of early.get(spanId) ?? []) events.push(...arrow(at, batch));
        early.delete(spanId);
      }
      for (const { spanId: id } of links) {
        const append = appends.get(id);
        if (append === undefined) early.set(id, [...(early.get(id) ?? []), at]);
        else events.push(...arrow(append, at));
      }
    }
    return events;
  };
}
