import { toRecordBatch } from '../../app/kinesis-event.ts';
import type { Ports } from '../../app/ports.ts';
import { giveUpAdEvent, giveUpIncrement } from '../../app/quarantine/give-up.ts';
import type { FailureRecord } from './failure-record.ts';

/**
 * Where a mapping sends what its function could not settle in the log's retention: into the quarantine. An
 * increment is given up as its function would have done it, so that it is counted at most once however late
 * an invocation still is; an ad event is kept whole, with a skip item that opens it to a redrive: appended
 * again, it is absorbed by its id if an invocation settled it after all. Rejects with a PortError: to be
 * tried again, and it may be repeated.
 */
export function createFailureDestination(
  ports: Pick<Ports, 'state' | 'quarantine' | 'clock' | 'telemetry'>,
): (failure: FailureRecord) => Promise<void> {
  return async ({ requestContext, payload }) => {
    const { stream, epoch, shardId, records } = toRecordBatch(payload);
    const reason = requestContext.condition;
    const shard = { epoch, shardId };
    for (const record of records) {
      if (stream === 'increments') await giveUpIncrement(ports, { shard, record, reason });
      else await giveUpAdEvent(ports, { shard, record, reason });
    }
  };
}
