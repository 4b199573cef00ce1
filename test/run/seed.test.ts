import { tmpdir } from 'node:os';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseSeed } from './seed.ts';

it('is the same in every run, unless TEST_SEED says otherwise', () => {
  expect([undefined, '', '0', '7'].map(chooseSeed)).toEqual([1, 1, 0, 7]);
  expect(() => chooseSeed('-1')).toThrow('TEST_SEED=-1 must be a whole number');
  expect(Number.isInteger(chooseSeed('random'))).toBe(true);
});

it('is what every property draws from', () => {
  const seed = Number(process.env['TEST_SEED']);
  expect(fc.readConfigureGlobal().seed).toBe(seed);
  expect(fc.check(fc.property(fc.nat(), () => true)).seed).toBe(seed);
});

it('comes with a folder for temporary files of the run’s own', () => {
  expect(tmpdir()).toMatch(/\/adt-\w+\/tmp$/);
});
