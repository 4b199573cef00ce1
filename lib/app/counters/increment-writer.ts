import { incrementsPerEventMax, type Incremented } from '../../core/counters/increment-event.ts';
import { formatToken } from '../../core/consistency-token.ts';
import { assert } from '../../core/assert.ts';
import type { LogEntry } from '../../ports/event-log.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { appendEvents, type Appended } from '../append-events.ts';
import { addSync } from './add-sync.ts';
import { createKeySpreader } from './hot/key-spreader.ts';
import { createTopKeysWriter } from './hot/top-keys-writer.ts';
import { encodeIncrement } from './increment-codec.ts';

export interface Increment {
  readonly key: string;
  readonly value: number;
}

export interface WriteIncrementOptions {
  readonly identity: RequestIdentity;
  readonly traceparent?: string;
}

/**
 * `tokens`: by counter key. `index`: of the increment in the request; `ambiguous`: it may still be in the
 * log.
 */
export type AppendIncrementsResult =
  | { readonly status: 'accepted'; readonly tokens: ReadonlyMap<string, string> }
  | {
      readonly status: 'partial';
      readonly tokens: ReadonlyMap<string, string>;
      readonly failed: readonly { readonly index: number; readonly ambiguous: boolean }[];
    }
  | { readonly status: 'unavailable'; readonly ambiguous: boolean };

export interface IncrementWriter {
  /**
   * Appends 1..500 increments to the log, one event per distinct key; a failure of the log is in the result.
   */
  append(increments: readonly Increment[], options: WriteIncrementOptions): Promise<AppendIncrementsResult>;
  /**
   * Counts within the call and returns the new total. Rejects with a StateStoreError: the increment was
   * counted once or not at all. A repeated request with the same Idempotency-Key is counted once; without a
   * key it may be counted twice.
   */
  addSync(
    increment: Increment,
    options: { readonly identity: RequestIdentity },
  ): Promise<{ readonly total: bigint }>;
}

export function createIncrementWriter(
  deps: Pick<Ports, 'increments' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>,
  topKeys = createTopKeysWriter(deps, { smallEveryBatch: false }),
): IncrementWriter {
  const spreader = createKeySpreader({
    ...{ clock: deps.clock, log: deps.increments },
    pinned: () => deps.settings.counters.hotKeys,
  });
  return {
    append: async (increments, { identity, traceparent }) => {
      assert(
        increments.length > 0 && increments.length <= incrementsPerEventMax,
        'a request has 1 to 500 increments',
      );
      const nowMs = deps.clock.nowMs();
      const sums = sumByKey(increments);
      const entries = Array.from(sums, ([key, sum]) => {
        const event = toEvent(key, sum, { identity, traceparent, nowMs });
        return { partitionKey: spreader.partitionKeyOf(key, event.id), data: encodeIncrement(event) };
      });
      const results = await appendEvents({ ...deps, log: deps.increments }, entries, {
        repeatable: identity.keyed,
        onRefused: (partitionKey) => {
          spreader.refused(partitionKey);
        },
      });
      return toResult(deps, [...sums], { entries, results });
    },
    addSync: async (increment, { identity }) => {
      const { total, repeated } = await addSync(deps, increment, identity);
      if (!repeated) {
        topKeys.note(increment.key, BigInt(increment.value));
        await topKeys.save();
      }
      return { total };
    },
  };
}

/** The increments of one key in a request: they are one event. */
interface KeySum {
  value: bigint;
  /**
   * Indexes in the request. The first one determines the event id, so a repeated request has the same ids.
   */
  readonly indexes: number[];
}

function sumByKey(increments: readonly Increment[]): ReadonlyMap<string, KeySum> {
  const sums = new Map<string, KeySum>();
  increments.forEach(({ key, value }, index) => {
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { value: BigInt(value), indexes: [index] });
    } else {
      sum.value += BigInt(value);
      sum.indexes.push(index);
    }
  });
  return sums;
}

function toEvent(
  key: string,
  { value, indexes }: KeySum,
  request: { identity: RequestIdentity; traceparent: string | undefined; nowMs: number },
): Incremented {
  const { identity, traceparent, nowMs } = request;
  const [first] = indexes;
  assert(first !== undefined, 'a sum has an increment');
  const event = {
    v: 1,
    type: 'Incremented',
    id: identity.eventId(first),
    key,
    value: value.toString(),
    count: indexes.length,
    keyed: identity.keyed,
    at: nowMs,
  } as const;
  return traceparent === undefined ? event : { ...event, traceparent };
}

function toResult(
  { increments, clock, telemetry, settings }: Pick<Ports, 'increments' | 'clock' | 'telemetry' | 'settings'>,
  sums: readonly (readonly [string, KeySum])[],
  { entries, results }: { entries: readonly LogEntry[]; results: readonly Appended[] },
): AppendIncrementsResult {
  const tokens = new Map<string, string>();
  const failed: { index: number; ambiguous: boolean }[] = [];
  const { stage } = settings;
  const issuedAtMs = clock.nowMs();
  let accepted = 0;
  sums.forEach(([key, { indexes }], i) => {
    const result = results[i];
    assert(result !== undefined, 'every entry has a result');
    if (result.status === 'failed') {
      for (const index of indexes) failed.push({ index, ambiguous: result.ambiguous });
      return;
    }
    const { shardId, sequenceNumber } = result;
    const position = { epoch: increments.epoch, shardId, sequenceNumber };
    const { partitionKey = key } = entries[i] ?? {};
    tokens.set(key, formatToken({ type: 'counter', stage, position, issuedAtMs, partitionKey }));
    accepted += indexes.length;
  });
  if (accepted > 0) telemetry.count(metrics.incrementsAccepted, accepted);
  if (failed.length === 0) return { status: 'accepted', tokens };
  if (accepted === 0) return { status: 'unavailable', ambiguous: failed.some(({ ambiguous }) => ambiguous) };
  return { status: 'partial', tokens, failed: failed.sort((a, b) => a.index - b.index) };
}
