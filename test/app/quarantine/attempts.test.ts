import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createAttempts, suspectOf, unfinishedTriesMax } from '../../../lib/app/quarantine/attempts.ts';
import { attemptKey, skipKey } from '../../../lib/app/state-keys.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import {
  batchOf,
  counterShard,
  createCounterWorld,
  garbage,
  increment,
  logRecords,
  totalOf,
  type CounterWorld,
  countingAlone,
} from '../../support/counter-world.ts';
import { faultyPorts, ProcessDeath } from '../../support/faulty-ports.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const position = { ...counterShard, sequenceNumber: '7' };
const attempt = attemptKey('increments', position);

async function old(
  ...logged: Parameters<typeof logRecords>[0]
): Promise<{ world: CounterWorld; records: LogRecord[] }> {
  // One call of the store counts a record: the tests here count calls.
  const world = createCounterWorld(countingAlone);
  await world.clock.advance(60_001);
  return { world, records: logRecords(logged) };
}

/** A function that dies once it has looked at the record: at the first call after the attempt was written. */
async function die(world: CounterWorld, records: readonly LogRecord[]): Promise<void> {
  const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
    call === 1 ? 'die-before' : undefined,
  );
  const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
  await expect(createAggregator(ports).aggregate(batchOf(records))).rejects.toThrow(ProcessDeath);
}

describe('tries at a record', () => {
  it('are counted, this one included, until they are cleared', async () => {
    const { ports, memoryState } = createCounterWorld();
    const attempts = createAttempts(ports);
    expect([
      await attempts.begin('increments', position),
      await attempts.begin('increments', position),
    ]).toStrictEqual([1, 2]);
    expect(await attempts.begin('ad-events', position)).toBe(1);
    await attempts.clear('increments', position);
    await attempts.clear('increments', position);
    expect(await attempts.begin('increments', position)).toBe(1);
    expect(await memoryState.get(attempt)).toMatchObject({
      expires_at: BigInt(virtualStartMs / 1000 + 14 * 86_400),
    });
  });

  it('are counted only for a record that is alone and over a minute old', () => {
    const [one, two] = logRecords([increment('a'), increment('a')]);
    expect(suspectOf(batchOf([one!]), virtualStartMs + 60_000)).toBeUndefined();
    expect(suspectOf(batchOf([one!]), virtualStartMs + 60_001)).toBe(one);
    expect(suspectOf(batchOf([one!, two!]), virtualStartMs + 60_001)).toBeUndefined();
    expect(suspectOf(batchOf([]), virtualStartMs)).toBeUndefined();
  });
});

describe('a record that kills the function', () => {
  it('is given up at the try after the fifth, unread, and the others are counted', async () => {
    const { world, records } = await old(increment('a', 5));
    for (let tries = 0; tries < unfinishedTriesMax; tries += 1) await die(world, records);
    expect(await createAggregator(world.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: undefined,
    });
    expect(await world.memoryState.get(skipKey('increments', position))).toMatchObject({
      state: 'quarantined',
      reason: 'ended the function 5 times',
    });
    expect(await totalOf(world.memoryState, 'a')).toBeUndefined();
    expect(await world.memoryState.get(attempt)).toBeUndefined();
    await createAggregator(world.ports).aggregate(batchOf(logRecords([increment('a', 2)], 8n)));
    expect(await totalOf(world.memoryState, 'a')).toBe(2n);
  });

  it('is not given up one try earlier', async () => {
    const { world, records } = await old(increment('a', 5));
    for (let tries = 0; tries < unfinishedTriesMax - 1; tries += 1) await die(world, records);
    await createAggregator(world.ports).aggregate(batchOf(records));
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('is not looked for in larger or younger batches, which write no attempt', async () => {
    const world = createCounterWorld(countingAlone);
    await createAggregator(world.ports).aggregate(batchOf(logRecords([increment('a')])));
    const { world: later, records } = await old(increment('a'), increment('b'));
    await createAggregator(later.ports).aggregate(batchOf(records));
    expect([world.memoryState.size, later.memoryState.size]).toStrictEqual([1, 2]);
  });
});

describe('an exit that the function makes itself', () => {
  it('clears the tries: counted, given up, or held up by the store', async () => {
    for (const logged of [increment('a'), garbage('a')]) {
      const { world, records } = await old(logged);
      await die(world, records);
      await createAggregator(world.ports).aggregate(batchOf(records));
      expect(await world.memoryState.get(attempt)).toBeUndefined();
    }
    const { world, records } = await old(increment('a'));
    await die(world, records);
    // Every call but those for the attempt is refused.
    const inner = { state: world.memoryState, quarantine: world.quarantine };
    const refusing = faultyPorts(inner, () => 'refuse').state;
    const state = {
      ...refusing,
      write: (action: Parameters<typeof refusing.write>[0]) =>
        (action.key.pk === attempt.pk ? world.memoryState : refusing).write(action),
    };
    expect(await createAggregator({ ...world.ports, state }).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: '7',
    });
    expect(await world.memoryState.get(attempt)).toBeUndefined();
  });

  it('leaves a record that the store holds up for long where it is, and counts it in the end', async () => {
    const { world, records } = await old(increment('a', 5));
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
      call % 3 === 1 ? 'refuse' : undefined,
    );
    for (let tries = 0; tries < 30; tries += 1)
      await createAggregator({ ...world.ports, state: faulty.state }).aggregate(batchOf(records));
    await createAggregator(world.ports).aggregate(batchOf(records));
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
    expect((await world.quarantine.list({ limit: 1 })).records).toStrictEqual([]);
  });
});
