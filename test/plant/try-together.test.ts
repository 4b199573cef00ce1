import { describe, expect, it } from '@jest/globals';
import { Soundness } from './soundness.ts';
import { FakeCopy, FakeSuite, plantingNamed, type FakeSuiteOptions } from './support/fake-suite.ts';
import { tryTogether } from './try-together.ts';

/** What is caught by what, and the runs that it took. */
async function tried(names: readonly string[], options: FakeSuiteOptions) {
  const suite = new FakeSuite(options);
  const soundness = new Soundness();
  const caught: Record<string, string> = {};
  await tryTogether(
    names.map((name) => plantingNamed(name)),
    {
      copy: new FakeCopy(),
      suite,
      soundness,
      onCaught({ name }, { by }) {
        caught[name] = by;
      },
    },
  );
  return { caught, runs: suite.runs, unsound: [...soundness.unsound] };
}

describe('one planting', () => {
  it('is caught by the first check that fails, which passes with nothing planted', async () => {
    const options = { checks: { a: ['one', 'two', 'three'] }, failing: { two: ['a'], three: ['a'] } };
    expect(await tried(['a'], options)).toEqual({
      caught: { a: 'two fails' },
      runs: ['a: one two three', 'nothing: two'],
      unsound: [],
    });
  });

  it('is not caught by a check that fails anyway, but by a later one', async () => {
    const options = { checks: { a: ['one', 'two', 'three'] }, failing: { one: ['nothing'], three: ['a'] } };
    expect(await tried(['a'], options)).toEqual({
      caught: { a: 'three fails' },
      runs: ['a: one two three', 'nothing: one', 'a: two three', 'nothing: three'],
      unsound: ['one fails'],
    });
  });

  it('escapes what passes, and what cannot reach it does not run', async () => {
    expect(await tried(['a'], { checks: { a: ['one'] }, failing: {} })).toMatchObject({ caught: {} });
    expect(await tried(['a'], { checks: {}, failing: {} })).toMatchObject({ runs: [] });
  });
});

describe('several plantings', () => {
  const checks = { a: ['one', 'shared'], b: ['two', 'shared'], c: ['shared'] };

  it('escape together in one run', async () => {
    const { caught, runs } = await tried(['a', 'b', 'c'], { checks, failing: {} });
    expect(caught).toEqual({});
    expect(runs).toEqual(['a+b+c: one shared two']);
  });

  it('are each caught by what fails with it alone', async () => {
    const { caught, runs } = await tried(['a', 'b', 'c'], { checks, failing: { one: ['a'], shared: ['b'] } });
    expect(caught).toEqual({ a: 'one fails', b: 'shared fails' });
    // `shared` is not run with `a`, which is caught already.
    expect(runs).toEqual([
      'a+b+c: one shared two',
      ...['nothing: one', 'a: one'],
      ...['nothing: shared', 'b: shared', 'c: shared'],
    ]);
  });

  it('go on without the caught ones where a suite ends at its first failure', async () => {
    const seeds = ['1', '2', '3', '4'];
    const { caught, runs } = await tried(['a', 'b', 'c'], {
      checks: { a: seeds, b: seeds, c: seeds },
      failing: { 2: ['a'], 3: ['a', 'b'] },
      endsAtFailure: true,
    });
    expect(caught).toEqual({ a: '2 fails', b: '3 fails' });
    expect(runs).toEqual([
      'a+b+c: 1 2 3 4',
      ...['nothing: 2', 'a: 2', 'b: 2', 'c: 2'],
      'b+c: 3 4',
      ...['nothing: 3', 'b: 3', 'c: 3'],
      'c: 4',
    ]);
  });

  it('are not caught by a failure that none of them alone has', async () => {
    const options = { checks, failing: { shared: ['nothing'] } };
    expect(await tried(['a', 'b'], options)).toMatchObject({ caught: {}, unsound: ['shared fails'] });
  });
});
