import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../../lib/options.ts';
import { fuzz } from './fuzz.ts';
import { areas, readFuzzOptions } from './options.ts';

const plain = { token: undefined, round: undefined, path: undefined } as const;

describe('a short run of the fuzzer', () => {
  // Covers API10.1 (docs/security.md).
  it('finds nothing', async () => {
    const options = { ...plain, url: undefined, minutes: 1, cases: 300, seed: 1, areas, json: false };
    const { failures, http, inside } = await fuzz(options);
    expect(failures).toEqual([]);
    expect([...(http?.tally.answers.keys() ?? [])]).toEqual(
      expect.arrayContaining(['valid', 'nearly valid', 'hostile', 'wire']),
    );
    expect(inside.map(({ area, cases }) => [area, cases])).toEqual([
      ['records', 12],
      ['schedules', 12],
      ['quarantine', 6],
    ]);
  });
});

describe('the arguments of npm run fuzz', () => {
  it.each([
    [['--minutes', '1', '--cases', '2'], '--minutes and --cases exclude each other; give one'],
    [['--path', '3:0:1'], '--path requires --round, the round whose case it names'],
  ])('are refused where they contradict each other: %j', (args, message) => {
    expect(() => readFuzzOptions(args)).toThrow(new UsageError(message));
    expect(readFuzzOptions(['--cases', '2'])).toMatchObject({ cases: 2, minutes: 1 });
  });
});
