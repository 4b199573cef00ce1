import { describe, expect, it } from '@jest/globals';
import { Draw } from '../../../lib/core/delivery/draw.ts';
import { chiSquare, chiSquareLimit } from './chi-square.ts';

const nonce = '00112233445566778899aabbccddeeff';

describe('a draw', () => {
  it('gives the same numbers for the same nonce, in every release: a stored nonce draws the same ads again', () => {
    const numbers = (n: number): number[] => {
      const draw = Draw.of(nonce);
      return Array.from({ length: 6 }, () => draw.below(n));
    };
    // By a program of its own, of which draw.test.ts has the results.
    expect(numbers(2 ** 32)).toEqual([
      4138640721, 1275674082, 3039334875, 4276471690, 3767044900, 2782852953,
    ]);
    expect(numbers(1000)).toEqual([986, 304, 724, 898, 663, 333]);
  });

  it('gives other numbers when any digit of the nonce is another', () => {
    const first = (nonce: string): number => Draw.of(nonce).below(2 ** 32);
    const all = Array.from(nonce, (digit, i) =>
      first(`${nonce.slice(0, i)}${digit === '0' ? '1' : '0'}${nonce.slice(i + 1)}`),
    );
    expect(new Set([first(nonce), ...all]).size).toBe(33);
  });

  it('gives each number below n alike, also where n does not divide the range of a word', () => {
    const draw = Draw.of(nonce);
    for (const [n, cells] of [
      [2, 2],
      [3, 3],
      [100, 100],
      [4097, 17],
      [3 * 2 ** 30, 3],
      [2 ** 32 - 1, 5],
      [2 ** 32, 16],
    ] as const) {
      const observed = Array.from({ length: cells }, () => 0);
      for (let i = 0; i < 40_000; i++) observed[Math.floor((draw.below(n) * cells) / n)]! += 1;
      const probabilities = observed.map((_, cell) => shareOf(n, cells, cell));
      expect(chiSquare(observed, probabilities)).toBeLessThan(chiSquareLimit(cells));
    }
  });

  it('reaches the first and the last number', () => {
    const draw = Draw.of(nonce);
    for (const n of [1, 2, 3, 33]) {
      const seen = new Set(Array.from({ length: 1000 }, () => draw.below(n)));
      expect([Math.min(...seen), Math.max(...seen), seen.size]).toEqual([0, n - 1, n]);
    }
  });

  it('refuses what is no nonce, and no numbers to draw from', () => {
    for (const text of ['', nonce.slice(1), `${nonce}0`, nonce.replace('8', 'g'), nonce.replace('88', '-1')])
      expect(() => Draw.of(text)).toThrow('a nonce');
    for (const n of [0, -1, 1.5, 2 ** 32 + 1, NaN]) expect(() => Draw.of(nonce).below(n)).toThrow('a draw');
  });
});

/** Which share of 0 .. n - 1 the cell has. */
function shareOf(n: number, cells: number, cell: number): number {
  return (Math.ceil((n * (cell + 1)) / cells) - Math.ceil((n * cell) / cells)) / n;
}
