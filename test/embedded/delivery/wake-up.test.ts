import { describe, expect, it } from '@jest/globals';
import { createPacer } from '../../../lib/embedded/delivery/pacer.ts';
import { createWakeUp } from '../../../lib/embedded/delivery/wake-up.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

describe('a wake-up', () => {
  it('ends the wait under way, with or without a limit', async () => {
    const clock = createVirtualClock();
    const wakeUp = createWakeUp(clock);
    for (const limitMs of [undefined, 5000]) {
      const waiting = wakeUp.wait(limitMs);
      wakeUp.wake();
      await waiting;
    }
    expect([clock.monotonicMs(), clock.sleeping]).toEqual([0, 0]);
  });

  it('is kept for the next wait, once', async () => {
    const clock = createVirtualClock();
    const wakeUp = createWakeUp(clock);
    wakeUp.wake();
    wakeUp.wake();
    await wakeUp.wait();
    const ended = wakeUp.wait(100).then(() => clock.monotonicMs());
    await clock.advance(1000);
    expect(await ended).toBe(100);
  });

  it('has one waiter at a time', async () => {
    const wakeUp = createWakeUp(createVirtualClock());
    void wakeUp.wait();
    await expect(wakeUp.wait()).rejects.toThrow('one waiter');
  });
});

describe('a pacer', () => {
  it('asks for a rest once its loops were busy long enough, and all rest together', async () => {
    const clock = createVirtualClock();
    const pacer = createPacer(clock);
    await clock.advance(9);
    expect(pacer.rest()).toBeUndefined();
    await clock.advance(1);
    const rest = pacer.rest();
    expect(rest).toBeInstanceOf(Promise);
    expect(pacer.rest()).toBe(rest);
    await clock.advance(0);
    expect(pacer.rest()).toBeUndefined();
  });
});
