import { describe, expect, test } from '@jest/globals';
import { testClock } from '../contracts/clock.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

testClock('the virtual clock', createVirtualClock, (clock, durationMs) =>
  (clock as VirtualClock).advance(durationMs),
);
testClock('the virtual clock that advances by itself', () => createVirtualClock({ autoAdvance: true }));

describe('the virtual clock', () => {
  test('stands still until it is told', async () => {
    const clock = createVirtualClock({ startMs: 1000 });
    let woken = false;
    void clock.sleep(10).then(() => {
      woken = true;
    });
    await clock.advance(9);
    expect([woken, clock.nowMs(), clock.sleeping]).toEqual([false, 1009, 1]);
    await clock.advance(1);
    expect([woken, clock.nowMs(), clock.sleeping]).toEqual([true, 1010, 0]);
  });

  test('goes through sleeps that begin on the way', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const ticks: number[] = [];
    const loop = (async () => {
      for (let tick = 0; tick < 5; tick += 1) {
        await clock.sleep(10);
        ticks.push(clock.nowMs());
      }
    })();
    await clock.advance(100);
    await loop;
    expect(ticks).toEqual([10, 20, 30, 40, 50]);
    expect(clock.nowMs()).toBe(100);
  });

  test('its wall time may jump, its monotonic time does not', () => {
    const clock = createVirtualClock({ startMs: 5000 });
    clock.jump(-3000);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([2000, 0]);
  });
});
