import { LogError } from '../../../lib/ports/log-reader.ts';
import type { LogHistory } from '../../../lib/ports/log-history.ts';
import { deathFate } from './death.ts';
import { droppedRecords } from './dropped-records.ts';
import type { ObservedLog } from './observed-log.ts';
import { done, portCall, type Fate, type PortWorld } from './port-call.ts';

export interface HistoryOptions {
  /**
   * How the log finds out what it has dropped: by the numbers of the records, as LMDB does, or by the time of
   * the last read, as Kinesis does.
   */
  readonly knows: 'numbers' | 'times';
  readonly retentionMs: number;
}

/** More than two machines' clocks differ. */
const slackMs = 15 * 60_000;

/** One log from its beginning, as an operator's machine sees it over the network. */
export function simulateHistory(
  world: PortWorld,
  observed: ObservedLog,
  { knows, retentionMs }: HistoryOptions,
): LogHistory {
  const { container, faults } = world;
  const { log } = observed;
  const { kernel } = container;
  const beganAtMs = kernel.nowMs() - kernel.elapsedMs;
  const error = (): Error => new LogError('a fault');
  const fate = (): Fate =>
    deathFate(world) ?? (faults.strikes('state-server-error') ? { type: 'refused', error } : done);
  const isWhole: LogHistory['isWhole'] = async (shardId, after) => {
    if (knows === 'times') return kernel.nowMs() - (after?.atMs ?? beganAtMs) < retentionMs - slackMs;
    const last = (await droppedRecords(observed, shardId)).at(-1);
    return BigInt(last?.sequenceNumber ?? '-1') <= BigInt(after?.sequenceNumber ?? '-1');
  };
  const droppedThrough = async (shardId: string): Promise<string | undefined> =>
    knows === 'times' ? undefined : (await droppedRecords(observed, shardId)).at(-1)?.sequenceNumber;
  return {
    stream: log.stream,
    epoch: log.epoch,
    shards: () => portCall(world, 'shards', fate(), () => log.shards()),
    read: (shardId, after, limits) =>
      portCall(world, `read ${shardId}`, fate(), () => log.read(shardId, after, limits)),
    isWhole: (shardId, after) =>
      portCall(world, `is ${shardId} whole`, fate(), () => isWhole(shardId, after)),
    droppedThrough: (shardId) =>
      portCall(world, `what ${shardId} has dropped`, fate(), () => droppedThrough(shardId)),
  };
}
