/**
 * The results of independent writes. A RangeError of one, a limit that only a stored item shows, does not keep the others
 * from being made, and is thrown behind them.
 */
export function eachByItself<T, R>(writes: readonly T[], make: (write: T) => R): readonly R[] {
  let failure: RangeError | undefined;
  const results: R[] = [];
  for (const write of writes) {
    try {
      results.push(make(write));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return results;
}
