import { describe, expect, it } from '@jest/globals';
import { createUsageReader } from '../../../lib/app/usage/usage-reader.ts';
import { createUsageRecorder, type UsageRecorder } from '../../../lib/app/usage/usage-recorder.ts';
import type { Attributes } from '../../../lib/ports/state-store.ts';
import { createCounterWorld, seededIds } from '../../support/counter-world.ts';
import { faultyPorts, ProcessDeath, type Fault } from '../../support/faulty-ports.ts';
import { createVirtualClock, virtualStartMs, type VirtualClock } from '../../support/virtual-clock.ts';

const firstDay = '2026-01-01';
const dayMs = 86_400_000;

/** A call whose answer acknowledges so many increments. */
function note(usage: UsageRecorder, principal: string, increments: number): void {
  usage.noteCall(principal);
  if (increments > 0) usage.noteIncrements(principal, increments);
}

/** One container, whose n-th call of the store meets `faults[n]`. */
function build(faults: readonly (Fault | undefined)[] = [], clock: VirtualClock = createVirtualClock()) {
  const world = createCounterWorld({ clock });
  const faulty = faultyPorts(
    { state: world.memoryState, quarantine: world.quarantine },
    (call) => faults[call],
  );
  const { telemetry } = world;
  const open = (seed: number): UsageRecorder =>
    createUsageRecorder({ state: faulty.state, clock, ids: seededIds(seed), telemetry });
  const reader = createUsageReader({ state: world.memoryState });
  const of = async (principal: string): Promise<readonly [bigint, bigint]> => {
    const [found] = await reader.ofCaller(principal, clock.nowMs(), 1);
    return [found?.calls ?? -1n, found?.increments ?? -1n];
  };
  const counter = (kind: string, principal: string, day = firstDay): Promise<Attributes | undefined> =>
    world.memoryState.get({
      table: 'counters',
      pk: `counter#\u0001usage/${day}/${kind}/${principal}`,
      sk: '',
    });
  return { ...world, clock, faulty, open, usage: open(1), reader, of, counter };
}

