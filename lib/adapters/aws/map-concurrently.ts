/**
 * Maps with at most `atOnceMax` concurrent calls; result i belongs to item i. Rejects with the first
 * rejection.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  atOnceMax: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, work));
  return results;
}
