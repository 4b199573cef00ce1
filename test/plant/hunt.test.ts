import { describe, expect, it } from '@jest/globals';
import { huntAll, type HuntOptions } from './hunt.ts';
import { Soundness } from './soundness.ts';
import { FakeCopy, FakeSuite, plantingNamed } from './support/fake-suite.ts';
import type { Trial } from './trial.ts';

const names = ['a', 'b', 'c', 'd'];
const all = (...checks: readonly string[]): Record<string, readonly string[]> =>
  Object.fromEntries(names.map((name) => [name, checks]));

async function hunted(options: Pick<HuntOptions, 'near' | 'rest' | 'learn'>, workers = 1) {
  const trials: Trial[] = [];
  const copies = Array.from({ length: workers }, () => new FakeCopy());
  await huntAll(
    names.map((name) => plantingNamed(name)),
    { ...options, copies, soundness: new Soundness(), onTrial: (_, trial) => trials.push(trial) },
  );
  const told = trials.map(({ planting, caught }) => [
    planting.name,
    caught && `${caught.suite}: ${caught.by}`,
  ]);
  return { trials, told: Object.fromEntries(told) as Record<string, string | undefined> };
}

describe('a hunt', () => {
  const near = new FakeSuite({
    name: 'near',
    checks: { a: ['a1'], b: ['b1'], c: ['c1'], d: ['d1'] },
    failing: { a1: ['a'] },
  });
  const rest = new FakeSuite({ name: 'rest', checks: all('r1', 'r2'), failing: { r2: ['b'] } });
  const types = new FakeSuite({ name: 'types', checks: all('tsc'), failing: { tsc: ['c'] } });

  it.each([1, 2, 9])('runs near checks alone, then the rest together, with %s workers', async (workers) => {
    const { told, trials } = await hunted({ near: [near], rest: [rest, types] }, workers);
    expect(told).toEqual({ a: 'near: a1 fails', b: 'rest: r2 fails', c: 'types: tsc fails', d: undefined });
    expect(trials).toHaveLength(4);
    expect(rest.runs.splice(0)[0]).toBe('b+c+d: r1 r2');
    expect(types.runs.splice(0)[0]).toBe('c+d: tsc');
  });

  it('asks for more about a caught one while it is planted alone', async () => {
    const learn: HuntOptions['learn'] = (copy) =>
      Promise.resolve({ kinds: copy instanceof FakeCopy ? copy.planted : [] });
    const { trials } = await hunted({ near: [near], rest: [rest], learn });
    expect(trials.map(({ planting, kinds }) => [planting.name, kinds])).toEqual([
      ['a', ['a']],
      ['b', ['b']],
      ['c', undefined],
      ['d', undefined],
    ]);
  });
});