describe('usage', () => {
  it('adds up the calls and increments of each caller, and nothing of others', async () => {
    const { usage, of, counter } = build();
    note(usage, 'a', 0);
    note(usage, 'a', 500);
    note(usage, 'b', 1);
    await usage.flush();
    note(usage, 'a', 7);
    await usage.flush();
    expect([await of('a'), await of('b'), await of('c')]).toEqual([
      [3n, 507n],
      [1n, 1n],
      [0n, 0n],
    ]);
    // Nothing of it is from the log, so an audit has nothing to explain. It goes 400 days after its day.
    const expiresAt = BigInt((Date.UTC(2026, 0, 2) + 400 * dayMs) / 1000);
    expect(await counter('calls', 'a')).toEqual({
      ...{ total: 3n, sync_total: 3n, updated_at: BigInt(virtualStartMs), expires_at: expiresAt },
    });
    expect(await counter('increments', 'c')).toBeUndefined();
  });

  it('keeps the days (UTC) apart, by the instant of the answer', async () => {
    const { usage, clock, reader } = build();
    await clock.advance(dayMs - 1);
    note(usage, 'a', 1);
    await clock.advance(1);
    note(usage, 'a', 10);
    await usage.flush();
    expect(await reader.ofCaller('a', clock.nowMs(), 3)).toEqual([
      { day: '2025-12-31', calls: 0n, increments: 0n },
      { day: '2026-01-01', calls: 1n, increments: 1n },
      { day: '2026-01-02', calls: 1n, increments: 10n },
    ]);
  });

  it('lists the callers of a day in pages', async () => {
    const { usage, reader } = build();
    for (const principal of ['b', 'a', 'ü', 'c']) note(usage, principal, 2);
    await usage.flush();
    const first = await reader.ofDay(virtualStartMs + 5, { limit: 3 });
    const sums = { calls: 1n, increments: 2n };
    expect(first).toEqual({
      callers: ['a', 'b', 'c'].map((principal) => ({ principal, ...sums })),
      more: true,
    });
    expect(await reader.ofDay(virtualStartMs, { limit: 3, after: 'c' })).toEqual({
      callers: [{ principal: 'ü', ...sums }],
      more: false,
    });
    expect(await reader.ofDay(virtualStartMs - 1, { limit: 3 })).toEqual({ callers: [], more: false });
  });

  it('writes more callers than one transaction can hold', async () => {
    const { usage, reader, faulty } = build();
    for (let i = 0; i < 100; i += 1) note(usage, `caller-${String(i).padStart(3, '0')}`, i);
    await usage.flush();
    expect(faulty.calls).toBe(4);
    const { callers } = await reader.ofDay(virtualStartMs, { limit: 100 });
    expect(callers.map(({ increments }) => increments)).toEqual(
      Array.from({ length: 100 }, (_, i) => BigInt(i)),
    );
  });

  it('writes at the first call, and then when 10 s have passed', async () => {
    const { usage, clock, faulty } = build();
    note(usage, 'a', 0);
    await usage.flushIfDue();
    expect(faulty.calls).toBe(1);
    note(usage, 'a', 0);
    await clock.advance(9999);
    expect(usage.flushIfDue()).toBeUndefined();
    await clock.advance(1);
    await usage.flushIfDue();
    expect(faulty.calls).toBe(2);
    await clock.advance(10_000);
    await usage.flushIfDue();
    expect(faulty.calls).toBe(2);
  });

  it('is due by either clock: a frozen container does not see the time pass', async () => {
    const { usage, clock, faulty } = build();
    note(usage, 'a', 0);
    await usage.flushIfDue();
    note(usage, 'a', 0);
    clock.jump(10_000);
    await usage.flushIfDue();
    expect(faulty.calls).toBe(2);
    note(usage, 'a', 0);
    clock.jump(-3_600_000);
    await clock.advance(10_000);
    await usage.flushIfDue();
    expect(faulty.calls).toBe(3);
  });

  it('holds up a call for half a second at most, and calls meanwhile not at all', async () => {
    const { clock, memoryState, telemetry } = build();
    const state = { ...memoryState, transact: () => new Promise<never>(() => undefined) };
    const usage = createUsageRecorder({ state, clock, ids: seededIds(1), telemetry });
    let answered = false;
    note(usage, 'a', 0);
    void usage.flushIfDue()?.then(() => {
      answered = true;
    });
    await clock.advance(499);
    expect([answered, usage.flushIfDue()]).toEqual([false, undefined]);
    await clock.advance(1);
    expect(answered).toBe(true);
    await clock.advance(60_000);
    expect(usage.flushIfDue()).toBeUndefined();
  });

  it.each<[Fault, readonly [bigint, bigint]]>([
    ['refuse', [3n, 7n]],
    ['lose', [3n, 7n]],
    ['delay', [3n, 7n]],
  ])('after a failure (%s) the next write repeats it, once in effect', async (fault, expected) => {
    const { usage, of, faulty } = build([fault]);
    note(usage, 'a', 2);
    note(usage, 'a', 0);
    await usage.flush();
    note(usage, 'a', 5);
    await usage.flush();
    await faulty.runDelayed();
    expect(await of('a')).toEqual(expected);
  });

  it.each<[Fault, number, readonly [bigint, bigint]]>([
    ['lose', 3_599_999, [2n, 2n]],
    ['refuse', 3_599_999, [2n, 2n]],
    // Claims are gone when a container wakes up after days, so it must not try again.
    ['lose', 3_600_000, [2n, 2n]],
    ['refuse', 3_600_000, [1n, 1n]],
  ])('a write (%s) that comes to light after %s ms', async (fault, afterMs, expected) => {
    const { usage, clock, reader, memoryState } = build([fault]);
    note(usage, 'a', 1);
    await usage.flush();
    clock.jump(afterMs);
    const { items } = await memoryState.query({ table: 'counters', pk: 'usage#2026-01-01', limit: 1 });
    expect(items).toHaveLength(fault === 'lose' ? 1 : 0);
    note(usage, 'a', 1);
    await usage.flush();
    const [found] = await reader.ofCaller('a', virtualStartMs, 1);
    expect([found?.calls, found?.increments]).toEqual(expected);
  });

  it('what is noted during a write goes into the next one', async () => {
    const { of, memoryState, ...rest } = build();
    let taken = 0;
    const state = {
      ...memoryState,
      transact: async (actions: Parameters<typeof memoryState.transact>[0]) => {
        taken += 1;
        if (taken === 1) note(usage, 'a', 10);
        return memoryState.transact(actions);
      },
    };
    const usage: UsageRecorder = createUsageRecorder({ ...rest, state, ids: seededIds(1) });
    note(usage, 'a', 1);
    await usage.flush();
    expect(await of('a')).toEqual([1n, 1n]);
    await usage.flush();
    expect(await of('a')).toEqual([2n, 11n]);
  });

  it.each<[Fault, readonly [bigint, bigint]]>([
    ['die-before', [1n, 100n]],
    ['die-after', [2n, 101n]],
  ])(
    'a container that dies (%s) loses what it had not written, and doubles nothing',
    async (fault, expected) => {
      const { usage, open, of } = build([fault]);
      note(usage, 'a', 1);
      await expect(usage.flush()).rejects.toThrow(ProcessDeath);
      const other = open(2);
      note(other, 'a', 100);
      await other.flush();
      expect(await of('a')).toEqual(expected);
    },
  );

  it('bounds the callers that it remembers, and reports those that it cannot', async () => {
    const { usage, telemetry, of } = build();
    for (let i = 0; i < 10_001; i += 1) note(usage, `caller-${i}`, 1);
    note(usage, 'caller-0', 1);
    await usage.flush();
    expect([await of('caller-0'), await of('caller-9999'), await of('caller-10000')]).toEqual([
      [2n, 2n],
      [1n, 1n],
      [0n, 0n],
    ]);
    expect(telemetry.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });
});
