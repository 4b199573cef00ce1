import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLeasedRate, type TakeCall } from '../../../lib/app/rate/leased-rate.ts';
import type { RateSettings } from '../../../lib/stages.ts';
import { runs } from '../../core/runs.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';

/** Of which the limit is stated, `RateLimit-Policy: w=5`. */
const windowMs = 5000;

/** The beginning of a window. */
const startMs = 1_767_225_600_000;

/** A container may hold this part of what it has let through in a window and the one before. */
const partOfSpent = 8;

interface Container {
  readonly skewMs: number;
  readonly take: TakeCall;
}

/** A store and containers whose clocks differ from the true time; the store deletes by the true time. */
class World {
  nowMs = startMs;
  readonly store = createMemoryStateStore();
  readonly containers: readonly Container[];

  constructor(rate: RateSettings, skewsMs: readonly number[]) {
    const state = overrideState(this.store, {});
    this.containers = skewsMs.map((skewMs) => {
      const clock = {
        nowMs: () => this.nowMs + skewMs,
        monotonicMs: () => this.nowMs - startMs,
        sleep: () => Promise.reject(new Error('a limiter never sleeps')),
      };
      return { skewMs, take: createLeasedRate({ state, clock, telemetry: nullTelemetry }, rate) };
    });
  }

  async advance(byMs: number): Promise<void> {
    this.nowMs += byMs;
    await this.store.sweepExpired(this.nowMs / 1000, 1000);
  }
}

/** Calls until one is refused, at most 2,000. */
async function spend(take: TakeCall): Promise<number> {
  for (let passed = 0; passed < 2000; passed += 1) if ((await take('p')) !== 0) return passed;
  return 2000;
}

const rate: fc.Arbitrary<RateSettings> = fc.record({
  ratePerSecond: fc.constantFrom(0.1, 0.3, 1, 7, 10, 20.2, 29.9),
  burst: fc.constantFrom(1, 2, 60, 101, 149, 163),
});

const step = fc.record({
  // So that windows are met a millisecond before, at and after their start.
  pauseMs: fc.constantFrom(0, 1, 1, 3, 499, 2500, 4998, 4999, 5000, 9999),
  container: fc.nat(2),
  calls: fc.integer({ min: 1, max: 80 }),
});

/** The stage's, for which a principal with a rate of its own must be neither limited nor let through. */
const others = fc.constantFrom<RateSettings | undefined>(
  undefined,
  { ratePerSecond: 0.2, burst: 1 },
  { ratePerSecond: 500, burst: 5000 },
);

const skews = fc.array(fc.constantFrom(0, -1, 1, -4998, 2500), { minLength: 3, maxLength: 3 });

