import { describe, expect, it } from '@jest/globals';
import { ImportGraph } from './import-graph.ts';
import { npmTest } from './npm-test.ts';
import { firstOf, restOf } from './parts.ts';
import { FakeSuite, plantingNamed } from './support/fake-suite.ts';

const uses = (...names: readonly string[]): string => names.map((name) => `import '${name}';`).join('\n');
const texts = new Map([
  ['lib/app/ads/sum.ts', ''],
  ['lib/app/user.ts', uses('lib/app/ads/sum.ts')],
  ['lib/app/far.ts', uses('lib/app/user.ts')],
  ['test/app/ads/far.test.ts', uses('lib/app/far.ts')],
  ['test/app/ads/other.test.ts', uses('lib/app/ads/sum.ts')],
  ['test/app/ads/slow.test.ts', uses('lib/app/ads/sum.ts')],
  ['test/api/other-room.test.ts', uses('lib/app/ads/sum.ts')],
  ['test/api/sum.property.test.ts', uses('lib/app/user.ts')],
  ['test/unrelated.test.ts', 'expect(1).toBe(1);'],
  ['test/reading.test.ts', uses('test/support/read.ts')],
  ...[1, 2, 3].map((i) => [`test/starting-${i}.test.ts`, `${uses('lib/app/far.ts')} spawn(it)`] as const),
  ['test/support/read.ts', 'readFileSync(name)'],
  ['test/aws/sum.test.ts', uses('lib/app/ads/sum.ts')],
  ['test/plant/defects.test.ts', uses('lib/app/ads/sum.ts')],
  ['test/simulation/defects/defects.test.ts', uses('lib/app/ads/sum.ts')],
]);
const seconds = new Map([['test/app/ads/slow.test.ts', 15]]);
const { near, rest } = npmTest(new ImportGraph(texts), texts, seconds);
const planting = plantingNamed('sum', ['lib/app/ads/sum.ts']);

describe('the tests of npm test for a change', () => {
  it('are those that use the file, the one of its name first, near and quick ones before others', () => {
    expect(near.checksOf(planting)).toEqual([
      'test/api/sum.property.test.ts',
      'test/app/ads/other.test.ts',
      'test/api/other-room.test.ts',
      'test/app/ads/far.test.ts',
      'test/app/ads/slow.test.ts',
      'test/starting-1.test.ts',
      'test/starting-2.test.ts',
    ]);
  });

  it('are not near when they may read it, or when two others start programs too', () => {
    expect(rest.checksOf(planting)).toEqual(['test/starting-3.test.ts', 'test/reading.test.ts']);
  });
});

describe('a suite', () => {
  it('is cut in two, to run the first checks with each planting alone', () => {
    const suite = new FakeSuite({ checks: { a: ['1', '2', '3'] }, failing: {} });
    expect(firstOf(suite, 2).checksOf(plantingNamed('a'))).toEqual(['1', '2']);
    expect(restOf(suite, 2).checksOf(plantingNamed('a'))).toEqual(['3']);
  });
});
