import type { Operation } from './operation.ts';

/**
 * Calls that need different parts of the service: the log, the counters, the catalog. What hangs or fails in one
 * class does not hold up another: each has its own connections, retry budget and circuit breaker.
 */
export const operationClasses = ['increments', 'counters', 'ads', 'other'] as const;

/**
 * `increments` are written, and events of ads with them; `counters` are read, and what was counted of ads; `ads` are
 * read or decided; `other`: changes of ads, and all the rest.
 */
export type OperationClass = (typeof operationClasses)[number];

export function classOf({ tag, method, path }: Operation): OperationClass {
  if (tag === 'Delivery')
    return method === 'GET' ? 'counters' : path === '/api/v1/events' ? 'increments' : 'ads';
  if (tag === 'Counters') return method === 'GET' ? 'counters' : 'increments';
  return tag === 'Ads' && method === 'GET' ? 'ads' : 'other';
}
