/** How far observed counts are from what was expected, in the probability of each cell; these sum up to 1. */
export function chiSquare(observed: readonly number[], probabilities: readonly number[]): number {
  const sum = observed.reduce((total, count) => total + count, 0);
  return observed.reduce((total, count, cell) => {
    const expected = sum * probabilities[cell]!;
    return total + (count - expected) ** 2 / expected;
  }, 0);
}

/**
 * What chi-square exceeds with a probability of 1 in 10,000 if nothing is wrong, by the approximation of Wilson and
 * Hilferty.
 */
export function chiSquareLimit(cells: number): number {
  const degrees = cells - 1;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}
