import middy from '@middy/core';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import type { TopKeysWriter } from '../../lib/app/counters/hot/top-keys-writer.ts';
import { deadlineOf, toBatchResponse, toRecordBatch } from '../../lib/app/kinesis-event.ts';
import type { Ports } from '../../lib/app/ports.ts';

/** Time reserved at the end to return the result and to clean up. */
const reserveMs = 2000;

export interface AggregateIncrementsDeps extends Pick<
  Ports,
  'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
> {
  /** A writer that its owner flushes after the last batch; default: the function's own. */
  readonly topKeys?: TopKeysWriter;
}

/**
 * Counts the increments of a Kinesis batch. Returns the lowest unsettled record (ReportBatchItemFailures). It
 * throws only for bugs and for an envelope that is not a Kinesis event.
 */
export function createAggregateIncrements(
  deps: AggregateIncrementsDeps,
): middy.MiddyfiedHandler<KinesisStreamEvent, KinesisStreamBatchResponse> {
  const aggregator = createAggregator(deps, deps.topKeys);
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async (event, context) => {
    const batch = toRecordBatch(event);
    const deadlineMs = deadlineOf(context, deps.clock, reserveMs);
    return toBatchResponse(await aggregator.aggregate(batch, { deadlineMs }));
  });
}
