import { describe, expect, it } from '@jest/globals';
import type { LogError } from '../../lib/ports/log-reader.ts';
import { StateStoreError, type ItemKey, type WriteAction } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Container } from '../simulation/container.ts';
import { Kernel } from '../simulation/kernel.ts';
import { simulateClock, simulateIds } from '../simulation/ports/simulated-rest.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { DynamoDb } from './dynamodb.ts';
import { Kinesis } from './kinesis.ts';
import { Lambda, type Invocation, type LambdaOptions } from './lambda.ts';

function build() {
  const kernel = new Kernel({ seed: 1 });
  let opened = 0;
  const open = (): Container => {
    opened += 1;
    const id = `container ${opened}`;
    const prng = kernel.fork(id);
    return new Container({ kernel, id, functionName: 'ingest-increments', skewMs: 0, prng, pauses: true });
  };
  /** Results of what was set off, once all of it is done. */
  const all = async <T>(work: readonly (() => Promise<T>)[]): Promise<T[]> => {
    const settled = await kernel.settle(Promise.all(work.map((one) => one())), 60_000);
    if (settled === undefined) throw new Error('not done after a minute');
    return settled.value;
  };
  return { kernel, open, all };
}

const times = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('DynamoDB of the fleet', () => {
  const keyOf = (principal: string): ItemKey => ({ table: 'requests', pk: `rate#${principal}#0`, sk: '' });
  const write = (i: number): Exclude<WriteAction, { type: 'check' }> => ({
    type: 'update',
    key: keyOf('p'),
    add: { leased: BigInt(i) },
  });
  const code = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'written',
      (error: unknown) => (error instanceof StateStoreError ? error.code : 'else'),
    );
  const count = (codes: readonly string[], wanted: string): number =>
    codes.filter((one) => one === wanted).length;

  it('throttles one key over 1,000 units a second, and no other', async () => {
    const { kernel, open, all } = build();
    const dynamodb = new DynamoDb(kernel, createMemoryStateStore());
    const state = dynamodb.for(open());
    const burst = await all(times(1500).map((i) => () => code(state.write(write(i)))));
    // What arrives within the spread of the network, some milliseconds, may use what has come back by then.
    expect(count(burst, 'written')).toBeGreaterThanOrEqual(1000);
    expect(count(burst, 'written')).toBeLessThan(1060);
    expect(dynamodb.used('rate')).toMatchObject({
      writes: count(burst, 'written'),
      throttled: count(burst, 'state-throttled'),
    });
    const other = { ...write(1), key: keyOf('q') };
    expect(await all([() => code(state.write(other))])).toEqual(['written']);
    await kernel.run(() => false, 1000);
    expect(count(await all(times(900).map((i) => () => code(state.write(write(i))))), 'written')).toBe(900);
  });

  it('refuses transactions that meet on an item, and counts them twice', async () => {
    const { kernel, open, all } = build();
    const dynamodb = new DynamoDb(kernel, createMemoryStateStore());
    const state = dynamodb.for(open());
    const codes = await all(times(20).map((i) => () => code(state.transact([write(i)]))));
    expect(count(codes, 'written')).toBeGreaterThan(0);
    expect(count(codes, 'state-conflict')).toBe(20 - count(codes, 'written'));
    expect(count(codes, 'state-conflict')).toBeGreaterThan(0);
    expect(dynamodb.used('rate').writes).toBe(40);
    // One after the other they do not meet.
    await kernel.run(() => false, 1000);
    for (let i = 0; i < 3; i += 1) {
      expect(await all([() => code(state.transact([write(i)]))])).toEqual(['written']);
      await kernel.run(() => false, 20);
    }
  });
});

