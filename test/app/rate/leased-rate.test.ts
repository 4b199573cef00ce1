import { describe, expect, it } from '@jest/globals';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { createLeasedRate, windowMs, type TakeCall } from '../../../lib/app/rate/leased-rate.ts';
import { StateStoreError, type StateStore } from '../../../lib/ports/state-store.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const rate = { ratePerSecond: 200, burst: 200 };
const quota = 1000;

function build(state: StateStore = createMemoryStateStore()) {
  // At the beginning of a window.
  const clock = createVirtualClock({ startMs: windowMs * 1000 });
  const container = (): TakeCall => createLeasedRate({ state, clock, telemetry: nullTelemetry }, rate);
  return { clock, container };
}

async function pass(takers: readonly TakeCall[], calls: number, principal = 'p'): Promise<number> {
  let passed = 0;
  for (let call = 0; call < calls; call += 1) {
    if ((await takers[call % takers.length]!(principal)) === 0) passed += 1;
  }
  return passed;
}

describe('a leased rate', () => {
  it('lets one container spend the whole quota of a window, and no call more', async () => {
    const { container, clock } = build();
    const take = container();
    expect(await pass([take], 1500)).toBe(quota);
    const waitMs = await take('p');
    expect(waitMs).toBe(windowMs);
    await clock.advance(waitMs);
    expect(await pass([take], 1500)).toBe(quota);
  });

  it('lets many containers spend it together, short of what they leased and kept', async () => {
    const { container } = build();
    const containers = Array.from({ length: 17 }, container);
    const passed = await pass(containers, 5000);
    expect(passed).toBeLessThanOrEqual(quota);
    expect(passed).toBeGreaterThanOrEqual(quota - 17 * 20);
  });

  it('that changes holds from the next lease on', async () => {
    const changing = { ...rate };
    const { clock } = build();
    const take = createLeasedRate(
      { state: createMemoryStateStore(), clock, telemetry: nullTelemetry },
      changing,
    );
    expect(await pass([take], 10)).toBe(10);
    Object.assign(changing, { ratePerSecond: 10, burst: 1 });
    // The lease of 20 calls is spent; then 50 calls a window are fewer than what is leased.
    expect(await pass([take], 1500)).toBe(10 + 30);
    await clock.advance(windowMs);
    expect(await pass([take], 1500)).toBe(50);
    Object.assign(changing, rate);
    await clock.advance(windowMs);
    expect(await pass([take], 1500)).toBe(quota);
  });

  it('is not passed by calls at once', async () => {
    const { container } = build();
    const containers = Array.from({ length: 5 }, container);
    const waits = await Promise.all(
      Array.from({ length: 4000 }, (_, call) => (async () => containers[call % 5]!('p'))()),
    );
    expect(waits.filter((waitMs) => waitMs === 0).length).toBeLessThanOrEqual(quota);
  });

  it('keeps principals apart', async () => {
    const { container } = build();
    const take = container();
    expect(await pass([take], 1500, 'p')).toBe(quota);
    expect(await pass([take], 1500, 'q')).toBe(quota);
  });

  it('writes once for twenty calls', async () => {
    const memory = createMemoryStateStore();
    let writes = 0;
    const counting = overrideState(memory, {
      write: (action) => {
        writes += 1;
        return memory.write(action);
      },
    });
    await pass([build(counting).container()], 1000);
    expect(writes).toBe(50);
  });

  it('lets calls go on while the store fails, and gives none away when only the answer is lost', async () => {
    const memory = createMemoryStateStore();
    let failing = true;
    const state = overrideState(memory, {
      write: async (action) => {
        const result = await memory.write(action);
        if (failing) throw new StateStoreError('state-unavailable', 'no answer');
        return result;
      },
    });
    const take = build(state).container();
    expect(await pass([take], 10)).toBe(10);
    failing = false;
    // Ten leases of twenty are nobody's.
    expect(await pass([take], 1500)).toBe(quota - 200);
  });
});
