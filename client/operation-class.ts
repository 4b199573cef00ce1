import type { Operation } from './operation.ts';

/**
 * Calls that different functions of the API answer. What hangs or fails in one class does not hold up another:
 * each has its own connections, retry budget and circuit breaker.
 */
export const operationClasses = ['increments', 'counters', 'ads', 'other'] as const;

/** `increments` are written, `counters` and `ads` are read; `other`: changes of ads, and all the rest. */
export type OperationClass = (typeof operationClasses)[number];

export function classOf({ tag, method }: Operation): OperationClass {
  if (tag === 'Counters') return method === 'GET' ? 'counters' : 'increments';
  return tag === 'Ads' && method === 'GET' ? 'ads' : 'other';
}
