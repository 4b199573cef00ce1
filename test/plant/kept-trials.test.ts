import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeptTrials, treeOf, type Conditions } from './kept-trials.ts';
import { plantingNamed } from './support/fake-suite.ts';
import type { Trial } from './trial.ts';

const conditions: Conditions = { product: 'p', tests: 't', simulator: false, extent: '200 seeds' };
const trialOf = (name: string, by?: string): Trial => ({
  planting: { name, area: 'area', files: [`lib/${name}.ts`], breaks: '' },
  caught: by === undefined ? undefined : { suite: 'npm test', by },
  seconds: 2,
});
const [a, b] = [plantingNamed('a'), plantingNamed('b')];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-kept-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('kept trials', () => {
  let file = '';
  beforeEach(() => {
    file = join(folder, 'kept.jsonl');
    const kept = new KeptTrials(file, conditions);
    kept.seconds.set('x.test.ts', 3);
    kept.keep(a, trialOf('a', 'x.test.ts: fails'));
    kept.keep(b, trialOf('b'));
  });

  /** Which of `a`, caught, and `b`, escaped, a run under other conditions takes over. */
  const known = (changed: Partial<Conditions>): string => {
    const kept = new KeptTrials(file, { ...conditions, ...changed });
    return [a, b].flatMap((planting) => kept.of(planting)?.planting.name ?? []).join('');
  };

  it.each<[string, Partial<Conditions>, string]>([
    ['nothing has changed', {}, 'ab'],
    ['a test has changed', { tests: 't2' }, 'a'],
    ['more is run', { extent: '300 seeds' }, 'a'],
    ['the product has changed', { product: 'p2' }, ''],
    ['the simulator alone counts', { simulator: true }, ''],
  ])('when %s', (_, changed, expected) => {
    expect(known(changed)).toBe(expected);
  });

  it('are whole, but for a defect that was written anew', () => {
    const kept = new KeptTrials(file, conditions);
    expect(kept.of(a)).toEqual(trialOf('a', 'x.test.ts: fails'));
    expect(kept.of({ ...a, text: 'another' })).toBeUndefined();
    expect(kept.of({ ...a, name: 'renamed' })?.planting.name).toBe('renamed');
  });

  it('come with the seconds of tests, each once', () => {
    expect(new KeptTrials(file, conditions).seconds.get('x.test.ts')).toBe(3);
    expect(
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"test":')),
    ).toHaveLength(1);
  });

  it('are only remembered without a file', () => {
    const kept = new KeptTrials(undefined, conditions);
    kept.keep(a, trialOf('a'));
    expect(kept.of(a)).toEqual(trialOf('a'));
  });
});

describe('the state of a tree', () => {
  const files = ['lib/a.ts', 'test/a.test.ts', 'test/plant/defects.ts', 'README.md'];

  const stateWith = (changed?: string): Pick<Conditions, 'product' | 'tests'> => {
    for (const file of files) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), file === changed ? 'changed' : 'as it was');
    }
    return treeOf(folder, files);
  };

  it.each([
    ['lib/a.ts', ['product', 'tests']],
    ['test/a.test.ts', ['tests']],
    ['test/plant/defects.ts', []],
    ['README.md', []],
  ])('when %s has changed is another one for %j', (file, expected) => {
    const [before, after] = [stateWith(), stateWith(file)];
    expect((['product', 'tests'] as const).filter((part) => before[part] !== after[part])).toEqual(expected);
  });
});
