import type { FunctionName } from '../../lib/api/routes.ts';

/** A call of the API, written out: a test that took it from the route table would not notice a change of it. */
export interface ApiCall {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As a resource of API Gateway. */
  readonly path: string;
  readonly functionName: FunctionName;
}

export const apiCalls: readonly ApiCall[] = [
  ['createAd', 'POST', '/api/v1/ad', 'ingest-ads'],
  ['queryAds', 'GET', '/api/v1/ad', 'query-ads'],
  ['explainAds', 'GET', '/api/v1/ad/explain', 'query-ads'],
  ['getAd', 'GET', '/api/v1/ad/{id}', 'query-ads'],
  ['updateAd', 'PATCH', '/api/v1/ad/{id}', 'ingest-ads'],
  ['deleteAd', 'DELETE', '/api/v1/ad/{id}', 'ingest-ads'],
  ['importAds', 'POST', '/api/v1/ads:import', 'ingest-ads'],
  ['listAds', 'GET', '/api/v1/ads', 'query-ads'],
  ['decide', 'POST', '/api/v1/decisions', 'decide-ads'],
  ['explainDecision', 'POST', '/api/v1/decisions/explain', 'decide-ads'],
  ['showPixel', 'GET', '/t/i/{token}', 'track-ads'],
  ['sendBeacon', 'POST', '/t/i/{token}', 'track-ads'],
  ['followClick', 'GET', '/t/c/{token}', 'track-ads'],
  ['trackEvents', 'POST', '/api/v1/events', 'track-ads'],
  ['getAdDelivery', 'GET', '/api/v1/ad/{id}/delivery', 'decide-ads'],
  ['getCampaignDelivery', 'GET', '/api/v1/delivery', 'decide-ads'],
  ['increment', 'POST', '/increment', 'ingest-increments'],
  ['getTotal', 'GET', '/increment/{key}', 'read-counters'],
  ['incrementMany', 'POST', '/api/v1/increments', 'ingest-increments'],
  ['getCounter', 'GET', '/api/v1/counters/{key}', 'read-counters'],
  ['getCounterSeries', 'GET', '/api/v1/counters/{key}/series', 'read-counters'],
  ['getCounters', 'GET', '/api/v1/counters', 'read-counters'],
  ['getSeries', 'GET', '/api/v1/series', 'read-counters'],
  ['getHotCounters', 'GET', '/api/v1/hot-counters', 'read-counters'],
  ['getStats', 'GET', '/api/v1/stats', 'read-stats'],
  ['listQuarantine', 'GET', '/api/v1/quarantine', 'operate-quarantine'],
  ['redriveQuarantine', 'POST', '/api/v1/quarantine/redrive', 'operate-quarantine'],
  ['getUsage', 'GET', '/api/v1/usage', 'read-counters'],
  ['listCallers', 'GET', '/api/v1/usage/callers', 'read-counters'],
  ['getRoot', 'GET', '/', 'describe-api'],
  ['getHealth', 'GET', '/health', 'describe-api'],
  ['getOpenApi', 'GET', '/openapi.json', 'describe-api'],
  ['getDocs', 'GET', '/docs', 'describe-api'],
  ['getConsole', 'GET', '/console', 'describe-api'],
  ['getIcon', 'GET', '/favicon.ico', 'describe-api'],
].map(([id, method, path, functionName]) => ({ id, method, path, functionName }) as ApiCall);

/** HEAD is answered as GET is; what nothing answers goes to the function of the documents. */
export function functionOf(method: string, path: string): FunctionName {
  const asked = method === 'HEAD' ? 'GET' : method;
  return apiCalls.find((call) => call.method === asked && call.path === path)?.functionName ?? 'describe-api';
}
