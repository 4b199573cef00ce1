import { describe, expect, it } from '@jest/globals';
import {
  createHarness,
  forward,
  functionTimeoutMs,
  hang,
  numbers,
  numbersOf,
  stopFor,
  type Harness,
} from './mapping-harness.ts';

const shardId = 'shardId-000000000000';

function checkpointOf({ log }: Pick<Harness, 'log'>): Promise<string | undefined> {
  return log.readCheckpoint('aggregate-increments', shardId);
}

describe('the checkpoint', () => {
  it('follows what is settled, and a restart goes on behind it', async () => {
    const harness = createHarness();
    const { mapping, restart, append, clock } = harness;
    await append('a', 'b');
    mapping.start();
    await clock.advance(0);
    await mapping.stop();
    expect(await checkpointOf(harness)).toBe('2');
    await append('c');
    const seen: (readonly string[])[] = [];
    const next = restart(({ numbers: got }) => void seen.push(got));
    next.start();
    await clock.advance(0);
    expect(seen).toEqual([['3']]);
    await next.stop();
  });

  it('stays before the lowest unsettled record of all lanes, and what is behind comes again after a restart', async () => {
    const harness = createHarness({
      settings: { parallelizationFactor: 10, batchSize: 1 },
      handler: ({ event }) => (event.Records[0]?.kinesis.partitionKey === 'stuck' ? hang() : undefined),
    });
    const { mapping, restart, append, clock } = harness;
    await append('a', 'stuck', 'b', 'c', 'd', 'e');
    mapping.start();
    await clock.advance(1000);
    expect(await checkpointOf(harness)).toBe('1');
    await stopFor(mapping, clock);
    expect(await checkpointOf(harness)).toBe('1');
    const seen: string[] = [];
    const next = restart(({ numbers: got }) => void seen.push(...got));
    next.start();
    await clock.advance(0);
    expect(seen.toSorted()).toEqual(numbers(2, 6));
    await next.stop();
    expect(await checkpointOf(harness)).toBe('6');
  });

  it('is written at most ten times a second however fast batches settle', async () => {
    let writes = 0;
    const { mapping, append, clock, log } = createHarness({
      settings: { batchSize: 1 },
      reader: (memory) => ({
        ...forward(memory),
        writeCheckpoint: async (...args) => {
          writes += 1;
          await memory.writeCheckpoint(...args);
        },
      }),
    });
    mapping.start();
    for (let i = 0; i < 100; i += 1) {
      await append('a');
      await clock.advance(10);
    }
    await mapping.stop();
    expect(writes).toBeLessThanOrEqual(12);
    expect(await checkpointOf({ log })).toBe('100');
  });

  it('never holds up delivery when it cannot be written, and is written later', async () => {
    let down = true;
    const harness = createHarness({
      reader: (log) => ({
        ...forward(log),
        writeCheckpoint: async (...args) => {
          if (down) throw new Error('not now');
          await log.writeCheckpoint(...args);
        },
      }),
    });
    const { mapping, invocations, append, clock } = harness;
    mapping.start();
    await append('a');
    await clock.advance(500);
    await append('b');
    await clock.advance(500);
    expect(numbersOf(invocations)).toEqual([['1'], ['2']]);
    down = false;
    await clock.advance(5000);
    expect(await checkpointOf(harness)).toBe('2');
    await mapping.stop();
  });

  it('is tried a few times at stop and then left', async () => {
    let tries = 0;
    const { mapping, append, clock, telemetry } = createHarness({
      reader: (log) => ({
        ...forward(log),
        writeCheckpoint: async () => {
          tries += 1;
          return Promise.reject(new Error('never'));
        },
      }),
    });
    await append('a');
    mapping.start();
    await clock.advance(0);
    await mapping.stop();
    expect(tries).toBe(4);
    expect(telemetry.lines.at(-1)?.message).toBe('could not write the checkpoint at stop');
  });
});