describe('a leased rate over containers whose clocks differ, in a store that deletes what has expired', () => {
  it('lets each window’s quota through, never more, and less only by what other containers keep', async () => {
    await fc.assert(
      fc.asyncProperty(
        rate,
        others,
        skews,
        fc.array(step, { maxLength: 20 }),
        async (drawn, other, skewsMs, steps) => {
          const own = other === undefined ? undefined : drawn;
          const world = new World(other ?? drawn, skewsMs);
          const quota = Math.max(1, Math.floor(Math.max(drawn.ratePerSecond * 5, drawn.burst)));
          const passed = new Map<number, number>();
          const passedBy = world.containers.map(() => new Map<number, number>());
          // A lease is asked for when nothing of the last one is left, and its first call is let through.
          const keptBy = (of: number, window: number): number => {
            const spent = (passedBy[of]?.get(window) ?? 0) + (passedBy[of]?.get(window - 1) ?? 0);
            return Math.max(0, Math.floor(spent / partOfSpent) - 1);
          };
          const wrong: unknown[] = [];
          for (const { pauseMs, container, calls } of steps) {
            await world.advance(pauseMs);
            const { skewMs, take } = world.containers[container]!;
            const window = Math.floor((world.nowMs + skewMs) / windowMs);
            for (let call = 0; call < calls; call += 1) {
              const waitMs = await take('p', own);
              const before = passed.get(window) ?? 0;
              if (waitMs === 0) {
                passed.set(window, before + 1);
                passedBy[container]!.set(window, (passedBy[container]!.get(window) ?? 0) + 1);
                if (before >= quota) wrong.push({ window, passed: before + 1, quota });
              } else {
                const keptMax = [0, 1, 2].reduce(
                  (sum, of) => sum + (of === container ? 0 : keptBy(of, window)),
                  0,
                );
                const endsInMs = (window + 1) * windowMs - (world.nowMs + skewMs);
                if (before < quota - keptMax || waitMs !== endsInMs)
                  wrong.push({ window, passed: before, quota, waitMs, endsInMs });
              }
            }
          }
          expect(wrong).toEqual([]);
          // A window's item goes once no container can still count by it.
          await world.advance(3 * windowMs);
          expect(world.store.size).toBe(0);
        },
      ),
      runs(40),
    );
  });

  it.each([1, 49, 50, 51, 99, 100, 149, 1019])(
    'gives one container a quota of %d to the last call',
    async (quota) => {
      const world = new World({ ratePerSecond: 0.1, burst: quota }, [0]);
      const [{ take } = { take: () => 1 }] = world.containers;
      for (let window = 0; window < 3; window += 1) {
        expect(await spend(take)).toBe(quota);
        await world.advance(windowMs);
      }
    },
  );

  it('begins a new quota with its window, not a millisecond before', async () => {
    const world = new World({ ratePerSecond: 1, burst: 1 }, [0]);
    const [{ take } = { take: () => 1 }] = world.containers;
    const waits: number[] = [];
    for (let call = 0; call < 6; call += 1) waits.push(await take('p'));
    await world.advance(windowMs - 1);
    waits.push(await take('p'));
    await world.advance(1);
    waits.push(await take('p'));
    expect(waits).toEqual([0, 0, 0, 0, 0, 5000, 1, 0]);
  });

  it('keeps a window’s item to the end of the next one, for containers whose clock is behind', async () => {
    const world = new World({ ratePerSecond: 1, burst: 1 }, [0]);
    await world.containers[0]!.take('p');
    await world.advance(2 * windowMs - 1);
    expect(world.store.size).toBe(1);
    await world.advance(1);
    expect(world.store.size).toBe(0);
  });

  it('spends what calls at once have leased, and all of it', async () => {
    const world = new World({ ratePerSecond: 200, burst: 1 }, [0]);
    const { take } = world.containers[0]!;
    const first = await Promise.all(Array.from({ length: 30 }, async () => take('p')));
    expect(first).toEqual(first.map(() => 0));
    expect(first.length + (await spend(take))).toBe(1000);
  });

  it('holds the leases of 10,000 principals, and gives up the one renewed least recently', async () => {
    let writes = 0;
    const state = overrideState(createMemoryStateStore(), {
      write: () => {
        writes += 1;
        return Promise.resolve({ status: 'written', item: { leased: 2n } });
      },
    });
    const clock = { nowMs: () => startMs, monotonicMs: () => 0, sleep: () => Promise.resolve() };
    const take = createLeasedRate(
      { state, clock, telemetry: nullTelemetry },
      { ratePerSecond: 1000, burst: 1 },
    );
    // Each leases two calls and spends one: the least of a quota of 5,000.
    for (let i = 0; i < 10_000; i += 1) await take(`p${i}`);
    // p0 spends its second call and leases two more, of which it spends one.
    await take('p0');
    await take('p0');
    expect(writes).toBe(10_001);
    await take('one more');
    expect(writes).toBe(10_002);
    await take('p0');
    await take('p2');
    expect(writes).toBe(10_002);
    await take('p1');
    expect(writes).toBe(10_003);
  });
});
