import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { readTracked } from '../../../lib/app/delivery/tracked-codec.ts';
import { createTrackWriter, type TrackedEvent } from '../../../lib/app/delivery/track-writer.ts';
import { parseToken } from '../../../lib/core/consistency-token.ts';
import type { AppendResult, EventLog } from '../../../lib/ports/event-log.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { createCounterWorld, deliver, type CounterWorld } from '../../support/counter-world.ts';
import { adId, numbersOf } from '../../support/tracked-world.ts';

let made = 0;

function event(fields: Partial<TrackedEvent> = {}): TrackedEvent {
  made += 1;
  const id = made.toString(16).padStart(32, '0');
  return { ...{ id, ad: adId(1), kind: 'impression', at: 5, generation: 0, epoch: 7 }, ...fields };
}

async function logged({ increments }: CounterWorld) {
  const records = [];
  for (const { shardId } of await increments.shards())
    records.push(...(await increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 })));
  return records;
}

async function settleAll(world: CounterWorld): Promise<void> {
  for (const { shardId } of await world.increments.shards()) {
    const records = await world.increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 });
    if (records.length > 0) await deliver(createAggregator(world.ports), records, { epoch: '1', shardId });
  }
}

/** A log whose answer to each entry of each call is the script's; `lost`: it is written all the same. */
function scripted(
  { ports: { increments } }: CounterWorld,
  script: (call: number, entry: number) => 'ok' | 'refused' | 'lost',
): EventLog {
  let calls = 0;
  return {
    stream: 'increments',
    epoch: '1',
    hashPosition: (key) => increments.hashPosition(key),
    append: async (entries) => {
      const call = calls++;
      const results: AppendResult[] = [];
      for (const [index, entry] of entries.entries()) {
        const answer = script(call, index);
        if (answer === 'refused') results.push({ status: 'refused', reason: 'throttled' });
        else {
          const [result] = await increments.append([entry]);
          results.push(answer === 'ok' ? result! : { status: 'unknown', reason: 'timeout' });
        }
      }
      return results;
    },
  };
}

describe('appending tracked events', () => {
  it('writes one record for each, under the key of its ad and kind', async () => {
    const world = createCounterWorld();
    const events = [event(), event({ kind: 'click' }), event({ ad: adId(2), invalid: 'bot' })];
    const result = await createTrackWriter(world.ports).append(events, { traceparent: '00-ab-cd-01' });
    expect(result.status).toBe('accepted');
    const records = await logged(world);
    const written = records.map((record) => readTracked(record));
    expect(written).toHaveLength(3);
    for (const each of events)
      expect(written).toContainEqual({ ...each, v: 1, type: 'Tracked', traceparent: '00-ab-cd-01' });
    expect(records.map(({ partitionKey }) => partitionKey).sort()).toStrictEqual([
      `\u0001c#${adId(1)}`,
      `\u0001i#${adId(1)}`,
      `\u0001i#${adId(2)}`,
    ]);
    expect(world.telemetry.total(metrics.trackedAccepted)).toBe(3);
    expect(world.telemetry.total(metrics.incrementsAccepted)).toBe(0);
  });

  it('returns a token for each counter, at the last of its events', async () => {
    const world = createCounterWorld();
    const result = await createTrackWriter(world.ports).append([event(), event({ kind: 'click' }), event()]);
    if (result.status !== 'accepted') throw new Error(result.status);
    const records = await logged(world);
    const last = (key: string) =>
      records.findLast(({ partitionKey }) => partitionKey === key)!.sequenceNumber;
    const keys = [`\u0001i#${adId(1)}`, `\u0001c#${adId(1)}`];
    expect(result.tokens.map((token) => parseToken(token))).toMatchObject(
      keys.map((key) => ({
        type: 'counter',
        stage: 'local',
        partitionKey: key,
        position: { epoch: '1', sequenceNumber: last(key) },
      })),
    );
  });

  it('sends again what the log may or may not have: it is counted once', async () => {
    const world = createCounterWorld();
    const increments = scripted(world, (call) => (call === 0 ? 'lost' : 'ok'));
    const result = await createTrackWriter({ ...world.ports, increments }).append([event(), event()]);
    expect(result.status).toBe('accepted');
    await settleAll(world);
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 2n, duplicate: 2n });
  });

  it('says which events are not in the log, and which may be', async () => {
    const world = createCounterWorld();
    const increments = scripted(world, (call, entry) =>
      entry === 0 && call === 0 ? 'ok' : call === 2 ? 'lost' : 'refused',
    );
    const result = await createTrackWriter({ ...world.ports, increments }).append([event(), event()]);
    expect(result).toMatchObject({ status: 'partial', failed: [{ index: 1, ambiguous: true }] });
    expect(world.telemetry.total(metrics.trackedAccepted)).toBe(1);
  });

  it.each([
    ['refused', false],
    ['lost', true],
  ] as const)('says that it failed when the log is down: %s', async (answer, ambiguous) => {
    const world = createCounterWorld();
    const increments = scripted(world, () => answer);
    const result = await createTrackWriter({ ...world.ports, increments }).append([event()]);
    expect(result).toStrictEqual({ status: 'unavailable', ambiguous });
    expect(world.telemetry.total(metrics.trackedAccepted)).toBe(0);
  });

  it('takes 1 to 500 events', async () => {
    const writer = createTrackWriter(createCounterWorld().ports);
    await expect(writer.append([])).rejects.toThrow('1 to 500 events');
    await expect(writer.append(Array.from({ length: 501 }, () => event()))).rejects.toThrow('1 to 500');
  });

  it('writes nothing if one of the events breaks the schema', async () => {
    const world = createCounterWorld();
    const writer = createTrackWriter(world.ports);
    await expect(writer.append([event(), event({ id: 'x' })])).rejects.toThrow('its own schema');
    expect(await logged(world)).toStrictEqual([]);
  });
});
