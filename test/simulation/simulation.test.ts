import { execFile } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it, test } from '@jest/globals';
import { FaultPlan } from './fault-plan.ts';
import { faultKinds } from './faults.ts';
import { Kernel } from './kernel.ts';
import { readOptions } from './options.ts';
import { UsageError } from '../../lib/options.ts';
import { regressions } from './regressions.ts';

/** .ci/run goes through a thousand, .ci/nightly through ten thousand. */
const seeds = 8;

interface Line {
  readonly seed: number;
  readonly ok: boolean;
  readonly traceHash: string;
  readonly incrementsChecked: number;
  readonly violation?: { readonly invariant: string };
  readonly facts: Readonly<Record<string, number>>;
}

/** In a process of its own, as people run it: there time is the simulator's alone. */
function simulate(
  ...args: readonly string[]
): Promise<{ exitCode: number; lines: readonly Line[]; text: string }> {
  return new Promise((resolve) => {
    const main = path.join(import.meta.dirname, 'main.ts');
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...args],
      { maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        const lines = stdout.split('\n').filter((line) => line.startsWith('{"seed"'));
        const exitCode = error === null ? 0 : Number(error.code);
        resolve({ exitCode, lines: lines.map((line) => JSON.parse(line) as Line), text: stdout + stderr });
      },
    );
  });
}

describe('the simulation', () => {
  let first: Awaited<ReturnType<typeof simulate>>;
  beforeAll(async () => {
    first = await simulate('--seeds', String(seeds), '--from', '1', '--json');
  });

  test(`every promise is kept in ${seeds} seeds`, () => {
    const { exitCode, lines, text } = first;
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    expect({ exitCode, seeds: lines.length }).toEqual({ exitCode: 0, seeds });
    expect(lines.reduce((sum, line) => sum + line.incrementsChecked, 0)).toBeGreaterThan(seeds * 75);
    expect(text).toContain('"summary"');
  });

  // In the trace of the second are the tokens of decisions, and so their winners.
  test.each([7, 4])('seed %i leaves one trace, run again, after others, in another process', async (seed) => {
    const { lines } = await simulate('--seed', String(seed), '--json', '--times', '2');
    const hash = lines[0]?.traceHash;
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(lines.map(({ traceHash }) => traceHash)).toEqual([hash, hash]);
    const among = first.lines.filter(({ traceHash }) => traceHash === hash);
    expect(among.map((line) => line.seed)).toEqual([seed]);
  });

  test('goals are leased, come back, are reached and leave one trace', async () => {
    const { exitCode, lines } = await simulate('--seeds', '3', '--from', '1', '--goals', '--json');
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(exitCode).toBe(0);
    const sum = (name: string): number => lines.reduce((all, { facts }) => all + (facts[name] ?? 0), 0);
    expect(sum('leases')).toBeGreaterThanOrEqual(10 * lines.length);
    for (const name of ['rightsReturned', 'rightsOpened', 'ledgersAtRest', 'goalsReached'])
      expect([name, sum(name) > 0]).toEqual([name, true]);
    const again = await simulate('--seed', '1', '--goals', '--json');
    expect(again.lines[0]?.traceHash).toBe(lines[0]?.traceHash);
  });

  test('the canary, a store that ignores conditions, is found out, shrunk and told of', async () => {
    const { exitCode, text } = await simulate('--seed', '5', '--canary');
    expect(exitCode).toBe(1);
    expect(text).toContain('replay: npm run simulate -- --seed 5');
    expect(text).toMatch(/shrunk in \d+ runs to the faults/);
    expect(text).toMatch(/then (G1|I4|I5): /);
  });

  test.each(regressions)('seed $seed stays good: $story', async ({ seed }) => {
    const { lines } = seed <= seeds ? first : await simulate('--seed', String(seed), '--json');
    expect(lines.find((line) => line.seed === seed)).toMatchObject({ ok: true });
  });

  it('knows 53 kinds of fault, each with a name of its own, and says of each how it is made or why not', () => {
    expect(faultKinds.map(({ number }) => number)).toEqual(Array.from({ length: 53 }, (_, i) => i + 1));
    expect(new Set(faultKinds.map(({ name }) => name)).size).toBe(53);
    for (const { how, rate } of faultKinds) expect(how.startsWith('cannot happen')).toBe(rate === undefined);
  });

  it('switches a kind on in about half of the seeds, and only those that were asked for', () => {
    const plans = Array.from({ length: 400 }, (_, seed) => new FaultPlan(new Kernel({ seed })));
    for (const { name, rate } of faultKinds) {
      const share = plans.filter((plan) => plan.isOn(name)).length / plans.length;
      expect(rate === undefined ? share === 0 : share > 0.35 && share < 0.6).toBe(true);
    }
    const few = new FaultPlan(new Kernel({ seed: 1 }), new Set(['zombie']));
    expect(Object.keys(few.rates)).toEqual(['zombie']);
  });

  it.each([
    ['--seeds', 'x'],
    ['--seeds', '0'],
    ['--workers', '0'],
    ['--times', '0'],
    ['--faults', 'nonsense'],
    ['--nonsense'],
    ['--seed', '1', '--seeds', '2'],
    ['--seed', '-1'],
  ])('refuses %s %s', (...args) => {
    expect(() => readOptions(args, 1)).toThrow(UsageError);
  });

  test('wrong arguments end in code 2', async () => {
    expect((await simulate('--seeds', 'many')).exitCode).toBe(2);
  });
});
