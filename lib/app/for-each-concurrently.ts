/**
 * Runs `work` on every item, at most `concurrencyMax` at a time. After a rejection no further item is begun; it is
 * thrown once those under way have ended, so that nothing runs on behind the caller's back.
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  concurrencyMax: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const item = items[next] as T;
      next += 1;
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrencyMax, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
