/** More values than this would take too long; whoever keeps the books opens a new account before. */
export const explainValuesMax = 40;

/** Whether `sum` is the sum of some of the values: all sums of one half are looked up among those of the other. */
export function isSumOfSome(sum: bigint, values: readonly bigint[]): boolean {
  if (values.length > explainValuesMax) throw new RangeError(`${values.length} values are too many`);
  const half = values.length >> 1;
  const first = new Set(allSums(values.slice(0, half)));
  return allSums(values.slice(half)).some((part) => first.has(sum - part));
}

function allSums(values: readonly bigint[]): bigint[] {
  let sums = [0n];
  for (const value of values) sums = sums.concat(sums.map((sum) => sum + value));
  return sums;
}
