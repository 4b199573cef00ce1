import { assertNever } from '../../core/assert.ts';
import { namedItem } from '../../core/counters/group-records.ts';
import { isSettled } from '../../core/counters/counter-record.ts';
import type { Incremented } from '../../core/counters/increment-event.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { isLate, readFence } from '../../core/delivery/goals/fence.ts';
import { isRightsRecord } from '../../core/delivery/goals/rights-record.ts';
import type { Tracked } from '../../core/delivery/tracked-event.ts';
import { markAttribute } from '../../core/log-position.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import type { QuarantineId } from '../../ports/quarantine.ts';
import { claimAction, claimExpiresAt, countClaimed } from '../counters/counter-actions.ts';
import { readRecord } from '../counters/read-record.ts';
import { settleActions, trackedClaim } from '../delivery/settle-tracked.ts';
import type { Ports } from '../ports.ts';
import { counterKey, incrementClaimKey } from '../state-keys.ts';
import type { FailureFileContent } from './failure-file.ts';
import { giveUpAdEvent, giveUpIncrement } from './give-up.ts';
import { recordsPerRecountMax, recount, type PassedRecord, type RecountPorts } from './recount.ts';
import { createRedrive, type Redrive } from './redrive.ts';
import { forgetBytes, readSkipState, skipAction, type SkipEnd } from './skip-state.ts';

export type FailureRecordPorts = Parameters<typeof createRedrive>[0] & RecountPorts;

/** The results of the records, in the words of `npm run quarantine`, and what remains to do. */
export interface FailureRecordsResult {
  readonly outcomes: Readonly<Record<string, number>>;
  /**
   * Reasons why records of the file could not be processed. If there are none, the file is no longer needed.
   */
  readonly left: readonly string[];
}

/**
 * Processes the records of a failure file, each once, however often it is called. A record that its mark has
 * not passed is first given up, as its function would do, and then leaves the quarantine like any other. If
 * the mark has passed a record that has no skip item, its claim shows whether it was counted; an unkeyed
 * record has no claim, so its counter is recounted. Rejects with a PortError.
 */
export async function endFailureRecords(
  deps: FailureRecordPorts,
  { reason, batch }: FailureFileContent,
  end: Exclude<SkipEnd, 'redriven'>,
): Promise<FailureRecordsResult> {
  const tally = new Tally();
  const redrive = createRedrive(deps);
  const { stream, epoch, shardId } = batch;
  const passed = new Map<string, PassedRecord[]>();
  for (const record of batch.records) {
    const id = { stream, epoch, shardId, sequenceNumber: record.sequenceNumber };
    if (await isInQuarantine(deps, id, record, reason)) {
      await endQuarantined(redrive, id, end, tally);
      continue;
    }
    const event = readRecord(record);
    if (event.type === 'poison') tally.add('nothing to count');
    // Its mark passes an order only together with what it orders.
    else if (isRightsRecord(event)) tally.add('settled before');
    else if (event.type === 'Tracked') await endTracked(deps, id, { record, event, end }, tally);
    else if (event.keyed) tally.add(await endClaimed(deps, id, { record, event, end }));
    else {
      const { partitionKey } = record;
      const group = passed.get(event.key) ?? [];
      group.push({ position: id, partitionKey, value: BigInt(event.value), atMs: event.at });
      passed.set(event.key, group);
    }
  }
  for (const [key, records] of passed) {
    for (let start = 0; start < records.length; start += recordsPerRecountMax) {
      const group = records.slice(start, start + recordsPerRecountMax);
      const lostSum = records.slice(start).reduce((sum, { value }) => sum + value, 0n);
      const result = await recount(deps, key, group, { end, lostSum });
      if (result.status === 'refused') tally.leave(result.reason, group.length);
      else tally.add(result.status === 'mended' ? end : result.status, group.length);
    }
  }
  return tally;
}

class Tally implements FailureRecordsResult {
  readonly outcomes: Record<string, number> = {};
  readonly left: string[] = [];

  add(outcome: string, records = 1): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + records;
  }

  leave(reason: string, records = 1): void {
    this.add('refused', records);
    if (!this.left.includes(reason)) this.left.push(reason);
  }
}