describe('Kinesis of the fleet', () => {
  it('refuses what is over the records of a shard in a second', async () => {
    const { kernel, open, all } = build();
    const clock = { nowMs: () => kernel.nowMs() };
    const log = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 4, clock });
    const kinesis = new Kinesis(kernel, log, 4);
    const entries = times(400).map(() => ({ partitionKey: 'hot', data: new Uint8Array(10) }));
    const results = await all(times(3).map(() => () => kinesis.for(open()).append(entries)));
    const appended = results.flat().filter(({ status }) => status === 'appended').length;
    expect(appended).toBeGreaterThanOrEqual(1000);
    expect(appended).toBeLessThan(1100);
    expect(kinesis).toMatchObject({ appended, refused: 1200 - appended });
  });

  it('is read five times a second by shard, two megabytes at once, and tells nobody of an append', async () => {
    const { kernel, open, all } = build();
    const clock = { nowMs: () => kernel.nowMs() };
    const log = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 2, clock });
    const kinesis = new Kinesis(kernel, log, 2);
    const entries = times(3).map(() => ({ partitionKey: 'hot', data: new Uint8Array(900_000) }));
    const [first] = await log.append(entries);
    const shardId = first?.status === 'appended' ? first.shardId : '';
    const reader = kinesis.reader();
    let told = 0;
    reader.onAppend(() => (told += 1));
    const limits = { recordsMax: 1000, bytesMax: 10_000_000 };
    const read = (of: string) => (): Promise<number | string> =>
      reader.read(of, undefined, limits).then(
        ({ length }) => length,
        (error: unknown) => (error as LogError).code,
      );
    expect(await all([read(shardId)])).toEqual([2]);
    await kernel.run(() => false, 5000);
    const [other = ''] = (await log.shards()).map((shard) => shard.shardId).filter((id) => id !== shardId);
    const many = await all(times(8).map(() => read(other)));
    expect(many).toEqual([0, 0, 0, 0, 0, 'log-unavailable', 'log-unavailable', 'log-unavailable']);
    expect(await all([read(shardId)])).toEqual([2]);
    await all([() => kinesis.for(open()).append(entries.slice(0, 1))]);
    expect(told).toBe(0);
  });
});

describe('Lambda of the fleet', () => {
  function lambdaOf(options: Partial<Pick<LambdaOptions, 'concurrency' | 'dispatch'>>, workMs = 100) {
    const world = build();
    const { kernel } = world;
    const settings = stageSettings('prod');
    const lambda = new Lambda({
      ...{ kernel, concurrency: 1000, dispatch: 'warmest', ...options },
      open: () => {
        const container = world.open();
        const ports = { clock: simulateClock(container), ids: simulateIds(container.prng), settings };
        return { container, ports: { ...ports, container } as never };
      },
      create: (_, ports) => {
        const { container } = ports as unknown as { readonly container: Container };
        return {
          handler: async () => {
            await kernel.sleep(workMs);
            return container.id;
          },
        };
      },
    });
    const invoke = (): Promise<Invocation> => lambda.invoke('ingest-increments', {});
    const call = async (count: number): Promise<Invocation[]> => world.all(times(count).map(() => invoke));
    return { ...world, lambda, call };
  }

  const throttledBy = (invocations: readonly Invocation[]): string[] =>
    invocations.flatMap((one) => (one.status === 'throttled' ? [one.by] : []));
  const servedBy = (invocations: readonly Invocation[]): unknown[] =>
    invocations.flatMap((one) => (one.status === 'answered' ? [one.result] : []));

  it('refuses the eleventh call at once of a new account', async () => {
    const { call } = lambdaOf({ concurrency: 10 });
    expect(throttledBy(await call(12))).toEqual(['concurrency', 'concurrency']);
    expect(throttledBy(await call(10))).toEqual([]);
  });

  it('refuses calls over ten a second for each concurrent execution', async () => {
    const { call } = lambdaOf({ concurrency: 1 }, 0);
    const found: string[] = [];
    for (let i = 0; i < 20; i += 1) found.push(...throttledBy(await call(1)));
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found)).toEqual(new Set(['requests']));
  });

  it('starts 1,000 containers at once and no more, however many the account may have', async () => {
    const { call, lambda } = lambdaOf({ concurrency: 3000 });
    expect(throttledBy(await call(1200))).toEqual(new Array<string>(200).fill('new containers'));
    expect(lambda.containersOf('ingest-increments')).toEqual({ alive: 1000, started: 1000 });
  });

  it('gives a call to the container that was called last, or to the one that has waited longest', async () => {
    const warmest = lambdaOf({});
    await warmest.call(3);
    const again = [...servedBy(await warmest.call(1)), ...servedBy(await warmest.call(1))];
    expect(new Set(again).size).toBe(1);
    const spread = lambdaOf({ dispatch: 'longest-idle' });
    await spread.call(3);
    const each: unknown[] = [];
    for (let i = 0; i < 3; i += 1) each.push(...servedBy(await spread.call(1)));
    expect(new Set(each).size).toBe(3);
  });

  it('starts anew what nobody has called for five minutes', async () => {
    const { call, kernel, lambda } = lambdaOf({});
    await call(2);
    await kernel.run(() => false, 301_000);
    expect(await call(1)).toEqual([{ status: 'answered', result: 'container 3', cold: true }]);
    expect(lambda.containersOf('ingest-increments')).toEqual({ alive: 1, started: 3 });
  });
});
