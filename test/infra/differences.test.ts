import { expect, it } from '@jest/globals';
import { differences } from './differences.ts';

it.each([
  ['nothing', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ['a value', { a: { b: 1 } }, { a: { b: '1' } }, ['a/b: 1 -> "1"']],
  ['a member that goes', { a: { b: 1 }, c: 2 }, { c: 2 }, ['a: removed']],
  ['a member that comes', { c: 2 }, { a: { b: 1 }, c: 2 }, ['a: added {"b":1}']],
  ['an element', { a: [1, 2] }, { a: [1, 3] }, ['a/1: 2 -> 3']],
  ['an element that goes', { a: [1, 2, 3] }, { a: [1, 3] }, ['a: without 2']],
  ['elements that come', { a: [1] }, { a: [0, 1, 2] }, ['a: with 0', 'a: with 2']],
  ['the order of a longer list', { a: [1, 2] }, { a: [2, 1, 3] }, ['a: [1,2] -> [2,1,3]']],
  ['an element that is there twice', { a: [1] }, { a: [1, 1] }, ['a: [1] -> [1,1]']],
  ['an object that becomes a list', { a: {} }, { a: [] }, ['a: {} -> []']],
])('shows %s', (_, from, to, expected) => {
  expect(differences(from, to)).toEqual(expected);
});
