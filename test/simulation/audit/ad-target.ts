import type { AdFilter, Unknown } from '../../../lib/core/ads/ad-filter.ts';
import type { Gender, Platform } from '../../../lib/core/ads/ad.ts';
import type { AskedPage } from './ad-show.ts';

/** Which call of the ads API a request is; undefined: none, or one that no client should make. */
export type AdCall =
  | { readonly call: 'query'; readonly page: AskedPage }
  | { readonly call: 'explain'; readonly page: AskedPage }
  | { readonly call: 'list'; readonly cursor: string | undefined; readonly limit: number }
  | { readonly call: 'list-ended'; readonly cursor: string | undefined; readonly limit: number }
  /** `ended`: also an ad that has ended. */
  | { readonly call: 'read'; readonly adId: string; readonly ended: boolean }
  | { readonly call: 'import' }
  | { readonly call: 'decide' }
  | { readonly call: 'explain-decision' }
  | WriteCall;

export type WriteCall = { readonly call: 'create' } | ChangeCall;
export type ChangeCall =
  { readonly call: 'update'; readonly adId: string } | { readonly call: 'delete'; readonly adId: string };

const limitDefault = 10;

export function adCallOf({
  method,
  target,
}: {
  readonly method: string;
  readonly target: string;
}): AdCall | undefined {
  const [path = '', search] = target.split('?');
  const isRead = method === 'GET' || method === 'HEAD';
  const adId = /^\/api\/v1\/ad\/([0-9a-fA-F-]{36})$/.exec(path)?.[1]?.toLowerCase();
  const query = new URLSearchParams(search ?? '');
  if (adId !== undefined) {
    if (isRead) return { call: 'read', adId, ended: query.get('include') === 'ended' };
    if (method === 'PATCH') return { call: 'update', adId };
    return method === 'DELETE' ? { call: 'delete', adId } : undefined;
  }
  if (path === '/api/v1/ad' && method === 'POST') return { call: 'create' };
  if (path === '/api/v1/ads:import' && method === 'POST') return { call: 'import' };
  if (path === '/api/v1/decisions' && method === 'POST') return { call: 'decide' };
  if (path === '/api/v1/decisions/explain' && method === 'POST') return { call: 'explain-decision' };
  if (path === '/api/v1/ad' && isRead) return { call: 'query', page: pageOf(query) };
  if (path === '/api/v1/ad/explain' && isRead) return { call: 'explain', page: pageOf(query) };
  if (path !== '/api/v1/ads' || !isRead) return undefined;
  return {
    call: query.get('status') === 'ended' ? 'list-ended' : 'list',
    cursor: query.get('cursor') ?? undefined,
    limit: numberOf(query, 'limit', limitDefault),
  };
}

function pageOf(query: URLSearchParams): AskedPage {
  const filter: AdFilter = {
    ...(query.has('age') && {
      age: query.get('age') === 'unknown' ? ('unknown' as const) : numberOf(query, 'age', 0),
    }),
    ...(query.has('country') && { country: query.get('country') ?? '' }),
    ...(query.has('gender') && { gender: query.get('gender') as Gender | Unknown }),
    ...(query.has('platform') && { platform: query.get('platform') as Platform | Unknown }),
  };
  return { filter, offset: numberOf(query, 'offset', 0), limit: numberOf(query, 'limit', limitDefault) };
}

function numberOf(query: URLSearchParams, name: string, absent: number): number {
  const text = query.get(name);
  return text === null ? absent : Number(text);
}
