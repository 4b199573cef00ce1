import type { Context } from 'aws-lambda';
import { describe, expect, it } from '@jest/globals';
import type { Ports } from '../../../lib/app/ports.ts';
import { createHousekeeping } from '../../../lib/embedded/housekeeping/housekeeping.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createMemoryExpirySchedule } from '../../support/memory/memory-expiry-schedule.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

/** Everything that runs by the clock, and what it did at which second. */
function createHouse(timer: boolean, hangs = false) {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const schedule = createMemoryExpirySchedule();
  const did: { readonly what: string; readonly atMs: number; readonly input?: unknown }[] = [];
  const note = (what: string, input?: unknown) => {
    did.push({ what, atMs: clock.monotonicMs(), ...(input !== undefined && { input }) });
  };
  const trimOf = (what: string) => ({
    trim: () => {
      note(what);
      return Promise.resolve({ records: 0, bytes: 0 });
    },
  });
  const ports = { clock, telemetry, settings: stageSettings('local'), ids: { nonce: () => 'id' } };
  const parts = createHousekeeping(
    ports as unknown as Ports,
    {
      schedule,
      state: {
        sweepExpired: (nowSeconds: number, limit: number) => {
          note('sweep items', [nowSeconds, limit]);
          return Promise.resolve(0);
        },
      },
      adEvents: trimOf('trim ad events'),
      increments: trimOf('trim increments'),
    } as unknown as Parameters<typeof createHousekeeping>[1],
    {
      'expire-ad': (input: unknown, context: Context) => {
        note('expire-ad', [input, context.functionName]);
        return hangs ? new Promise(() => undefined) : Promise.resolve();
      },
      'sweep-ads': (input: unknown, context: Context) => {
        note('sweep-ads', [input, context.functionName]);
        return Promise.resolve();
      },
    } as unknown as Parameters<typeof createHousekeeping>[2],
    { timer },
  );
  for (const part of parts) part.start();
  const atOf = (what: string): number[] => did.filter((each) => each.what === what).map(({ atMs }) => atMs);
  return { clock, schedule, did, parts, atOf };
}

const every = (ms: number, untilMs: number): number[] =>
  Array.from({ length: Math.floor(untilMs / ms) }, (_, i) => (i + 1) * ms);

describe('the housekeeping', () => {
  it('sweeps ads each five minutes, items each second, and trims both logs each five seconds', async () => {
    const { clock, did, atOf, parts } = createHouse(true);
    await clock.advance(601_000);
    expect(atOf('sweep-ads')).toEqual([300_000, 600_000]);
    expect(did.find(({ what }) => what === 'sweep-ads')?.input).toEqual([{}, 'sweep-ads']);
    expect(atOf('sweep items')).toEqual(every(1000, 601_000));
    // In whole seconds, a thousand at a time.
    expect(did.find(({ what }) => what === 'sweep items')?.input).toEqual([virtualStartMs / 1000 + 1, 1000]);
    expect(atOf('trim ad events')).toEqual(every(5000, 601_000));
    expect(atOf('trim increments')).toEqual(every(5000, 601_000));
    await Promise.all(parts.map((part) => part.stop()));
  });

  it.each([true, false])('fires schedules if asked to: %s', async (timer) => {
    const { clock, schedule, atOf, did, parts } = createHouse(timer);
    const input = { adId: 'ad', endAtMs: virtualStartMs + 400 };
    await schedule.set({ name: 's', atMs: virtualStartMs + 400, input });
    await clock.advance(2000);
    expect(atOf('expire-ad')).toEqual(timer ? [400] : []);
    expect(did.find(({ what }) => what === 'expire-ad')?.input).toEqual(
      timer ? [input, 'expire-ad'] : undefined,
    );
    await Promise.all(parts.map((part) => part.stop()));
  });

  it('gives a firing the seconds of its function', async () => {
    const { clock, schedule, atOf, parts } = createHouse(true, true);
    await schedule.set({ name: 's', atMs: virtualStartMs, input: { adId: 'ad', endAtMs: virtualStartMs } });
    const timeoutMs = stageSettings('local').functions['expire-ad'].timeoutSeconds * 1000;
    // It is seen a second after the start.
    await clock.advance(1000 + timeoutMs + 999);
    expect(atOf('expire-ad')).toEqual([1000]);
    await clock.advance(2000);
    expect(atOf('expire-ad')).toHaveLength(2);
    const stopped = Promise.all(parts.map((part) => part.stop()));
    await clock.advance(60_000);
    await stopped;
  });
});
