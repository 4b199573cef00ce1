import middy from '@middy/core';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { toBatchResponse, toRecordBatch } from '../../lib/app/kinesis-event.ts';
import type { Ports } from '../../lib/app/ports.ts';

/** Settles batches of ad-events in order. The mapping needs ReportBatchItemFailures. */
export function createProjectAds(
  deps: Pick<Ports, 'state' | 'schedule' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'>,
) {
  const projector = createAdProjector(deps);
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async (event) =>
    toBatchResponse(await projector.project(toRecordBatch(event))),
  );
}
