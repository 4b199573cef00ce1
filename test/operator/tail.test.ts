import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { tailCommand } from '../../lib/operator/tail-command.ts';
import { UsageError } from '../../lib/options.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { deliver, increment, keyed, logRecords, type Logged } from '../support/counter-world.ts';
import { createOperatorWorld, operatorPorts, perform, stageOf } from '../support/operator-world.ts';
import { virtualStartMs } from '../support/virtual-clock.ts';

/** Counts a batch before each of the looks after the first. */
function world(batches: readonly (readonly Logged[])[], failures = 0) {
  const opened = createOperatorWorld();
  const aggregator = createAggregator(opened.ports);
  const ports = operatorPorts(opened);
  let [next, number, left] = [0, 7n, failures];
  const clock = {
    ...opened.clock,
    nowMs: () => opened.clock.nowMs(),
    monotonicMs: () => opened.clock.monotonicMs(),
    sleep: async (ms: number) => {
      await opened.clock.sleep(ms);
      if (ms !== 500) return;
      const batch = batches[next++] ?? [];
      await deliver(aggregator, logRecords(batch, number));
      number += BigInt(batch.length);
    },
  };
  const state = failing(ports.state, () => left-- > 0);
  return { ...stageOf(opened, { ...ports, state }), clock };
}

/** Reads fail while the function says so. */
function failing(state: StateStore, fails: () => boolean): StateStore {
  return {
    get: (key) => state.get(key),
    getMany: (keys) =>
      fails() ? Promise.reject(new StateStoreError('state-unavailable', 'no answer')) : state.getMany(keys),
    query: (range) => state.query(range),
    write: (action) => state.write(action),
    writeEach: (actions) => state.writeEach(actions),
    transact: (actions) => state.transact(actions),
    transactEach: (transactions) => state.transactEach(transactions),
  };
}

const at = new Date(virtualStartMs).toISOString().slice(0, 10);

describe('npm run tail', () => {
  it('takes both spellings of a UUID for one counter where keys are UUIDs', async () => {
    const key = '0198c0de-7a11-7abc-8def-00000000abcd';
    const stage = world([[increment(key, 3)]]);
    const counters = { ...stage.settings.counters, keyFormat: 'uuid' as const };
    const { lines } = await perform(tailCommand, { ...stage, settings: { ...stage.settings, counters } }, [
      ...['--key', key.toUpperCase(), '--key', key, '--changes', '1', '--json'],
    ]);
    expect(lines.map((line) => [line['key'], line['total']])).toEqual([
      [key, '0'],
      [key, '3'],
    ]);
  });

  it('shows the total, then what each look finds added', async () => {
    const stage = world([
      [increment('a', 3), increment('a', 4)],
      [],
      [increment('b', 1)],
      [increment('a', 5)],
    ]);
    const { code, text } = await perform(tailCommand, stage, ['--key', 'a', '--key', 'b', '--changes', '3']);
    expect(code).toBe(0);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines.map(([counted, ...rest]) => [counted?.slice(0, 10), ...rest])).toEqual([
      ['not yet co', '"a"', '0'],
      ['not yet co', '"b"', '0'],
      [at, '"a"', '+7', '7'],
      [at, '"b"', '+1', '1'],
      [at, '"a"', '+5', '12'],
    ]);
  });

  it('shows a repeat of a keyed request not at all', async () => {
    const once = keyed('a', 3);
    const stage = world([[once], [once], [increment('a', 1)]]);
    const { lines } = await perform(tailCommand, stage, ['--key', 'a', '--changes', '2', '--json']);
    expect(lines.map(({ added, total }) => [added, total])).toEqual([
      [null, '0'],
      ['3', '3'],
      ['1', '4'],
    ]);
  });

  it('goes on after failures of the store, and loses none', async () => {
    const stage = world([[increment('a', 2)], [increment('a', 2)]], 5);
    const { lines } = await perform(tailCommand, stage, ['--key', 'a', '--changes', '2', '--json']);
    expect(lines.at(-1)).toMatchObject({ key: 'a', added: '2', total: '4' });
  });

  it('gives up after a minute of them', async () => {
    const stage = world([], Infinity);
    const startedMs = stage.clock.monotonicMs();
    await expect(perform(tailCommand, stage, ['--key', 'a'])).rejects.toMatchObject({
      code: 'state-unavailable',
    });
    expect(stage.clock.monotonicMs() - startedMs).toBeGreaterThan(60_000);
    expect(stage.clock.monotonicMs() - startedMs).toBeLessThan(70_000);
  });

  it.each([
    [],
    ['--key', ''],
    ['--key', 'a\n'],
    ['--key', 'a', '--every', '0'],
    ['--key', 'a', '--changes', '0'],
  ])('refuses %j', (...args) => {
    expect(() => tailCommand.parse(args)).toThrow(UsageError);
  });
});
