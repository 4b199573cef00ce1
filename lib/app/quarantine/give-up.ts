import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute, type ShardRef } from '../../core/log-position.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { metrics } from '../../ports/telemetry.ts';
import { moveMarks } from '../counters/counter-actions.ts';
import type { Ports } from '../ports.ts';
import { skipKey } from '../state-keys.ts';

export interface GivenUp {
  readonly shard: ShardRef;
  readonly record: LogRecord;
  readonly reason: string;
  /** How many increments it stands for, if that is known; else 1. */
  readonly count: number;
}

/**
 * Settles a record of `increments` without counting it: keeps it whole in the quarantine, then, in one transaction,
 * moves its mark over it and puts the skip item from which a redrive starts. The order matters: a skip item without
 * its record could never be redriven, while a record without its skip item is only an attempt that did not finish.
 *
 * `settled-before`: the mark was past it already (counted, or given up, by another try); nothing was written but
 * the quarantine's copy, which without a skip item means nothing. Rejects with a QuarantineError or a StateStoreError:
 * try again, it may have happened.
 */
export async function giveUpIncrement(
  deps: Pick<Ports, 'state' | 'quarantine' | 'clock' | 'telemetry'>,
  { shard, record, reason, count }: GivenUp,
): Promise<'quarantined' | 'settled-before'> {
  const nowMs = deps.clock.nowMs();
  const { epoch, shardId } = shard;
  const { sequenceNumber, partitionKey, data, arrivedAtMs } = record;
  await deps.quarantine.store({
    stream: 'increments',
    epoch,
    shardId,
    sequenceNumber,
    partitionKey,
    data,
    arrivedAtMs,
    quarantinedAtMs: nowMs,
    reason,
  });
  const { counterKey, lane } = namedItem(partitionKey);
  const mark = { attribute: markAttribute(shard, lane), first: sequenceNumber, last: sequenceNumber };
  const result = await deps.state.transact([
    moveMarks(counterKey, [mark], nowMs),
    {
      type: 'put',
      key: skipKey('increments', { epoch, shardId, sequenceNumber }),
      attributes: {
        state: 'quarantined',
        reason,
        count: BigInt(count),
        partition_key: partitionKey.toWellFormed(),
      },
    },
  ]);
  if (result.status === 'condition-failed') return 'settled-before';
  deps.telemetry.count(metrics.recordsQuarantined);
  deps.telemetry.error('gave up a record of increments', { epoch, shardId, sequenceNumber, reason });
  return 'quarantined';
}
