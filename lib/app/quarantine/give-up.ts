import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute, type ShardRef } from '../../core/log-position.ts';
import { noPartitionKey, type StreamName } from '../../core/streams.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { metrics } from '../../ports/telemetry.ts';
import { moveMarks } from '../counters/counter-actions.ts';
import type { Ports } from '../ports.ts';
import { skipAction } from './skip-state.ts';

export interface GivenUp {
  readonly shard: ShardRef;
  readonly record: LogRecord;
  readonly reason: string;
}

type GiveUpPorts = Pick<Ports, 'state' | 'quarantine' | 'clock' | 'telemetry'>;

/**
 * Settles a record of `increments` without counting it. It stores the whole record in the quarantine; then
 * one transaction moves the mark over it and puts the skip item from which a redrive starts. The order
 * matters: a skip item without its record could never be redriven, while a record without a skip item is only
 * an unfinished attempt. `settled-before`: the mark had passed it already (another try counted it or gave it
 * up); only the quarantine's copy was written, which means nothing without a skip item. Rejects with a
 * QuarantineError or a StateStoreError: try again; it may have happened.
 */
export async function giveUpIncrement(
  deps: GiveUpPorts,
  givenUp: GivenUp,
): Promise<'quarantined' | 'settled-before'> {
  const nowMs = deps.clock.nowMs();
  const { shard, record, reason } = givenUp;
  const { sequenceNumber, partitionKey } = record;
  if (partitionKey === noPartitionKey) return giveUpKeyless(deps, givenUp);
  await keepInQuarantine(deps, 'increments', givenUp);
  const { counterKey, lane } = namedItem(partitionKey);
  const mark = { attribute: markAttribute(shard, lane), first: sequenceNumber, last: sequenceNumber };
  const result = await deps.state.transact([
    moveMarks(counterKey, [mark], nowMs),
    skipAction(idOf('increments', givenUp), { state: 'quarantined', reason, partitionKey }),
  ]);
  if (result.status === 'condition-failed') return 'settled-before';
  report(deps, 'gave up a record of increments', givenUp);
  return 'quarantined';
}

/**
 * A record without a partition key is in no order with any other, so no mark may pass it: the skip item alone
 * says that it is settled.
 */
async function giveUpKeyless(deps: GiveUpPorts, givenUp: GivenUp): Promise<'quarantined' | 'settled-before'> {
  const stream = 'increments';
  await keepInQuarantine(deps, stream, givenUp);
  const facts = { state: 'quarantined', reason: givenUp.reason, partitionKey: noPartitionKey } as const;
  const skip = skipAction(idOf(stream, givenUp), facts);
  const result = await deps.state.write({ ...skip, condition: { op: 'item-absent' } });
  if (result.status === 'condition-failed') return 'settled-before';
  report(deps, 'gave up a record without a partition key', givenUp);
  return 'quarantined';
}

/**
 * Quarantines a record of `ad-events` that its projector could not settle while the log had it, with a skip
 * item, so that it can be redriven. Reads no mark: if the event was decided after all, a redriven copy has no
 * effect because of its id. `settled-before`: there is a skip item; the record may have been redriven or
 * dropped since. Rejects as `giveUpIncrement` does.
 */
export async function giveUpAdEvent(
  deps: GiveUpPorts,
  givenUp: GivenUp,
): Promise<'quarantined' | 'settled-before'> {
  const { reason } = givenUp;
  await keepInQuarantine(deps, 'ad-events', givenUp);
  const result = await deps.state.write({
    ...skipAction(idOf('ad-events', givenUp), { state: 'quarantined', reason }),
    condition: { op: 'item-absent' },
  });
  if (result.status === 'condition-failed') return 'settled-before';
  report(deps, 'gave up an ad event', givenUp);
  return 'quarantined';
}

/** Stores the whole record. Without a skip item it is not yet given up. Rejects with a QuarantineError. */
export async function keepInQuarantine(
  { quarantine, clock }: Pick<Ports, 'quarantine' | 'clock'>,
  stream: StreamName,
  givenUp: GivenUp,
): Promise<void> {
  // Field by field: a delivered record has a getter for its data, which a spread would not copy.
  const { partitionKey, arrivedAtMs, data } = givenUp.record;
  const { reason } = givenUp;
  const quarantinedAtMs = clock.nowMs();
  await quarantine.store({
    ...idOf(stream, givenUp),
    partitionKey,
    arrivedAtMs,
    data,
    quarantinedAtMs,
    reason,
  });
}

function idOf(stream: StreamName, { shard: { epoch, shardId }, record: { sequenceNumber } }: GivenUp) {
  return { stream, epoch, shardId, sequenceNumber };
}

function report({ telemetry }: Pick<Ports, 'telemetry'>, message: string, givenUp: GivenUp): void {
  const { shard, record, reason } = givenUp;
  const { epoch, shardId } = shard;
  telemetry.count(metrics.recordsQuarantined);
  telemetry.error(message, { epoch, shardId, sequenceNumber: record.sequenceNumber, reason });
}
