import type { KinesisStreamEvent } from 'aws-lambda';
import { AssertionError } from '../../core/assert.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogReader } from '../../ports/log-reader.ts';
import { errorName } from '../../ports/port-error.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { DeliverySettings } from '../../stages.ts';
import { backoffMs, type Backoff } from '../../core/backoff.ts';
import type { Invoker } from './invoker.ts';
import type { FailureRecord } from './failure-record.ts';
import type { Pacer } from './pacer.ts';

/** What a mapping reads, and where its records go. */
export interface MappingSource {
  /** Names the checkpoints: the function's name. */
  readonly consumer: string;
  readonly settings: DeliverySettings;
  readonly streamArn: string;
  readonly reader: LogReader;
  /** The function. Its answer is read as Lambda reads it with ReportBatchItemFailures. */
  readonly invoke: (event: KinesisStreamEvent) => Promise<unknown>;
  /** The failure destination; tried until it resolves, so it may get the same records twice. */
  readonly onFailure: (record: FailureRecord) => Promise<void>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What all parts of one mapping share. */
export interface MappingContext extends MappingSource {
  readonly backoff: Backoff;
  readonly invoker: Invoker;
  readonly pacer: Pacer;
  readonly stop: AbortSignal;
}

/** A function, so that the compiler does not assume the same answer before and after an await. */
export function stopping(context: Pick<MappingContext, 'stop'>): boolean {
  return context.stop.aborted;
}

/**
 * Tries again and again, with backoff, until the work succeeds; undefined: the mapping was stopped first. A
 * broken invariant is not tried again.
 */
export async function untilItWorks<T>(
  context: Pick<MappingContext, 'consumer' | 'clock' | 'telemetry' | 'backoff' | 'stop'>,
  what: string,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const { consumer, clock, telemetry, backoff, stop } = context;
  for (let failures = 1; !stopping(context); failures += 1) {
    try {
      return { value: await work() };
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      telemetry.warn(`could not ${what}, will try again`, { consumer, failures, error: errorName(error) });
      await clock.sleep(backoffMs(failures, backoff), stop);
    }
  }
  return undefined;
}
