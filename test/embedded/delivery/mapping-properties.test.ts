import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EventSourceMapping } from '../../../lib/embedded/delivery/event-source-mapping.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import {
  createHarness,
  failAt,
  hang,
  type Handler,
  type Harness,
  type Invocation,
} from './mapping-harness.ts';

/**
 * Whatever a function does and however records, reshards and restarts come: each record is accepted by the
 * function or reaches the failure destination, the records of a key are first settled in their order, and
 * nothing gets stuck.
 */
type Behaviour =
  | { readonly type: 'succeed' | 'throw' | 'hang' | 'malformed' }
  | { readonly type: 'slow'; readonly ms: number }
  | { readonly type: 'partial'; readonly at: number };

type Action =
  | { readonly type: 'append'; readonly keys: readonly string[] }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'split'; readonly shard: number }
  | { readonly type: 'restart' };

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Behaviour>({ type: 'succeed' }) },
  { weight: 3, arbitrary: fc.constant<Behaviour>({ type: 'throw' }) },
  { weight: 4, arbitrary: fc.nat(20).map((at): Behaviour => ({ type: 'partial', at })) },
  { weight: 3, arbitrary: fc.nat(500).map((ms): Behaviour => ({ type: 'slow', ms })) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ type: 'hang' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ type: 'malformed' }) },
);

const key = fc.nat(11).map((n) => `key-${n}`);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(key, { minLength: 1, maxLength: 12 })
      .map((keys): Action => ({ type: 'append', keys })),
  },
  { weight: 4, arbitrary: fc.nat(40_000).map((ms): Action => ({ type: 'advance', ms })) },
  { weight: 1, arbitrary: fc.nat(9).map((shard): Action => ({ type: 'split', shard })) },
  { weight: 1, arbitrary: fc.constant<Action>({ type: 'restart' }) },
);

const scenario = fc.record({
  settings: fc.record({
    batchSize: fc.integer({ min: 1, max: 9 }),
    maximumBatchingWindowSeconds: fc.constantFrom(0, 0.05, 1),
    parallelizationFactor: fc.integer({ min: 1, max: 4 }),
    maximumRetryAttempts: fc.constantFrom(-1, 0, 2),
    maximumRecordAgeSeconds: fc.constantFrom(60, 3600),
    bisectBatchOnFunctionError: fc.boolean(),
  }),
  shardCount: fc.integer({ min: 1, max: 2 }),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 25 }),
  failureRefusals: fc.nat(3),
  actions: fc.array(action, { minLength: 1, maxLength: 25 }),
});

test('every record is settled once and for all, in the order of its key, whatever the function does', async () => {
  await fc.assert(fc.asyncProperty(scenario, expectAllSettledInOrder), { numRuns: 150 });
});

async function expectAllSettledInOrder(
  given: typeof scenario extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  const accepted: Invocation['numbers'][] = [];
  const discarded: Invocation['numbers'][] = [];
  const order: string[] = [];
  const first = new Set<string>();
  const settle = (list: Invocation['numbers'][], settled: Invocation['numbers']): void => {
    list.push(settled);
    for (const number of settled) {
      if (!first.has(number)) order.push(number);
      first.add(number);
    }
  };
  let turn = 0;
  let healed = false;
  let refusals = given.failureRefusals;
  const handler: Handler = async (invocation) => {
    const chosen = healed ? undefined : given.behaviours[turn % given.behaviours.length];
    turn += 1;
    return behave(chosen ?? { type: 'succeed' }, invocation, harness.clock, (settled) => {
      settle(accepted, settled);
    });
  };
  const harness = createHarness({
    settings: given.settings,
    shardCount: given.shardCount,
    handler,
    onFailure: (failure) => {
      refusals -= 1;
      if (refusals >= 0) return Promise.reject(new Error('not now'));
      settle(
        discarded,
        failure.payload.Records.map(({ kinesis }) => kinesis.sequenceNumber),
      );
      return Promise.resolve();
    },
  });
  const keys = new Map<string, string>();
  let mapping = harness.mapping;
  mapping.start();
  for (const step of given.actions) {
    mapping = await act(step, { harness, mapping, handler, keys });
  }
  healed = true;
  await drive(mapping.idle(), harness.clock);
  await drive(mapping.stop(), harness.clock);
  expect([...first].toSorted(byNumber)).toEqual([...keys.keys()].toSorted(byNumber));
  for (const ofKey of Map.groupBy(order, (number) => keys.get(number)).values()) {
    expect(ofKey).toEqual(ofKey.toSorted(byNumber));
  }
  await expectNothingLeft(harness);
}

/** A new mapping has nothing to deliver: the checkpoints stand at the end of every shard. */
async function expectNothingLeft({ restart, invocations, clock }: Harness): Promise<void> {
  const before = invocations.length;
  const last = restart();
  last.start();
  await drive(last.idle(), clock);
  await drive(last.stop(), clock);
  expect(invocations).toHaveLength(before);
}

interface World {
  readonly harness: Harness;
  readonly mapping: EventSourceMapping;
  readonly handler: Handler;
  readonly keys: Map<string, string>;
}

async function act(step: Action, { harness, mapping, handler, keys }: World): Promise<EventSourceMapping> {
  const { clock, log, append, restart } = harness;
  switch (step.type) {
    case 'append': {
      const appended = await append(...step.keys);
      appended.forEach((number, i) => keys.set(number, step.keys[i] ?? ''));
      return mapping;
    }
    case 'advance':
      await clock.advance(step.ms);
      return mapping;
    case 'split': {
      const open = (await log.shards()).filter(({ closed }) => !closed);
      await log.reshard({ type: 'split', shardId: open[step.shard % open.length]?.shardId ?? '' });
      return mapping;
    }
    case 'restart': {
      await drive(mapping.stop(), clock);
      const next = restart(handler);
      next.start();
      return next;
    }
  }
}

async function behave(
  behaviour: Behaviour,
  { numbers }: Invocation,
  clock: VirtualClock,
  accept: (numbers: readonly string[]) => void,
): Promise<unknown> {
  switch (behaviour.type) {
    case 'slow':
      await clock.sleep(behaviour.ms);
      accept(numbers);
      return { batchItemFailures: [] };
    case 'succeed':
      accept(numbers);
      return null;
    case 'partial': {
      const at = behaviour.at % numbers.length;
      accept(numbers.slice(0, at));
      return failAt(...numbers.slice(at));
    }
    case 'throw':
      throw new Error('thrown');
    case 'malformed':
      return failAt('no such number');
    case 'hang':
      return hang();
  }
}

/**
 * Lets virtual time pass until `work` ends; ten virtual hours without an end mean that something is stuck.
 */
async function drive(work: Promise<unknown>, clock: VirtualClock): Promise<void> {
  let ended = false;
  const ending = work.finally(() => {
    ended = true;
  });
  const isEnded = (): boolean => ended;
  for (let steps = 0; !isEnded() && steps < 3600; steps += 1) await clock.advance(steps < 20 ? 50 : 10_000);
  expect(isEnded()).toBe(true);
  await ending;
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
