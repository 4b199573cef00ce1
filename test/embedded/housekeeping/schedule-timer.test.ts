import { describe, expect, it } from '@jest/globals';
import { createMemoryExpirySchedule } from '../../support/memory/memory-expiry-schedule.ts';
import { createScheduleTimer, triesMax } from '../../../lib/embedded/housekeeping/schedule-timer.ts';
import { ScheduleError, type ExpiryInput } from '../../../lib/ports/expiry-schedule.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

const functionTimeoutMs = 10_000;

function createTimer(target: (input: ExpiryInput) => unknown = () => undefined) {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const schedule = createMemoryExpirySchedule();
  const fired: { readonly adId: string; readonly atMs: number }[] = [];
  const timer = createScheduleTimer({
    reader: schedule,
    fire: async (input) => {
      fired.push({ adId: input.adId, atMs: clock.monotonicMs() });
      return Promise.resolve(input).then(target);
    },
    clock,
    telemetry,
    functionTimeoutMs,
  });
  const set = (name: string, atMs: number): Promise<void> =>
    schedule.set({
      name,
      atMs: virtualStartMs + atMs,
      input: { adId: name, endAtMs: virtualStartMs + atMs },
    });
  return { clock, telemetry, schedule, fired, timer, set };
}

describe('the schedule timer', () => {
  it('fires each schedule on time, and removes it', async () => {
    const { clock, schedule, fired, timer, set } = createTimer();
    await set('b', 2500);
    await set('a', 700);
    timer.start();
    await clock.advance(10_000);
    expect(fired).toEqual([
      { adId: 'a', atMs: 700 },
      { adId: 'b', atMs: 2500 },
    ]);
    expect(await schedule.next()).toBeUndefined();
    await timer.stop();
  });

  it('sees a nearer schedule that is set while it sleeps, within a second', async () => {
    const { clock, fired, timer, set } = createTimer();
    await set('far', 60_000);
    timer.start();
    await clock.advance(5200);
    await set('near', 5300);
    await clock.advance(1000);
    expect(fired).toEqual([{ adId: 'near', atMs: 6000 }]);
    await timer.stop();
  });

  it('fires what came due while nothing ran', async () => {
    const { clock, fired, timer, set } = createTimer();
    await set('missed', -86_400_000);
    timer.start();
    await clock.advance(0);
    expect(fired).toHaveLength(1);
    await timer.stop();
  });

  it('fires hundreds that are due together, ten at a time', async () => {
    let together = 0;
    let most = 0;
    const { clock, fired, timer, set } = createTimer(async () => {
      together += 1;
      most = Math.max(most, together);
      await clock.sleep(10);
      together -= 1;
    });
    for (let i = 0; i < 250; i += 1) await set(`s${i}`, 1000);
    timer.start();
    await clock.advance(2000);
    expect(new Set(fired.map(({ adId }) => adId)).size).toBe(250);
    expect([fired.length, most]).toEqual([250, 10]);
    await timer.stop();
  });

  it('tries a firing that failed again, later and later, while others go on', async () => {
    let failures = 3;
    const { clock, fired, timer, set } = createTimer(({ adId }) => {
      if (adId !== 'bad') return;
      failures -= 1;
      if (failures >= 0) throw new Error('not now');
    });
    await set('bad', 0);
    await set('good', 3000);
    timer.start();
    await clock.advance(60_000);
    expect(fired.filter(({ adId }) => adId === 'bad').map(({ atMs }) => atMs)).toEqual([0, 1000, 3000, 7000]);
    expect(fired.find(({ adId }) => adId === 'good')?.atMs).toBe(3000);
    await timer.stop();
  });

  it('drops a firing after its last try, and says so', async () => {
    const { clock, schedule, fired, telemetry, timer, set } = createTimer(() => {
      throw new Error('never');
    });
    await set('bad', 0);
    timer.start();
    await clock.advance(26 * 60_000);
    expect(fired).toHaveLength(triesMax);
    expect(await schedule.next()).toBeUndefined();
    expect(telemetry.lines.at(-1)).toMatchObject({
      level: 'error',
      fields: { name: 'bad', tries: triesMax },
    });
    await timer.stop();
  });

  it('counts a firing that is not back in time as failed', async () => {
    let hangs = true;
    const { clock, schedule, fired, timer, set } = createTimer(() => {
      if (!hangs) return undefined;
      hangs = false;
      return new Promise(() => undefined);
    });
    await set('slow', 0);
    timer.start();
    await clock.advance(functionTimeoutMs + 2000);
    expect(fired).toHaveLength(2);
    expect(await schedule.next()).toBeUndefined();
    await timer.stop();
  });

  it('counts anew for a schedule that was cleared between its tries and set again', async () => {
    const { clock, schedule, fired, timer, set } = createTimer(() => {
      throw new Error('never');
    });
    await set('bad', 0);
    timer.start();
    await clock.advance(30_000);
    await schedule.clear('bad');
    await clock.advance(5000);
    fired.splice(0);
    await set('bad', 0);
    await clock.advance(1500);
    expect(fired.length).toBeGreaterThanOrEqual(1);
    await timer.stop();
  });

  it('fires again what it could not remove: at least once', async () => {
    const { clock, schedule, fired, timer, set } = createTimer();
    const complete = schedule.complete.bind(schedule);
    let refusals = 1;
    schedule.complete = async (name) => {
      refusals -= 1;
      if (refusals >= 0) throw new ScheduleError('not now');
      await complete(name);
    };
    await set('a', 0);
    timer.start();
    await clock.advance(5000);
    expect(fired).toHaveLength(2);
    await timer.stop();
  });

  it('goes on when schedules cannot be looked up', async () => {
    const { clock, schedule, fired, timer, set } = createTimer();
    const due = schedule.due.bind(schedule);
    schedule.due = () => Promise.reject(new ScheduleError('not now'));
    await set('a', 0);
    timer.start();
    await clock.advance(3000);
    schedule.due = due;
    await clock.advance(1000);
    expect(fired).toHaveLength(1);
    await timer.stop();
  });

  it('stops at once when it only sleeps, and waits for a firing under way', async () => {
    const { clock, fired, timer, set } = createTimer(() => clock.sleep(3000));
    timer.start();
    await clock.advance(500);
    await set('a', 0);
    await set('b', 3500);
    await clock.advance(1000);
    const stoppedAt = timer.stop().then(() => clock.monotonicMs());
    await clock.advance(60_000);
    expect(await stoppedAt).toBe(4000);
    expect(fired.map(({ adId }) => adId)).toEqual(['a']);
    expect(clock.sleeping).toBe(0);
  });

  it('fires what is due behind hundreds that fail, and never asks for more than a page', async () => {
    const { clock, fired, telemetry, timer, set } = createTimer(({ adId }) => {
      if (adId.startsWith('bad')) throw new Error('never');
    });
    for (let i = 0; i < 150; i += 1) await set(`bad${i}`, 0);
    await set('good', 5000);
    timer.start();
    await clock.advance(7000);
    expect(fired.filter(({ adId }) => adId === 'good')).toHaveLength(1);
    for (let i = 150; i < 1100; i += 1) await set(`bad${i}`, 1);
    await clock.advance(40_000);
    expect(telemetry.lines.filter(({ message }) => message.startsWith('could not look up'))).toEqual([]);
    await timer.stop();
  });

  it('forgets the tries of a schedule that fired or was cleared', async () => {
    let fails = true;
    const { clock, schedule, fired, timer, set } = createTimer(() => {
      if (fails) throw new Error('not now');
    });
    await set('a', 0);
    timer.start();
    // At 0, 1, 3, 7 and 15 s; the next would be at 31 s.
    await clock.advance(15_500);
    await schedule.clear('a');
    await clock.advance(1000);
    await set('a', 0);
    fired.splice(0);
    await clock.advance(2000);
    expect(fired.length).toBeGreaterThan(0);
    fails = false;
    await clock.advance(60_000);
    expect(await schedule.next()).toBeUndefined();
    fails = true;
    await set('a', 0);
    fired.splice(0);
    await clock.advance(4500);
    expect(fired.map(({ atMs }) => atMs - (fired[0]?.atMs ?? 0))).toEqual([0, 1000, 3000]);
    await timer.stop();
  });

  it('waits when too many firings hang, and goes on as they end', async () => {
    const ends: (() => void)[] = [];
    const { clock, schedule, fired, timer, set } = createTimer(
      () => new Promise<void>((resolve) => ends.push(resolve)),
    );
    for (let i = 0; i < 90; i += 1) await set(`s${i}`, 0);
    timer.start();
    await clock.advance(10 * functionTimeoutMs);
    expect(fired).toHaveLength(50);
    for (let rounds = 0; rounds < 200 && (await schedule.next()) !== undefined; rounds += 1) {
      for (const end of ends.splice(0)) end();
      await clock.advance(1000);
    }
    expect(new Set(fired.map(({ adId }) => adId)).size).toBe(90);
    expect(await schedule.next()).toBeUndefined();
    await timer.stop();
  });

  it('stops five seconds after the time of a firing even if its schedules cannot be read', async () => {
    const { clock, schedule, timer } = createTimer();
    schedule.due = () => new Promise(() => undefined);
    timer.start();
    await clock.advance(0);
    const stoppedAt = timer.stop().then(() => clock.monotonicMs());
    await clock.advance(60_000);
    expect(await stoppedAt).toBe(functionTimeoutMs + 5000);
  });
});
