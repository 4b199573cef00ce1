import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { Histogram } from '../../lib/adapters/system/histogram.ts';
import { createMeteredTelemetry } from '../../lib/adapters/system/metered-telemetry.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { createSystemIds } from '../../lib/adapters/system/system-ids.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

test('a quantile begins at nothing in the first bucket, and ends at the bound of the last one', () => {
  const small = new Histogram();
  small.observe(0.01);
  expect([small.quantile(0), small.quantile(0.5), small.quantile(1)]).toEqual([0, 0.03125, 0.0625]);
  const threes = new Histogram();
  threes.observe(3, 2);
  expect([threes.quantile(0.5), threes.quantile(1)]).toEqual([3, 4]);
});

test('each level of a line has its fields, which win over the name of the source', () => {
  const log = createRecordingTelemetry();
  const telemetry = createMeteredTelemetry(log).of('query-ads');
  for (const level of ['info', 'warn', 'error'] as const) {
    telemetry[level]('one', { code: 'x' });
    telemetry[level]('two', { function: 'other' });
  }
  expect(log.lines).toEqual(
    (['info', 'warn', 'error'] as const).flatMap((level) => [
      { level, message: 'one', fields: { function: 'query-ads', code: 'x' } },
      { level, message: 'two', fields: { function: 'other' } },
    ]),
  );
});

test('an ended sleep leaves no listener and no timer behind', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const controller = new AbortController();
  await systemClock.sleep(1, controller.signal);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  const before = timers();
  const sleeping = systemClock.sleep(3_600_000, controller.signal);
  expect(timers()).toBe(before + 1);
  controller.abort();
  await sleeping;
  expect(timers()).toBe(before);
});

test('the counter of an id begins each millisecond in its lower half', () => {
  const ids = createSystemIds();
  // The first bits of the counter follow the version.
  const first = Array.from({ length: 64 }, (_, i) => ids.uuidv7(1_767_225_600_000 + i)[15] ?? '');
  expect(first.filter((digit) => !/^[0-7]$/.test(digit))).toEqual([]);
});
