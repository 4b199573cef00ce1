import { expect, it } from '@jest/globals';
import { parseRate, rateForm, rateText } from '../../../lib/app/rate/rate-text.ts';

it.each([
  ['200', { ratePerSecond: 200, burst: 1000 }],
  ['200:1000', { ratePerSecond: 200, burst: 1000 }],
  ['5:25', { ratePerSecond: 5, burst: 25 }],
  ['1:1', { ratePerSecond: 1, burst: 1 }],
  ['9999999:9999999', { ratePerSecond: 9_999_999, burst: 9_999_999 }],
])('%s is a rate', (text, rate) => {
  expect(parseRate(text)).toEqual(rate);
});

it.each([
  ...['', '0', '0:5', '5:0', '5:', ':5', '5:5:5', '5/25', '-5', '5.5', '1e3', ' 5', '5 ', 'x5', '5x', 'five'],
  ...['10000000', '5:10000000', 'a:b', '5:b', '1:5 '],
])('"%s" is none', (text) => {
  expect(parseRate(text)).toBeUndefined();
});

it('is written as it is read', () => {
  expect(rateText({ ratePerSecond: 5, burst: 25 })).toBe('5:25');
  expect(rateForm).toBe('calls a second, as in 200 or 200:1000, each from 1 to 9999999');
});
