import { describe, expect, test } from '@jest/globals';
import {
  createConsoleTelemetry,
  type ConsoleTelemetryOptions,
} from '../../lib/adapters/system/console-telemetry.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

function create(options: ConsoleTelemetryOptions) {
  const lines: string[] = [];
  const clock = createVirtualClock();
  return {
    lines,
    telemetry: createConsoleTelemetry({ write: (line) => lines.push(line), clock, ...options }),
  };
}

describe('the console telemetry', () => {
  test('writes lines for people', () => {
    const { lines, telemetry } = create({ format: 'text' });
    telemetry.info('listening', { url: 'http://localhost:3333', workers: 2, note: undefined });
    telemetry.warn('a warning', { text: 'two words\nand a break', none: null, yes: true });
    expect(lines).toEqual([
      '00:00:00.000 info  listening url=http://localhost:3333 workers=2',
      '00:00:00.000 warn  a warning text="two words\\nand a break" none=null yes=true',
    ]);
  });

  test('writes one JSON object a line for machines', () => {
    const { lines, telemetry } = create({ format: 'json' });
    telemetry.error('failed\nbadly', { code: 'state-full', level: 'not mine', count: 3 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        code: 'state-full',
        count: 3,
        time: '2026-01-01T00:00:00.000Z',
        level: 'error',
        message: 'failed\nbadly',
      },
    ]);
  });

  test.each([
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ] as const)('at level %s writes %j', (level, written) => {
    const { lines, telemetry } = create({ format: 'text', level });
    telemetry.info('info');
    telemetry.warn('warn');
    telemetry.error('error');
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual(written);
  });

  test('sums counts and knows the shape of what it observed', () => {
    const { telemetry } = create({});
    telemetry.count(metrics.requests);
    telemetry.count(metrics.requests, 4);
    for (let value = 1; value <= 1000; value += 1) telemetry.observe(metrics.requestMs, value);
    const { counts, distributions } = telemetry.snapshot();
    expect(counts).toEqual({ requests: 5 });
    expect(distributions.request_ms).toMatchObject({ count: 1000, sum: 500_500, min: 1, max: 1000 });
    expect(distributions.request_ms?.p50).toBeGreaterThan(475);
    expect(distributions.request_ms?.p50).toBeLessThan(525);
    expect(distributions.request_ms?.p99).toBeGreaterThan(940);
    expect(distributions.request_ms?.p99).toBeLessThanOrEqual(1000);
  });

  test('takes any number for an observation', () => {
    const { telemetry } = create({});
    for (const value of [0, -3, 1e300, 0.001]) telemetry.observe(metrics.requestMs, value);
    expect(telemetry.snapshot().distributions.request_ms).toMatchObject({ count: 4, min: -3, max: 1e300 });
  });
});
