import type { Ids } from '../../ports/ids.ts';

/**
 * Ids for requests that bring none, with the form of a UUID: a random prefix and a counter, unique like API
 * Gateway's, and cheap.
 */
export function createRequestIds(ids: Pick<Ids, 'nonce'>): () => string {
  const random = ids.nonce();
  const prefix = [random.slice(0, 8), random.slice(8, 12), random.slice(12, 16), random.slice(16, 20)].join(
    '-',
  );
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(16).padStart(12, '0')}`;
  };
}
