import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../lib/ports/clock.ts';

/** The contract of `Clock`. `pass` lets time go by for a sleep under way: a virtual clock has to be told. */
export function testClock(
  name: string,
  create: () => Clock,
  pass: (clock: Clock, durationMs: number) => Promise<void> = () => Promise.resolve(),
): void {
  describe(`${name} keeps the contract of the clock`, () => {
    test('wall time is whole milliseconds', () => {
      expect(Number.isSafeInteger(create().nowMs())).toBe(true);
    });

    test('monotonic time never goes back', () => {
      const clock = create();
      const times = Array.from({ length: 1000 }, () => clock.monotonicMs());
      expect(times.toSorted((a, b) => a - b)).toEqual(times);
    });

    test('a sleep takes its time', async () => {
      const clock = create();
      const startMs = clock.monotonicMs();
      const sleeping = clock.sleep(20);
      await pass(clock, 20);
      await sleeping;
      // A timer may be a fraction of a millisecond early by the finer clock.
      expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(19);
    });

    test('sleeps end in the order of their ends', async () => {
      const clock = create();
      const ended: number[] = [];
      const sleeping = Promise.all(
        [60, 20, 40].map(async (durationMs) => {
          await clock.sleep(durationMs);
          ended.push(durationMs);
        }),
      );
      await pass(clock, 60);
      await sleeping;
      expect(ended).toEqual([20, 40, 60]);
    });

    test('an abort ends a sleep at once, before it or during it, without an error', async () => {
      const clock = create();
      await clock.sleep(3_600_000, AbortSignal.abort());
      const controller = new AbortController();
      const sleeping = clock.sleep(2 ** 40, controller.signal);
      controller.abort();
      await expect(sleeping).resolves.toBeUndefined();
    });

    test('a sleep of no time ends', async () => {
      const clock = create();
      const sleeping = clock.sleep(0);
      await pass(clock, 0);
      await expect(sleeping).resolves.toBeUndefined();
    });
  });
}
