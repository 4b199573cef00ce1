import type { KinesisStreamEvent } from 'aws-lambda';
import { eventSource, toKinesisEvent } from '../../../lib/embedded/delivery/kinesis-event.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import type { StreamName } from '../../../lib/core/streams.ts';

type Consumer = (event: KinesisStreamEvent) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>;

export interface DeliveryPlan {
  readonly stream: StreamName;
  /** Of the batches, in turns. */
  readonly sizes: readonly number[];
  /** Each batch is delivered again, when it is settled or beside the first delivery. */
  readonly again: 'no' | 'after' | 'beside';
}

export const shard = { epoch: '1', shardId: 'shardId-000000000000' } as const;

/**
 * A record alone in its batch is tried so often; one that has still not let the function end is a crash loop.
 */
const triesMax = 8;

/**
 * Delivers as an event source mapping does, the event as JSON: again from the lowest unsettled record on, in
 * smaller pieces after a failure. Rejects when a record is neither settled nor given up.
 */
export async function deliverAll(
  consume: Consumer,
  records: readonly LogRecord[],
  { stream, sizes, again }: DeliveryPlan,
): Promise<void> {
  const arn = `arn:aws:kinesis:local:000000000000:stream/adtally-local-${stream}.${shard.epoch}`;
  const source = eventSource(arn, shard.shardId, 'fuzz');
  const invoke = async (from: number, to: number): Promise<number> => {
    const event = JSON.stringify(toKinesisEvent(source, records, from, to));
    const deliver = (): ReturnType<Consumer> => consume(JSON.parse(event) as KinesisStreamEvent);
    const beside = again === 'beside' ? deliver().catch(() => undefined) : undefined;
    const { batchItemFailures } = await deliver();
    await beside;
    if (again === 'after') await deliver();
    const [failure] = batchItemFailures;
    if (failure === undefined) return to;
    const at = records.findIndex(({ sequenceNumber }) => sequenceNumber === failure.itemIdentifier);
    if (at < from || at >= to)
      throw new Error(`the answer names ${failure.itemIdentifier}, which was not delivered`);
    return at;
  };

  let from = 0;
  let tries = 0;
  for (let turn = 0; from < records.length; turn += 1) {
    const size = tries > 0 ? 1 : (sizes[turn % sizes.length] ?? 1);
    const reached = await invoke(from, Math.min(from + size, records.length)).catch((error: unknown) => {
      if (tries >= triesMax) throw error;
      return from;
    });
    tries = reached === from ? tries + 1 : 0;
    from = reached;
    if (tries > triesMax) throw new Error(`record ${from} is never settled`);
  }
}
