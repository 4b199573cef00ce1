/**
 * The results of independent writes. If a stored item makes one exceed a limit, its RangeError is thrown
 * after the other writes.
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
