import { toRecordBatch } from '../../app/kinesis-event.ts';
import type { Ports } from '../../app/ports.ts';
import { giveUpAdEvent, giveUpIncrement } from '../../app/quarantine/give-up.ts';
import type { FailureRecord } from './failure-record.ts';

/**
 * Puts records that their function could not settle in the log's retention into the quarantine. An increment
 * is given up as its function would do it, so it is counted at most once, even if an invocation still runs.
 * An ad event is stored whole, with a skip item, so that it can be redriven; if an invocation settled it
 * after all, its id makes the redriven copy have no effect. Rejects with a PortError: try again; it may be
 * repeated.
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
