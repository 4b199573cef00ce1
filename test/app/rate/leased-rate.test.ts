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

  it.each([50, 100, 1000])(
    'serves one call each of %d fresh containers, if the quota has as many',
    async (count) => {
      const { container } = build();
      const containers = Array.from({ length: count }, container);
      expect(await pass(containers, count)).toBe(count);
      expect(await pass(containers, 2 * quota)).toBe(quota - count);
    },
  );

  it.each([1, 2, 17, 50, 200, 999])(
    'refuses none of four fifths of the quota over %d containers, in no window',
    async (count) => {
      const { container, clock } = build();
      const containers = Array.from({ length: count }, container);
      for (let window = 0; window < 4; window += 1) {
        expect(await pass(containers, 0.8 * quota)).toBe(0.8 * quota);
        await clock.advance(windowMs);
      }
    },
  );

  it('has nothing kept back by a container that spent a whole window, but an eighth of it', async () => {
    const { container, clock } = build();
    const busy = container();
    expect(await pass([busy], quota)).toBe(quota);
    await clock.advance(windowMs);
    expect(await pass([busy], 1)).toBe(1);
    // An eighth would be 125; a sixteenth of what is left is 62.
    expect(await pass([container()], 2 * quota)).toBe(quota - 62);
  });

  it('that changes holds from the next lease on', async () => {
    const changing = { ...rate };
    const { clock } = build();
    const take = createLeasedRate(
      { state: createMemoryStateStore(), clock, telemetry: nullTelemetry },
      changing,
    );
    expect(await pass([take], 40)).toBe(40);
    Object.assign(changing, { ratePerSecond: 10, burst: 1 });
    // Its last lease was of four calls, by 32, 36 and 40. Then 50 calls a window are ten more.
    expect(await pass([take], 1500)).toBe(10);
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

  it('writes less, the more a container spends', async () => {
    const memory = createMemoryStateStore();
    let writes = 0;
    const counting = overrideState(memory, {
      write: (action) => {
        writes += 1;
        return memory.write(action);
      },
    });
    const { container, clock } = build(counting);
    const take = container();
    const writesFor = async (calls: number): Promise<number> => {
      writes = 0;
      expect(await pass([take], calls)).toBe(calls);
      return writes;
    };
    expect([await writesFor(16), await writesFor(84), await writesFor(400)]).toEqual([16, 17, 15]);
    await clock.advance(windowMs);
    expect(await writesFor(500)).toBe(11);
    // After a pause it begins anew.
    await clock.advance(2 * windowMs);
    expect(await writesFor(16)).toBe(16);
  });

  it('of a great quota begins with leases that one item can take', async () => {
    const memory = createMemoryStateStore();
    let writes = 0;
    const state = overrideState(memory, {
      write: (action) => {
        writes += 1;
        return memory.write(action);
      },
    });
    const { clock } = build();
    const great = { ratePerSecond: 5000, burst: 1 };
    const containers = Array.from({ length: 2500 }, () =>
      createLeasedRate({ state, clock, telemetry: nullTelemetry }, great),
    );
    expect(await pass(containers, 25_000)).toBe(25_000);
    expect(writes).toBe(2500);
    expect(await pass(containers, 10)).toBe(0);
  });

  it('leases for calls at once what it would for one after the other', async () => {
    const { container, clock } = build();
    const busy = container();
    expect(await pass([busy], 800)).toBe(800);
    await clock.advance(windowMs);
    const waits = await Promise.all(Array.from({ length: 30 }, async () => busy('p')));
    expect(waits).toEqual(waits.map(() => 0));
    // The first call leased 62, the others one each.
    expect(await pass([container()], 2 * quota)).toBe(quota - 62 - 29);
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
    // Ten leases of one call are nobody's.
    expect(await pass([take], 1500)).toBe(quota - 10);
  });
});
