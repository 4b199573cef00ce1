import middy from '@middy/core';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { deadlineOf, toBatchResponse, toRecordBatch } from '../../lib/app/kinesis-event.ts';
import type { Ports } from '../../lib/app/ports.ts';

/** One round with services that hang: schedules (twice 4 s), a transaction, the head read (5 s each). */
const reserveMs = 20_000;

/** Settles batches of ad-events in order. The mapping needs ReportBatchItemFailures. */
export function createProjectAds(
  deps: Pick<
    Ports,
    'state' | 'blobs' | 'schedule' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
  >,
) {
  const projector = createAdProjector(deps, {
    snapshotBlobsFromBytes: deps.settings.ads.snapshotBlobsFromBytes,
  });
  return middy<KinesisStreamEvent, KinesisStreamBatchResponse>().handler(async (event, context) => {
    const deadlineMs = deadlineOf(context, deps.clock, reserveMs);
    return toBatchResponse(await projector.project(toRecordBatch(event), { deadlineMs }));
  });
}
