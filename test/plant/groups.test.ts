import { expect, it } from '@jest/globals';
import { groupsOf } from './groups.ts';
import { plantingNamed } from './support/fake-suite.ts';

it('plants those together that have neither a file nor a near test in common, eight at most', () => {
  const near: Readonly<Record<string, readonly string[]>> = { a: ['x.test'], b: ['x.test'], c: ['z.test'] };
  const names = ['a', 'b', 'c', 'd', 'd', ...Array.from('efghijkl')];
  const groups = groupsOf(
    names.map((name) => plantingNamed(name)),
    ({ name }) => near[name] ?? [],
  );
  expect(groups.map((group) => group.map(({ name }) => name).join(''))).toEqual(['acdefghi', 'bdjkl']);
});
