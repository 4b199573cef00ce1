// Made from the OpenAPI document by `npm run client:generate`: do not edit.
import type { Operation } from '../operation.ts';
import type { Calls } from './calls.ts';

export const operations: Readonly<Record<keyof Calls, Operation>> = {
  createAd: {
    method: 'POST',
    path: '/api/v1/ad',
    query: [],
    headers: { idempotencyKey: 'Idempotency-Key', prefer: 'Prefer' },
    mediaType: 'application/json',
    answers: {
      '201': {
        headers: ['Location', 'ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: 'json',
      },
      '202': {
        headers: ['Location', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: 'json',
      },
    },
    tag: 'Ads',
  },
  queryAds: {
    method: 'GET',
    path: '/api/v1/ad',
    query: ['age', 'country', 'gender', 'platform', 'offset', 'limit'],
    headers: { consistencyToken: 'Consistency-Token', ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': {
        headers: ['ETag', 'Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'json',
      },
      '304': {
        headers: ['ETag', 'Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'none',
      },
    },
    tag: 'Ads',
  },
  explainAds: {
    method: 'GET',
    path: '/api/v1/ad/explain',
    query: ['age', 'country', 'gender', 'platform', 'at', 'id'],
    headers: { consistencyToken: 'Consistency-Token' },
    answers: {
      '200': {
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'json',
      },
      '304': {
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'none',
      },
    },
    tag: 'Ads',
  },
  getAd: {
    method: 'GET',
    path: '/api/v1/ad/{id}',
    query: [],
    headers: { consistencyToken: 'Consistency-Token', ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': { headers: ['ETag', 'Cache-Control'], body: 'json' },
      '304': { headers: ['ETag', 'Cache-Control'], body: 'none' },
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
    mediaType: 'application/json',
    answers: {
      '200': {
        headers: ['ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: 'json',
      },
      '202': { headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'], body: 'json' },
    },
    tag: 'Ads',
  },
  deleteAd: {
    method: 'DELETE',
    path: '/api/v1/ad/{id}',
    query: [],
    headers: { ifMatch: 'If-Match', prefer: 'Prefer', ifNoneMatch: 'If-None-Match' },
    answers: {
      '202': { headers: ['Consistency-Token', 'Preference-Applied'], body: 'json' },
      '204': { headers: ['Consistency-Token', 'Preference-Applied'], body: 'none' },
    },
    tag: 'Ads',
  },
  listAds: {
    method: 'GET',
    path: '/api/v1/ads',
    query: ['cursor', 'limit'],
    headers: { consistencyToken: 'Consistency-Token' },
    answers: {
      '200': {
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'json',
      },
      '304': {
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: 'none',
      },
    },
    tag: 'Ads',
  },
  increment: {
    method: 'POST',
    path: '/increment',
    query: ['mode'],
    headers: { idempotencyKey: 'Idempotency-Key' },
    mediaType: 'application/json',
    answers: {
      '200': { headers: ['Idempotent-Replayed'], body: 'json' },
      '202': { headers: ['Consistency-Token', 'Idempotent-Replayed'], body: 'json' },
    },
    tag: 'Counters',
  },
  getTotal: {
    method: 'GET',
    path: '/increment/{key}',
    query: [],
    headers: { consistencyToken: 'Consistency-Token' },
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'Counters',
  },
  incrementMany: {
    method: 'POST',
    path: '/api/v1/increments',
    query: [],
    headers: { idempotencyKey: 'Idempotency-Key', prefer: 'Prefer' },
    mediaType: 'application/json',
    answers: {
      '202': { headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'], body: 'json' },
      '207': { headers: ['Consistency-Token', 'Preference-Applied', 'Retry-After'], body: 'json' },
    },
    tag: 'Counters',
  },
  getCounter: {
    method: 'GET',
    path: '/api/v1/counters/{key}',
    query: [],
    headers: { consistencyToken: 'Consistency-Token' },
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'Counters',
  },
  getCounterSeries: {
    method: 'GET',
    path: '/api/v1/counters/{key}/series',
    query: ['bucket', 'from', 'to'],
    headers: { consistencyToken: 'Consistency-Token' },
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'Counters',
  },
  getCounters: {
    method: 'GET',
    path: '/api/v1/counters',
    query: ['key', 'top'],
    headers: { consistencyToken: 'Consistency-Token' },
    answers: {
      '200': { headers: ['Cache-Control', 'Deprecation', 'Link'], body: 'json' },
      '304': { headers: ['Cache-Control', 'Deprecation', 'Link'], body: 'none' },
    },
    tag: 'Counters',
  },
  getHotCounters: {
    method: 'GET',
    path: '/api/v1/hot-counters',
    query: ['limit'],
    headers: {},
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'Counters',
  },
  getStats: {
    method: 'GET',
    path: '/api/v1/stats',
    query: [],
    headers: {},
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'Operations',
  },
  listQuarantine: {
    method: 'GET',
    path: '/api/v1/quarantine',
    query: ['cursor', 'limit'],
    headers: {},
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'Operations',
  },
  redriveQuarantine: {
    method: 'POST',
    path: '/api/v1/quarantine/redrive',
    query: [],
    headers: {},
    mediaType: 'application/json',
    answers: { '200': { headers: ['Cache-Control'], body: 'json' } },
    tag: 'Operations',
  },
  getRoot: {
    method: 'GET',
    path: '/',
    query: [],
    headers: { ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': { headers: ['Cache-Control', 'ETag'], body: 'json' },
      '304': { headers: ['Cache-Control', 'ETag'], body: 'none' },
    },
    tag: 'About',
  },
  getHealth: {
    method: 'GET',
    path: '/health',
    query: [],
    headers: {},
    answers: {
      '200': { headers: ['Cache-Control'], body: 'json' },
      '304': { headers: ['Cache-Control'], body: 'none' },
    },
    tag: 'About',
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    query: [],
    headers: { ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': { headers: ['Cache-Control', 'ETag'], body: 'json' },
      '304': { headers: ['Cache-Control', 'ETag'], body: 'none' },
    },
    tag: 'About',
  },
  getDocs: {
    method: 'GET',
    path: '/docs',
    query: [],
    headers: { ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': { headers: ['Cache-Control', 'ETag'], body: 'text' },
      '304': { headers: ['Cache-Control', 'ETag'], body: 'none' },
    },
    tag: 'About',
  },
  getConsole: {
    method: 'GET',
    path: '/console',
    query: [],
    headers: { ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': { headers: ['Cache-Control', 'ETag'], body: 'text' },
      '304': { headers: ['Cache-Control', 'ETag'], body: 'none' },
    },
    tag: 'About',
  },
  getIcon: {
    method: 'GET',
    path: '/favicon.ico',
    query: [],
    headers: { ifMatch: 'If-Match', ifNoneMatch: 'If-None-Match' },
    answers: {
      '200': { headers: ['Cache-Control', 'ETag'], body: 'text' },
      '304': { headers: ['Cache-Control', 'ETag'], body: 'none' },
    },
    tag: 'About',
  },
};
