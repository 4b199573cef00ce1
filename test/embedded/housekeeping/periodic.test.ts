import { describe, expect, it } from '@jest/globals';
import { createPeriodic } from '../../../lib/embedded/housekeeping/periodic.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

function create(task: () => Promise<unknown> = () => Promise.resolve()) {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const ranAtMs: number[] = [];
  const periodic = createPeriodic({
    name: 'sweep',
    everyMs: 1000,
    task: () => {
      ranAtMs.push(clock.monotonicMs());
      return task();
    },
    clock,
    telemetry,
  });
  return { clock, telemetry, ranAtMs, periodic };
}

describe('a periodic task', () => {
  it('runs each period, the first time after one', async () => {
    const { clock, ranAtMs, periodic } = create();
    periodic.start();
    await clock.advance(3500);
    expect(ranAtMs).toEqual([1000, 2000, 3000]);
    await periodic.stop();
  });

  it('never overlaps itself: turns that pass while it runs are left out', async () => {
    const { clock, ranAtMs, periodic } = create(() => clock.sleep(2300));
    periodic.start();
    await clock.advance(9000);
    expect(ranAtMs).toEqual([1000, 4000, 7000]);
    const stopped = periodic.stop();
    await clock.advance(1000);
    await stopped;
  });

  it('goes on after a failure, also one that is thrown at once, and logs it', async () => {
    const { clock, telemetry, ranAtMs, periodic } = create(() => {
      throw new TypeError('broken');
    });
    periodic.start();
    await clock.advance(2000);
    expect(ranAtMs).toHaveLength(2);
    expect(telemetry.lines[0]).toMatchObject({
      level: 'error',
      fields: { name: 'sweep', error: 'TypeError' },
    });
    await periodic.stop();
  });

  it('runs no more after stop, which waits for a run under way', async () => {
    const { clock, ranAtMs, periodic } = create(() => clock.sleep(500));
    periodic.start();
    await clock.advance(1100);
    const stoppedAt = periodic.stop().then(() => clock.monotonicMs());
    await clock.advance(20_000);
    expect(await stoppedAt).toBe(1500);
    expect(ranAtMs).toEqual([1000]);
    expect(clock.sleeping).toBe(0);
  });

  it('does not run at all when it is stopped before its first turn', async () => {
    const { clock, ranAtMs, periodic } = create();
    periodic.start();
    await clock.advance(500);
    await periodic.stop();
    await clock.advance(5000);
    expect(ranAtMs).toEqual([]);
  });

  it('is not waited for longer than ten seconds', async () => {
    const { clock, periodic } = create(() => new Promise(() => undefined));
    periodic.start();
    await clock.advance(1000);
    const stoppedAt = periodic.stop().then(() => clock.monotonicMs());
    await clock.advance(20_000);
    expect(await stoppedAt).toBe(11_000);
  });

  it('needs a period', () => {
    const clock = createVirtualClock();
    const telemetry = createRecordingTelemetry();
    const task = () => Promise.resolve();
    expect(() => createPeriodic({ name: 'x', everyMs: 0, task, clock, telemetry })).toThrow(RangeError);
  });
});
