import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute, type ShardRef } from '../../core/log-position.ts';
import type { StreamName } from '../../core/streams.ts';
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
 * Settles a record of `increments` without counting it: keeps it whole in the quarantine, then, in one transaction,
 * moves its mark over it and puts the skip item from which a redrive starts. The order matters: a skip item without
 * its record could never be redriven, while a record without its skip item is only an attempt that did not finish.
 *
 * `settled-before`: the mark was past it already (counted, or given up, by another try); nothing was written but
 * the quarantine's copy, which without a skip item means nothing. Rejects with a QuarantineError or a StateStoreError:
 * try again, it may have happened.
 */
export async function giveUpIncrement(
  deps: GiveUpPorts,
  givenUp: GivenUp,
): Promise<'quarantined' | 'settled-before'> {
  const nowMs = deps.clock.nowMs();
  const { shard, record, reason } = givenUp;
  const { sequenceNumber, partitionKey } = record;
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
 * Keeps a record of `ad-events` that its projector could not settle while the log had it, with the skip item that opens
 * it to a redrive. No mark is looked at: should the event have been decided after all, its copy is absorbed by its id.
 *
 * `settled-before`: there is a skip item; perhaps the record has been redriven or dropped since. Rejects as
 * `giveUpIncrement`.
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

/** Stores the record whole. Without a skip item that means nothing yet. Rejects with a QuarantineError. */
export async function keepInQuarantine(
  { quarantine, clock }: Pick<Ports, 'quarantine' | 'clock'>,
  stream: StreamName,
  givenUp: GivenUp,
): Promise<void> {
  // Field by field: a record as delivered has a getter for its data, which a spread leaves behind.
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
