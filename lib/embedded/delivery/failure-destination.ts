import { Buffer } from 'node:buffer';
import { toRecordBatch } from '../../app/kinesis-event.ts';
import type { Ports } from '../../app/ports.ts';
import { giveUpIncrement } from '../../app/quarantine/give-up.ts';
import { skipKey } from '../../app/state-keys.ts';
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
    for (const record of records) {
      if (stream === 'increments') {
        await giveUpIncrement(ports, { shard: { epoch, shardId }, record, reason, count: 1 });
      } else {
        const { sequenceNumber, partitionKey, data, arrivedAtMs } = record;
        const place = { stream, epoch, shardId, sequenceNumber, partitionKey, arrivedAtMs };
        const quarantinedAtMs = ports.clock.nowMs();
        await ports.quarantine.store({ ...place, data: Buffer.from(data), quarantinedAtMs, reason });
        await ports.state.write({
          type: 'put',
          key: skipKey(stream, { epoch, shardId, sequenceNumber }),
          attributes: { state: 'quarantined', reason, count: 0n },
          // Told a second time, perhaps after it has been redriven or dropped.
          condition: { op: 'item-absent' },
        });
        ports.telemetry.error('gave up an ad event', { epoch, shardId, sequenceNumber, reason });
      }
    }
  };
}
