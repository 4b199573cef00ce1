import { describe, expect, test } from '@jest/globals';
import { createConsoleLog, type ConsoleLogOptions } from '../../lib/adapters/system/console-log.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

function create(options: ConsoleLogOptions) {
  const lines: string[] = [];
  const clock = createVirtualClock();
  return {
    lines,
    log: createConsoleLog({ write: (line) => lines.push(line), clock, ...options }),
  };
}

describe('the console log', () => {
  test('writes lines for people', () => {
    const { lines, log } = create({ format: 'text' });
    log.info('listening', { url: 'http://localhost:3333', workers: 2, note: undefined });
    log.warn('a warning', { text: 'two words\nand a break', none: null, yes: true });
    expect(lines).toEqual([
      '00:00:00.000 info  listening url=http://localhost:3333 workers=2',
      '00:00:00.000 warn  a warning text="two words\\nand a break" none=null yes=true',
    ]);
  });

  test('writes one JSON object a line for machines', () => {
    const { lines, log } = create({ format: 'json' });
    log.error('failed\nbadly', { code: 'state-full', level: 'not mine', count: 3 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        code: 'state-full',
        count: 3,
        timestamp: '2026-01-01T00:00:00.000Z',
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
    const { lines, log } = create({ format: 'text', level });
    log.info('info');
    log.warn('warn');
    log.error('error');
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual(written);
  });

  test.each(['json', 'text'] as const)('keeps hostile values within their line (%s)', (format) => {
    const { lines, log } = create({ format });
    const hostile = 'a\r\n2026 error forged\u0085\u2028\u2029\u001b[2J\u009b2J\u007f"}';
    log.warn('a warning', { hostile });
    expect(lines).toHaveLength(1);
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    if (format === 'json')
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ hostile, message: 'a warning' });
  });
});
