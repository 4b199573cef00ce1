/**
 * Runs `work` on every item, at most `concurrencyMax` at a time. After a rejection it begins no further item,
 * waits for those under way, and then throws, so that nothing runs on after the call.
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  concurrencyMax: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next;
      next += 1;
      try {
        await work(items[index] as T, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrencyMax, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/** Maps as `forEachConcurrently` runs; result i belongs to item i. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrencyMax: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  await forEachConcurrently(items, concurrencyMax, async (item, index) => {
    results[index] = await map(item);
  });
  return results;
}
