import type { Ports } from '../app/ports.ts';
import type { Clock } from '../ports/clock.ts';
import type { AppendResult, EventLog, LogEntry } from '../ports/event-log.ts';
import type { StageSettings } from '../stages.ts';
import { RateLimiter } from './access/rate-limiter.ts';

/** Limits of one Kinesis shard (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html). */
export const shardRecordsPerSecond = 1000;
export const shardBytesPerSecond = 1_048_576;

/**
 * A log that refuses what Kinesis would refuse: more than 1,000 records or 1 MiB a second for one shard. The
 * embedded log has no such limit. Exact for a log whose `shardCount` shards are equal parts of the hash
 * space, as `npm start` makes them.
 */
export function limitShards(
  log: EventLog,
  { shardCount, clock }: { readonly shardCount: number; readonly clock: Pick<Clock, 'monotonicMs'> },
): EventLog {
  const records = new RateLimiter(
    { ratePerSecond: shardRecordsPerSecond, burst: shardRecordsPerSecond },
    clock,
  );
  const bytes = new RateLimiter({ ratePerSecond: shardBytesPerSecond, burst: shardBytesPerSecond }, clock);
  const isWithin = ({ partitionKey, data }: LogEntry): boolean => {
    const shard = String(Math.floor(log.hashPosition(partitionKey) * shardCount));
    return (
      records.take(shard) === 0 && bytes.take(shard, data.length + Buffer.byteLength(partitionKey)) === 0
    );
  };
  return {
    stream: log.stream,
    epoch: log.epoch,
    hashPosition: (partitionKey) => log.hashPosition(partitionKey),
    append: async (entries) => {
      const taken = entries.map(isWithin);
      const within = entries.filter((_, index) => taken[index]);
      const answers = within.length === 0 ? [] : await log.append(within);
      let next = 0;
      return taken.map((isTaken): AppendResult => {
        const answer = isTaken ? answers[next++] : undefined;
        return answer ?? { status: 'refused', reason: 'over the limits of its shard' };
      });
    },
  };
}

/** The logs of a stage, with the limits of Kinesis shards. */
export function limitLogs(
  { adEvents, increments }: Logs,
  { streams }: Pick<StageSettings, 'streams'>,
  clock: Pick<Clock, 'monotonicMs'>,
): Logs {
  return {
    adEvents: limitShards(adEvents, { shardCount: streams['ad-events'].shardCount, clock }),
    increments: limitShards(increments, { shardCount: streams.increments.shardCount, clock }),
  };
}

type Logs = Pick<Ports, 'adEvents' | 'increments'>;