describe('a reshard', () => {
  it('lets a child begin once its parents are settled to their end', async () => {
    const { mapping, invocations, append, clock, log } = createHarness({ handler: () => clock.sleep(1000) });
    await append('a', 'b', 'c');
    mapping.start();
    await clock.advance(500);
    await log.reshard({ type: 'split', shardId });
    await append('a', 'b', 'c');
    await clock.advance(499);
    expect(invocations).toHaveLength(1);
    await clock.advance(1500);
    expect(
      invocations
        .slice(1)
        .flatMap(({ numbers: got }) => got)
        .toSorted(),
    ).toEqual(numbers(4, 6));
    expect(Math.min(...invocations.slice(1).map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(1000);
    await mapping.stop();
  });

  it('lets a child of two parents wait for both', async () => {
    const { mapping, invocations, log, clock } = createHarness({
      shardCount: 2,
      handler: ({ event }) =>
        event.Records[0]?.eventID.startsWith(shardId) === true ? clock.sleep(5000) : undefined,
    });
    await log.append(
      Array.from({ length: 20 }, (_, i) => ({ partitionKey: `k${i}`, data: new Uint8Array(1) })),
    );
    const [child = ''] = await log.reshard({ type: 'merge', shardIds: [shardId, 'shardId-000000000001'] });
    await log.append([{ partitionKey: 'k1', data: new Uint8Array(1) }]);
    mapping.start();
    await clock.advance(10_000);
    const ofChild = invocations.filter(({ event }) => event.Records[0]?.eventID.startsWith(child) === true);
    expect(ofChild.map(({ atMs }) => atMs >= 5000)).toEqual([true]);
    await mapping.stop();
  });

  it('lets no child begin before the checkpoint of its parent is durable at its end', async () => {
    let down = true;
    const { mapping, invocations, append, clock, log } = createHarness({
      reader: (memory) => ({
        ...forward(memory),
        writeCheckpoint: async (...args) => {
          if (down) throw new Error('not now');
          await memory.writeCheckpoint(...args);
        },
      }),
    });
    await append('a');
    await log.reshard({ type: 'split', shardId });
    await append('a');
    mapping.start();
    await clock.advance(10_000);
    expect(numbersOf(invocations)).toEqual([['1']]);
    down = false;
    await clock.advance(6000);
    expect(numbersOf(invocations)).toEqual([['1'], ['2']]);
    await mapping.stop();
  });

  it('does not wait for the window of the last batch of a closed shard', async () => {
    const { mapping, invocations, append, clock, log } = createHarness({
      settings: { maximumBatchingWindowSeconds: 300 },
    });
    await append('a');
    await log.reshard({ type: 'split', shardId });
    mapping.start();
    await clock.advance(3000);
    expect(numbersOf(invocations)).toEqual([['1']]);
    await mapping.stop();
  });

  it('is read once more after its close, though a read begun before it finds nothing', async () => {
    let release: (() => void) | undefined;
    const { mapping, invocations, append, clock, log } = createHarness({
      reader: (memory) => ({
        ...forward(memory),
        async read(...args) {
          const found = await memory.read(...args);
          if (args[0] === shardId && release === undefined)
            await new Promise<void>((resolve) => (release = resolve));
          return found;
        },
      }),
    });
    mapping.start();
    await clock.advance(0);
    await append('a');
    await log.reshard({ type: 'split', shardId });
    await append('b');
    // Long enough for the mapping to learn of the close, while the read is still under way.
    await clock.advance(60_000);
    expect(numbersOf(invocations)).toEqual([]);
    release?.();
    await Promise.all([mapping.idle(), clock.advance(5000)]);
    expect(numbersOf(invocations).flat()).toEqual(['1', '2']);
    await mapping.stop();
  });

  it('is followed through several generations, also after a restart', async () => {
    const { mapping, restart, append, clock, log } = createHarness();
    const seen: string[] = [];
    await mapping.stop();
    for (let generation = 0; generation < 4; generation += 1) {
      await append('a', 'b');
      const open = (await log.shards()).filter(({ closed }) => !closed);
      await log.reshard({ type: 'split', shardId: open[0]?.shardId ?? '' });
    }
    await append('a', 'b');
    for (let start = 0; start < 2; start += 1) {
      const next = restart(({ numbers: got }) => void seen.push(...got));
      next.start();
      await Promise.all([next.idle(), clock.advance(5000)]);
      await next.stop();
    }
    expect(seen.map(Number).toSorted((a, b) => a - b)).toEqual(numbers(1, 10).map(Number));
  });
});

describe('stop', () => {
  it('waits for the invocation that runs and settles what it answers, but begins no other', async () => {
    const harness = createHarness({ settings: { batchSize: 1 }, handler: () => harness.clock.sleep(1000) });
    const { mapping, invocations, append, clock } = harness;
    await append('a', 'b');
    mapping.start();
    await clock.advance(100);
    expect(await stopFor(mapping, clock)).toBe(900);
    expect(numbersOf(invocations)).toEqual([['1']]);
    expect(await checkpointOf(harness)).toBe('1');
  });

  it('waits no longer than the function timeout for one that hangs', async () => {
    const { mapping, append, clock } = createHarness({ handler: hang });
    await append('a');
    mapping.start();
    await clock.advance(0);
    expect(await stopFor(mapping, clock)).toBe(functionTimeoutMs);
  });

  it('ends five seconds later even when the log hangs', async () => {
    const { mapping, clock, telemetry } = createHarness({
      reader: (log) => ({ ...forward(log), read: hang }),
    });
    mapping.start();
    await clock.advance(0);
    expect(await stopFor(mapping, clock)).toBe(functionTimeoutMs + 5000);
    expect(telemetry.lines.at(-1)?.level).toBe('error');
  });

  it('does not wait for a pause between tries or for a window', async () => {
    const { mapping, append, clock } = createHarness({
      settings: { parallelizationFactor: 2, maximumBatchingWindowSeconds: 300, batchSize: 1 },
      handler: () => Promise.reject(new Error('down')),
    });
    await append('a', 'b');
    mapping.start();
    await clock.advance(20_000);
    expect(await stopFor(mapping, clock)).toBe(0);
  });

  it('leaves nothing behind: no sleep, no listener', async () => {
    let listeners = 0;
    const { mapping, append, clock } = createHarness({
      reader: (log) => ({
        ...forward(log),
        onAppend: (listener) => {
          listeners += 1;
          const leave = log.onAppend(listener);
          return () => {
            listeners -= 1;
            leave();
          };
        },
      }),
    });
    mapping.start();
    await append('a');
    await clock.advance(5);
    await mapping.stop();
    await mapping.stop();
    expect([listeners, clock.sleeping]).toEqual([0, 0]);
  });

  it('is fine before start', async () => {
    await expect(createHarness().mapping.stop()).resolves.toBeUndefined();
  });
});

describe('idle', () => {
  it('resolves when everything appended before is settled', async () => {
    const harness = createHarness({ shardCount: 3, handler: () => harness.clock.sleep(250) });
    const { mapping, append, clock } = harness;
    await append(...numbers(1, 30));
    mapping.start();
    const idleAt = mapping.idle().then(() => clock.monotonicMs());
    await clock.advance(10_000);
    expect(await idleAt).toBe(250);
    await mapping.stop();
  });

  it('resolves under a flow of appends that never pauses', async () => {
    const { mapping, append, clock } = createHarness({ settings: { batchSize: 10 } });
    mapping.start();
    await append('a');
    const idleAt = mapping.idle().then(() => clock.monotonicMs());
    for (let i = 0; i < 20; i += 1) {
      await append('a', 'b');
      await clock.advance(1);
    }
    expect(await idleAt).toBeLessThan(10);
    await mapping.stop();
  });

  it('waits for the children of a reshard too', async () => {
    const harness = createHarness({ handler: () => harness.clock.sleep(100) });
    const { mapping, invocations, append, clock, log } = harness;
    mapping.start();
    await append('a');
    await log.reshard({ type: 'split', shardId });
    await append('a', 'b', 'c', 'd');
    let settled = -1;
    const waiting = mapping
      .idle()
      .then(() => (settled = invocations.flatMap(({ numbers: got }) => got).length));
    await clock.advance(5000);
    await waiting;
    expect(settled).toBe(5);
    expect(mapping.stats().shards.every(({ recordsBehind }) => recordsBehind === 0)).toBe(true);
    await mapping.stop();
  });

  it('rejects when the mapping is stopped first', async () => {
    const { mapping, append, clock } = createHarness({ handler: () => Promise.reject(new Error('down')) });
    await append('a');
    mapping.start();
    const [idle] = await Promise.allSettled([mapping.idle(), clock.advance(100).then(() => mapping.stop())]);
    expect(idle).toEqual({
      status: 'rejected',
      reason: new Error('the mapping was stopped before it was idle'),
    });
  });

  it('costs one look a second and nothing else while nothing happens', async () => {
    let calls = 0;
    const { mapping, clock } = createHarness({
      reader: (log) => ({
        ...forward(log),
        shards: async () => {
          calls += 1;
          return log.shards();
        },
        read: async (...args) => {
          calls += 1;
          return log.read(...args);
        },
      }),
    });
    mapping.start();
    await clock.advance(0);
    calls = 0;
    await clock.advance(60_000);
    expect(calls).toBe(120);
    await mapping.stop();
  });
});

describe('settings', () => {
  it.each([
    [{ batchSize: 0 }],
    [{ batchSize: 10_001 }],
    [{ parallelizationFactor: 11 }],
    [{ maximumBatchingWindowSeconds: -1 }],
    [{ maximumBatchingWindowSeconds: 301 }],
    [{ maximumRetryAttempts: -2 }],
  ])('outside of what Lambda takes are refused: %j', (settings) => {
    expect(() => createHarness({ settings })).toThrow(RangeError);
  });
});
