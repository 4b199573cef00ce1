import type { KinesisStreamEvent } from 'aws-lambda';
import { createMemoryEventLog, type MemoryEventLog } from '../../support/memory/memory-event-log.ts';
import {
  createEventSourceMapping,
  type EventSourceMapping,
  type EventSourceMappingOptions,
} from '../../../lib/embedded/delivery/event-source-mapping.ts';
import type { FailureRecord } from '../../../lib/embedded/delivery/failure-record.ts';
import type { LogReader } from '../../../lib/ports/log-reader.ts';
import type { DeliverySettings } from '../../../lib/stages.ts';
import { createRecordingTelemetry, type RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

export const streamArn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-test-increments.1';
export const functionTimeoutMs = 30_000;

export interface Invocation {
  /** Virtual monotonic time at which it began. */
  readonly atMs: number;
  /** Sequence numbers, in order. */
  readonly numbers: readonly string[];
  readonly event: KinesisStreamEvent;
}

export type Handler = (invocation: Invocation) => unknown;

export interface Harness {
  readonly clock: VirtualClock;
  readonly log: MemoryEventLog;
  readonly mapping: EventSourceMapping;
  readonly telemetry: RecordingTelemetry;
  readonly invocations: Invocation[];
  readonly failures: FailureRecord[];
  /** Appends one record per key, its data the key itself. */
  readonly append: (...keys: readonly string[]) => Promise<readonly string[]>;
  /** Another mapping on the same log, checkpoints and lists, as after a restart of the process. */
  readonly restart: (handler?: Handler) => EventSourceMapping;
}

export interface HarnessOptions {
  readonly settings?: Partial<DeliverySettings>;
  readonly handler?: Handler;
  readonly shardCount?: number;
  readonly reader?: (log: MemoryEventLog) => LogReader;
  readonly onFailure?: (record: FailureRecord) => Promise<void>;
  readonly options?: Partial<EventSourceMappingOptions>;
  readonly clock?: VirtualClock;
}

export const defaultSettings: DeliverySettings = {
  stream: 'increments',
  batchSize: 100,
  maximumBatchingWindowSeconds: 0,
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: 3600,
  bisectBatchOnFunctionError: false,
};

/** Not started: a test appends what shall be there before. */
export function createHarness(given: HarnessOptions = {}): Harness {
  const clock = given.clock ?? createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const shardCount = given.shardCount ?? 1;
  const log = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount, clock });
  const invocations: Invocation[] = [];
  const failures: FailureRecord[] = [];
  const create = (handler: Handler = () => undefined): EventSourceMapping =>
    createEventSourceMapping({
      consumer: 'aggregate-increments',
      settings: { ...defaultSettings, ...given.settings },
      streamArn,
      reader: given.reader?.(log) ?? log,
      invoke: async (event) => {
        const numbers = event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
        const invocation = { atMs: clock.monotonicMs(), numbers, event };
        invocations.push(invocation);
        return Promise.try(() => handler(invocation));
      },
      onFailure: async (record) => {
        await given.onFailure?.(record);
        failures.push(record);
      },
      clock,
      telemetry,
      functionTimeoutMs,
      ...given.options,
    });
  return {
    clock,
    log,
    telemetry,
    invocations,
    failures,
    mapping: create(given.handler),
    restart: create,
    async append(...keys) {
      const entries = keys.map((partitionKey) => ({ partitionKey, data: Buffer.from(partitionKey) }));
      const results = await log.append(entries);
      return results.map((result) => (result.status === 'appended' ? result.sequenceNumber : ''));
    },
  };
}

export function numbersOf(invocations: readonly Invocation[]): readonly (readonly string[])[] {
  return invocations.map(({ numbers }) => numbers);
}

export function failAt(...numbers: readonly string[]): unknown {
  return { batchItemFailures: numbers.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** A promise that never ends. */
export function hang(): Promise<never> {
  return new Promise(() => undefined);
}

/** '1' .. 'count' from `first` on. */
export function numbers(first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}

/** The log's methods as an object that a test can spread and replace some of. */
export function forward(log: MemoryEventLog): LogReader {
  return {
    stream: log.stream,
    epoch: log.epoch,
    shards: () => log.shards(),
    read: (...args) => log.read(...args),
    onAppend: (listener) => log.onAppend(listener),
    readCheckpoint: (...args) => log.readCheckpoint(...args),
    writeCheckpoint: (...args) => log.writeCheckpoint(...args),
  };
}

/** Stops a mapping whose invocations hang: its limit takes virtual time. Resolves to how much. */
export async function stopFor(mapping: EventSourceMapping, clock: VirtualClock): Promise<number> {
  const beganAtMs = clock.monotonicMs();
  const stopped = mapping.stop().then(() => clock.monotonicMs() - beganAtMs);
  await clock.advance(functionTimeoutMs + 10_000);
  return stopped;
}
