import middy from '@middy/core';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import type { TopKeysWriter } from '../../lib/app/counters/hot/top-keys-writer.ts';
import { toBatchResponse, toRecordBatch } from '../../lib/app/kinesis-event.ts';
import type { Ports } from '../../lib/app/ports.ts';

/** Kept back to end in order: to tell the outcome and to tidy up. */
const reserveMs = 2000;

export interface AggregateIncrementsDeps extends Pick<
  Ports,
  'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
> {
  /** Somebody else's, who writes what is left when no batch comes any more; by default the function has its own. */
  readonly topKeys?: TopKeysWriter;
}

/**
 * Counts the increments of a Kinesis batch. Answers with the lowest unsettled record (ReportBatchItemFailures); what
 * it throws is a bug or an envelope that is not a Kinesis event.
 */
export function createAggregateIncrements(
  deps: AggregateIncrementsDeps,
): middy.MiddyfiedHandler<KinesisStreamEvent, KinesisStreamBatchResponse> {
  const aggregator = createAggregator(deps, deps.topKeys);
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async (event, context) => {
    const batch = toRecordBatch(event);
    const leftMs = remainingMs(context);
    if (leftMs === undefined) return toBatchResponse(await aggregator.aggregate(batch));
    const deadlineMs = deps.clock.monotonicMs() + leftMs - reserveMs;
    return toBatchResponse(await aggregator.aggregate(batch, { deadlineMs }));
  });
}

/** undefined: nobody set a time limit. */
function remainingMs(context: Partial<Context> | undefined): number | undefined {
  return context?.getRemainingTimeInMillis?.();
}
