import type { StoredBook } from '../../ports/stored-book.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { AuditFileError, decodingBook, encodingBook } from './audit-book-codec.ts';
import { AuditUnfinishedError, emptyBook, type AuditBook } from './audit-book.ts';
import { scheduledAuditLimits, scheduledCountersMax, type AuditLimits } from './audit-limits.ts';
import { AuditLimitError } from './audit-reader.ts';
import { storeAuditResult, type AuditResult } from './audit-result.ts';
import { audit } from './audit.ts';
import { countersOf } from './audit-report.ts';
import { pacedPorts, type Pauses } from './paced-ports.ts';
import type { LogHistory } from '../../ports/log-history.ts';

export type ScheduledAuditDeps = Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'> & {
  /** Of `increments`. */
  readonly history: LogHistory;
  readonly book: StoredBook;
  readonly pauses: Pauses;
  /** The process is about to stop: a run ends as if it were out of time. Default: never. */
  readonly isStopping?: () => boolean;
  /** Default: `scheduledAuditLimits`. */
  readonly limits?: AuditLimits;
  /** Default: `scheduledCountersMax`. */
  readonly countersMax?: number;
};

/** Before the function's time-out, to write book and result. */
const reserveMs = 120_000;

/**
 * One run of the scheduled audit: it reads the stored book, audits from there on, and stores book and result. Two
 * runs at a time, or one that dies, do no harm: a book is replaced only as it was read, and a result only by a
 * later one. An audit that does not fit into its time is `unfinished`, and the next run goes on. Rejects with a
 * PortError; the book is then the old one or the new one.
 */
export async function runScheduledAudit(deps: ScheduledAuditDeps): Promise<AuditResult> {
  const atMs = deps.clock.nowMs();
  const result = await runFrom(deps, atMs);
  await storeAuditResult(deps.state, result);
  const { status, counters, differences } = result;
  const isDone = status !== 'unfinished' && status !== 'failed';
  if (!isDone && deps.isStopping?.() !== true) deps.telemetry.count(metrics.auditUnfinished);
  deps.telemetry.info('the audit has run', { status, counters, differences });
  return result;
}

async function runFrom(deps: ScheduledAuditDeps, atMs: number): Promise<AuditResult> {
  const { telemetry, clock, settings, pauses, countersMax = scheduledCountersMax } = deps;
  const startedMs = clock.monotonicMs();
  const timeMs = settings.functions['audit-counters'].timeoutSeconds * 1000 - reserveMs;
  const isLate = (): boolean => deps.isStopping?.() === true || clock.monotonicMs() - startedMs >= timeMs;
  const failed = (why: string): AuditResult => {
    telemetry.error('the audit cannot run', { why });
    return { status: 'failed', atMs, counters: 0, differences: 0 };
  };

  const stored = await deps.book.read();
  try {
    const book = stored === undefined ? emptyBook(deps.history.epoch) : await decode(deps, stored.bytes);
    const limits = deps.limits ?? scheduledAuditLimits;
    const found = await auditOrEnd({ ...deps, ...pacedPorts(deps, pauses), limits, isLate }, book);
    const counters = countersOf(book);
    if (counters > countersMax)
      return failed(`there are more than ${countersMax} counters; use the command audit`);
    const bytes = await encode(deps, book);
    if (!(await deps.book.write(bytes, stored?.version)))
      telemetry.info('another run of the audit has written its book first');
    return { ...found, atMs, counters };
  } catch (error) {
    // The text of both names no counter.
    if (error instanceof AuditFileError || error instanceof AuditLimitError) return failed(error.message);
    throw error;
  }
}

async function auditOrEnd(
  deps: Parameters<typeof audit>[0],
  book: AuditBook,
): Promise<Pick<AuditResult, 'status' | 'differences'>> {
  try {
    const { status, different } = await audit(deps, book);
    return { status, differences: different.length };
  } catch (error) {
    if (!(error instanceof AuditUnfinishedError)) throw error;
    return { status: 'unfinished', differences: 0 };
  }
}

async function decode(
  { clock, settings, history, book }: ScheduledAuditDeps,
  bytes: Uint8Array,
): Promise<AuditBook> {
  const expected = { name: book.name, stage: settings.stage, epoch: history.epoch };
  const decoding = decodingBook(bytes, expected);
  for (;;) {
    const step = decoding.next();
    if (step.done === true) return step.value;
    await clock.sleep(0);
  }
}

async function encode({ clock, settings }: ScheduledAuditDeps, book: AuditBook): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for (const lines of encodingBook(settings.stage, book)) {
    parts.push(Buffer.from(lines));
    await clock.sleep(0);
  }
  return Buffer.concat(parts);
}
