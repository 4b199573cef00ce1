import { hash } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import type { StreamName } from '../../core/streams.ts';
import type { EventLog } from '../../ports/event-log.ts';

export interface KinesisStream {
  readonly stream: StreamName;
  /** The stream's name in AWS; its epoch follows the last dot: `adtally-dev-increments.1`. */
  readonly streamName: string;
}

/** What an event log knows of its stream without a call. */
export function streamFacts({ stream, streamName }: KinesisStream): Omit<EventLog, 'append'> {
  const epoch = streamName.slice(streamName.lastIndexOf('.') + 1);
  assert(/^[0-9a-z]{1,16}$/.test(epoch) && epoch !== streamName, `no epoch in the stream name ${streamName}`);
  return {
    stream,
    epoch,
    hashPosition: (partitionKey) => hash('md5', partitionKey, 'buffer').readUInt32BE(0) / 2 ** 32,
  };
}
