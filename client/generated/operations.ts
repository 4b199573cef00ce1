// Generated from the OpenAPI document by `npm run client:generate`: do not edit.
import type { Operation } from '../operation.ts';
import type { Calls } from './calls.ts';

const query1: readonly string[] = ['bucket', 'from', 'to', 'consistency'];
const query2: readonly string[] = ['consistency'];
const input1: Operation['headers'] = { idempotencyKey: 'Idempotency-Key', prefer: 'Prefer' };
const input2: Operation['headers'] = {
  consistencyToken: 'Consistency-Token',
  ifMatch: 'If-Match',
  ifNoneMatch: 'If-None-Match',
};
const input3: Operation['headers'] = { consistencyToken: 'Consistency-Token' };
const input4: Operation['headers'] = { ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' };
const type1: string = 'application/json';
const answers1: Operation['answers'] = {
  200: {
    headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
    body: 'json',
  },
};
const answers2: Operation['answers'] = { 200: { headers: ['Cache-Control'], body: 'json' } };
const answers3: Operation['answers'] = {
  200: { headers: ['Cache-Control', 'ETag'], body: 'json' },
  304: { headers: ['Cache-Control', 'ETag'], body: 'none' },
};
const answers4: Operation['answers'] = {
  200: { headers: ['Cache-Control', 'ETag'], body: 'text' },
  304: { headers: ['Cache-Control', 'ETag'], body: 'none' },
};

export const operations: Readonly<Record<keyof Calls, Operation>> = {
  createAd: {
    method: 'POST',
    path: '/api/v1/ad',
    query: [],
    headers: input1,
    mediaType: type1,
    answers: {
      201: {
        headers: ['Location', 'ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: 'json',
      },
      202: {
        headers: ['Location', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: 'json',
      },
    },
    tag: 'Ads',
  },
  queryAds: {
    method: 'GET',
    path: '/api/v1/ad',
    query: ['age', 'country', 'gender', 'platform', 'offset', 'limit', 'consistency'],
    headers: input2,
    answers: {
      200: {
        headers: ['ETag', 'Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'json',
      },
      304: {
        headers: ['ETag', 'Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'none',
      },
    },
    tag: 'Ads',
  },
  explainAds: {
    method: 'GET',
    path: '/api/v1/ad/explain',
    query: ['age', 'country', 'gender', 'platform', 'at', 'id', 'consistency'],
    headers: input3,
    answers: answers1,
    tag: 'Ads',
  },
  getAd: {
    method: 'GET',
    path: '/api/v1/ad/{id}',
    query: ['include', 'consistency'],
    headers: input2,
    answers: {
      200: { headers: ['ETag', 'Cache-Control'], body: 'json' },
      304: { headers: ['ETag', 'Cache-Control'], body: 'none' },
    },
    tag: 'Ads',
  },
  updateAd: {
    method: 'PATCH',
    path: '/api/v1/ad/{id}',
    query: [],
    headers: {
      idempotencyKey: 'Idempotency-Key',
      ifMatch: 'If-Match',
      prefer: 'Prefer',
      ifNoneMatch: 'If-None-Match',
    },
    mediaType: type1,
    answers: {
      200: {
        headers: ['ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: 'json',
      },
      202: { headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'], body: 'json' },
    },
    tag: 'Ads',
  },
  deleteAd: {
    method: 'DELETE',
    path: '/api/v1/ad/{id}',
    query: [],
    headers: { ifMatch: 'If-Match', prefer: 'Prefer', ifNoneMatch: 'If-None-Match' },
    answers: {
      202: { headers: ['Consistency-Token', 'Preference-Applied'], body: 'json' },
      204: { headers: ['Consistency-Token', 'Preference-Applied'], body: 'none' },
    },
    tag: 'Ads',
  },
  importAds: {
    method: 'POST',
    path: '/api/v1/ads:import',
    query: [],
    headers: input1,
    mediaType: type1,
    answers: {
      200: { headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'], body: 'json' },
      202: { headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'], body: 'json' },
      207: { headers: ['Consistency-Token', 'Preference-Applied', 'Retry-After'], body: 'json' },
    },
    tag: 'Ads',
  },
  listAds: {
    method: 'GET',
    path: '/api/v1/ads',
    query: ['cursor', 'limit', 'status', 'country', 'title', 'external_id', 'campaign_id', 'consistency'],
    headers: input3,
    answers: {
      200: {
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token', 'Next-Cursor'],
        body: 'json',
      },
    },
    tag: 'Ads',
  },
  decide: {
    method: 'POST',
    path: '/api/v1/decisions',
    query: [],
    headers: { idempotencyKey: 'Idempotency-Key', consistencyToken: 'Consistency-Token' },
    mediaType: type1,
    answers: {
      200: {
        headers: [
          'Cache-Control',
          'Catalog-Version',
          'Catalog-Stale-Ms',
          'Consistency-Token',
          'Delivery-Degraded',
          'Idempotent-Replayed',
        ],
        body: 'json',
      },
    },
    tag: 'Delivery',
  },
  explainDecision: {
    method: 'POST',
    path: '/api/v1/decisions/explain',
    query: [],
    headers: input3,
    mediaType: type1,
    answers: answers1,
    tag: 'Delivery',
  },
  trackEvents: {
    method: 'POST',
    path: '/api/v1/events',
    query: [],
    headers: {},
    mediaType: type1,
    answers: {
      202: { headers: ['Consistency-Token'], body: 'json' },
      207: { headers: ['Consistency-Token', 'Retry-After'], body: 'json' },
    },
    tag: 'Delivery',
  },
  getAdDelivery: {
    method: 'GET',
    path: '/api/v1/ad/{id}/delivery',
    query: query1,
    headers: input3,
    answers: answers2,
    tag: 'Delivery',
  },
  getCampaignDelivery: {
    method: 'GET',
    path: '/api/v1/delivery',
    query: ['campaign_id', 'status', 'cursor', 'limit', 'consistency'],
    headers: input3,
    answers: answers2,
    tag: 'Delivery',
  },
  increment: {
    method: 'POST',
    path: '/increment',
    query: ['mode'],
    headers: input1,
    mediaType: type1,
    answers: {
      200: { headers: ['Idempotent-Replayed'], body: 'json' },
      202: { headers: ['Consistency-Token', 'Idempotent-Replayed'], body: 'json' },
      204: { headers: ['Preference-Applied', 'Idempotent-Replayed'], body: 'none' },
    },
    tag: 'Counters',
  },
  getTotal: {
    method: 'GET',
    path: '/increment/{key}',
    query: query2,
    headers: input3,
    answers: answers2,
    tag: 'Counters',
  },
  incrementMany: {
    method: 'POST',
    path: '/api/v1/increments',
    query: [],
    headers: input1,
    mediaType: type1,
    answers: {
      202: { headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'], body: 'json' },
      207: { headers: ['Consistency-Token', 'Preference-Applied', 'Retry-After'], body: 'json' },
    },
    tag: 'Counters',
  },
  getCounter: {
    method: 'GET',
    path: '/api/v1/counters/{key}',
    query: query2,
    headers: input3,
    answers: answers2,
    tag: 'Counters',
  },
  getCounterSeries: {
    method: 'GET',
    path: '/api/v1/counters/{key}/series',
    query: query1,
    headers: input3,
    answers: answers2,
    tag: 'Counters',
  },
  getCounters: {
    method: 'GET',
    path: '/api/v1/counters',
    query: ['key', 'top', 'consistency'],
    headers: input3,
    answers: { 200: { headers: ['Cache-Control', 'Deprecation', 'Link'], body: 'json' } },
    tag: 'Counters',
  },
  getSeries: {
    method: 'GET',
    path: '/api/v1/series',
    query: ['key', 'bucket', 'from', 'to', 'consistency'],
    headers: input3,
    answers: answers2,
    tag: 'Counters',
  },
  getHotCounters: {
    method: 'GET',
    path: '/api/v1/hot-counters',
    query: ['limit'],
    headers: {},
    answers: answers2,
    tag: 'Counters',
  },
  getStats: {
    method: 'GET',
    path: '/api/v1/stats',
    query: [],
    headers: {},
    answers: answers2,
    tag: 'Operations',
  },
  listQuarantine: {
    method: 'GET',
    path: '/api/v1/quarantine',
    query: ['cursor', 'limit'],
    headers: {},
    answers: answers2,
    tag: 'Operations',
  },
  redriveQuarantine: {
    method: 'POST',
    path: '/api/v1/quarantine/redrive',
    query: [],
    headers: {},
    mediaType: type1,
    answers: answers2,
    tag: 'Operations',
  },
  getUsage: {
    method: 'GET',
    path: '/api/v1/usage',
    query: ['days', 'to'],
    headers: {},
    answers: answers2,
    tag: 'Operations',
  },
  listCallers: {
    method: 'GET',
    path: '/api/v1/usage/callers',
    query: ['day', 'cursor', 'limit'],
    headers: {},
    answers: answers2,
    tag: 'Operations',
  },
  getRoot: { method: 'GET', path: '/', query: [], headers: input4, answers: answers3, tag: 'About' },
  getHealth: { method: 'GET', path: '/health', query: [], headers: {}, answers: answers2, tag: 'About' },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    query: [],
    headers: input4,
    answers: answers3,
    tag: 'About',
  },
  getDocs: { method: 'GET', path: '/docs', query: [], headers: input4, answers: answers4, tag: 'About' },
  getConsole: {
    method: 'GET',
    path: '/console',
    query: [],
    headers: input4,
    answers: answers4,
    tag: 'About',
  },
  getIcon: {
    method: 'GET',
    path: '/favicon.ico',
    query: [],
    headers: input4,
    answers: answers4,
    tag: 'About',
  },
};