/** Whether the record has a skip item, or can get one. */
async function isInQuarantine(
  deps: FailureRecordPorts,
  id: QuarantineId,
  record: LogRecord,
  reason: string,
): Promise<boolean> {
  if ((await readSkipState(deps, id)) !== undefined) return true;
  const { stream, epoch, shardId } = id;
  const givenUp = { shard: { epoch, shardId }, record, reason };
  switch (stream) {
    case 'increments': {
      const { counterKey: key, lane } = namedItem(record.partitionKey);
      const mark = (await deps.state.get(counterKey(key)))?.[markAttribute(id, lane)];
      if (isSettled(mark, record.sequenceNumber)) return false;
      if ((await giveUpIncrement(deps, givenUp)) === 'quarantined') return true;
      // Meanwhile the consumer counted it, or another operator gave it up and now needs these bytes.
      if ((await readSkipState(deps, id)) !== undefined) return true;
      await forgetBytes(deps, id);
      return false;
    }
    case 'ad-events':
      await giveUpAdEvent(deps, givenUp);
      return true;
    default:
      return assertNever(stream);
  }
}

async function endQuarantined(redrive: Redrive, id: QuarantineId, end: SkipEnd, tally: Tally): Promise<void> {
  const result = end === 'dropped' ? await redrive.drop(id) : await redrive.redrive(id);
  switch (result.status) {
    case 'log-unavailable':
    case 'bytes-missing':
      tally.leave(result.status);
      break;
    case 'refused':
      // It is now whole in the quarantine, and this file no longer has to keep it.
      tally.add('kept in the quarantine');
      break;
    case 'not-quarantined':
      tally.add(`${result.state ?? 'settled'} before`);
      break;
    case 'counted':
    case 'counted-before':
    case 'redriven':
    case 'dropped':
      tally.add(result.status);
      break;
    default:
      assertNever(result);
  }
}

interface Passed<Event> {
  readonly record: LogRecord;
  readonly event: Event;
  readonly end: Exclude<SkipEnd, 'redriven'>;
}

/**
 * Its mark has passed it. If it was counted, its event id has a claim, because counting a keyed event writes
 * one.
 */
async function endClaimed(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  id: QuarantineId,
  { record, event, end }: Passed<Incremented>,
): Promise<string> {
  const { settings, clock } = deps;
  const { partitionKey } = record;
  const nowMs = clock.nowMs();
  const result = await deps.state.transact([
    {
      ...skipAction(id, { state: end, reason: 'recounted', partitionKey }),
      condition: { op: 'item-absent' },
    },
    ...(end === 'dropped'
      ? [claimAction(event.id, claimExpiresAt(settings, nowMs))]
      : countClaimed(event, settings, nowMs)),
  ]);
  return result.status === 'written' ? end : 'counted-before';
}

/** Why nothing is done: only a counted event leaves a trace of its own, its claim. */
const untraceable = 'nothing shows whether this late or invalid event of an ad is in its number';

/**
 * Its mark has passed it. If its event was counted, there is a claim. A late or invalid event has none, and the
 * numbers of an ad are not recounted, so it is left as it is.
 */
async function endTracked(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  id: QuarantineId,
  { record, event, end }: Passed<Tracked>,
  tally: Tally,
): Promise<void> {
  if (event.invalid !== undefined || (end === 'dropped' && (await mayBeLate(deps, event)))) {
    tally.leave(untraceable);
    return;
  }
  const { settings, clock } = deps;
  const { partitionKey } = record;
  const nowMs = clock.nowMs();
  const number = end === 'counted' ? { number: 'total' as const } : {};
  const result = await deps.state.transact([
    {
      ...skipAction(id, { state: end, reason: 'recounted', partitionKey, ...number }),
      condition: { op: 'item-absent' },
    },
    ...(end === 'dropped'
      ? [trackedClaim(event, settings, nowMs)]
      : settleActions(event, 'total', settings, nowMs)),
  ]);
  if (result.status === 'written') tally.add(end);
  else if (end === 'counted' && isFencedOff(result.failed)) tally.leave(untraceable);
  else tally.add('counted-before');
}

/** Whether it may have been counted as late: it is late by now and has no claim. What was late then is so for good. */
async function mayBeLate({ state }: Pick<Ports, 'state'>, event: Tracked): Promise<boolean> {
  const counter = await state.get(counterKey(deliveryKey(event.ad, event.kind)));
  if (!isLate(event, readFence(counter))) return false;
  return (await state.get(incrementClaimKey(event.id))) === undefined;
}

/** The counter is the second action, after the mark of this end; a claim, the third, shows that it was counted. */
function isFencedOff(failed: readonly { readonly index: number }[]): boolean {
  return failed.length > 0 && failed.every(({ index }) => index === 1);
}
