import { adExample, adInputExample, adWaitingExample } from './ad-examples.ts';
import {
  adExplanationSchema,
  adListSchema,
  adPageSchema,
  adSchema,
  adWrittenSchema,
  createAdBody,
  updateAdBody,
} from './ad-schemas.ts';
import { adExplainQuery, adListQuery, adPath, adQuery, noPath, noQuery } from './request/query-schemas.ts';
import type { Route } from './route.ts';

const writeProblems = ['log-unavailable', 'state-unavailable', 'not-caught-up'] as const;

const pageHeaders = [
  'ETag',
  'Cache-Control',
  'Catalog-Version',
  'Catalog-Stale-Ms',
  'Consistency-Token',
] as const;

export const adRoutes = {
  createAd: {
    operationId: 'createAd',
    method: 'POST',
    path: '/api/v1/ad',
    functionName: 'ingest-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'Create an ad',
    description:
      'Answers once the ad is logged; with `Prefer: wait=N` once it is applied, if that takes no longer than N seconds. Null for a field that may be left out means the same as leaving it out.',
    pathParameters: noPath,
    query: noQuery,
    headers: ['Idempotency-Key', 'Prefer'],
    body: {
      schema: createAdBody,
      mediaTypes: ['application/json'],
      examples: { targeted: adInputExample },
    },
    answers: {
      201: {
        description: 'Applied within the time waited: the whole ad.',
        headers: ['Location', 'ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adWrittenSchema,
        example: adExample,
      },
      202: {
        description: 'Logged; the ad is there within a moment.',
        headers: ['Location', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adWrittenSchema,
        example: adWaitingExample,
      },
    },
    problems: [
      'malformed-json',
      'unsupported-media-type',
      'idempotency-key-reused',
      'conflict',
      'over-limit',
      ...writeProblems,
    ],
  },
  queryAds: {
    operationId: 'queryAds',
    method: 'GET',
    path: '/api/v1/ad',
    functionName: 'query-ads',
    scope: 'ads:read',
    tag: 'Ads',
    summary: 'Find the active ads for an audience',
    description:
      'The ads that are active now and match, by end and then by id. A parameter left out does not filter; `unknown` finds the ads that do not target that attribute.',
    pathParameters: noPath,
    query: adQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'One page of matches; none at all is an empty page.',
        headers: pageHeaders,
        body: adPageSchema,
        example: { ads: [adExample], total: 1 },
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
  explainAds: {
    operationId: 'explainAds',
    method: 'GET',
    path: '/api/v1/ad/explain',
    functionName: 'query-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'Explain who sees what',
    description:
      'How many live ads each condition leaves for an audience, and what excludes one of them, now or at an instant. For an instant in the past it knows only the ads that are still live. It looks at every ad.',
    pathParameters: noPath,
    query: adExplainQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'What each condition left.',
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: adExplanationSchema,
        example: {
          at: '2026-07-01T12:00:00.000Z',
          live: 2,
          conditions: [
            { name: 'started', left: 2 },
            { name: 'not_ended', left: 2 },
            { name: 'age', left: 1 },
            { name: 'gender', left: 1 },
            { name: 'platform', left: 1 },
            { name: 'country', left: 0 },
          ],
          ad: { id: adExample.id, excluded_by: 'country' },
        },
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
  getAd: {
    operationId: 'getAd',
    method: 'GET',
    path: '/api/v1/ad/{id}',
    functionName: 'query-ads',
    scope: 'ads:read',
    tag: 'Ads',
    summary: 'Read one ad',
    description: 'Whether it has started or not; 404 from its end on. Always the current version.',
    pathParameters: adPath,
    query: noQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The ad.',
        headers: ['ETag', 'Cache-Control'],
        body: adSchema,
        example: adExample,
      },
    },
    problems: ['not-found', 'not-caught-up', 'state-unavailable'],
  },
  updateAd: {
    operationId: 'updateAd',
    method: 'PATCH',
    path: '/api/v1/ad/{id}',
    functionName: 'ingest-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'Change an ad',
    description:
      'A merge patch: only the fields named change, null clears an optional one, `{}` changes nothing. With `If-Match` the call waits up to 5 seconds by itself, so that a lost race is answered 412.',
    pathParameters: adPath,
    query: noQuery,
    headers: ['Idempotency-Key', 'If-Match', 'Prefer'],
    body: {
      schema: updateAdBody,
      // The first is the one that generated clients send.
      mediaTypes: ['application/json', 'application/merge-patch+json'],
      examples: { rename: { title: 'Coffee time' }, widen: { age_end: null, country: null } },
    },
    answers: {
      200: {
        description: 'Applied within the time waited, or nothing to change: the whole ad.',
        headers: ['ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adWrittenSchema,
        example: { ...adExample, title: 'Coffee time', version: 2 },
      },
      202: {
        description: 'Logged; the change is applied within a moment.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adWrittenSchema,
        example: { id: adExample.id, title: 'Coffee time', version: null },
      },
    },
    problems: [
      'malformed-json',
      'unsupported-media-type',
      'not-found',
      'idempotency-key-reused',
      'over-limit',
      ...writeProblems,
    ],
  },
  deleteAd: {
    operationId: 'deleteAd',
    method: 'DELETE',
    path: '/api/v1/ad/{id}',
    functionName: 'ingest-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'Delete an ad',
    description: 'With `If-Match` the call waits up to 5 seconds by itself.',
    pathParameters: adPath,
    query: noQuery,
    headers: ['If-Match', 'Prefer'],
    answers: {
      202: {
        description: 'Logged; the ad is gone within a moment.',
        headers: ['Consistency-Token', 'Preference-Applied'],
        body: adWrittenSchema,
        example: { id: adExample.id, version: null },
      },
      204: {
        description: 'Gone, within the time waited.',
        headers: ['Consistency-Token', 'Preference-Applied'],
      },
    },
    problems: ['not-found', ...writeProblems],
  },
  listAds: {
    operationId: 'listAds',
    method: 'GET',
    path: '/api/v1/ads',
    functionName: 'query-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'List all live ads',
    description: 'Those that have not started as well, by id.',
    pathParameters: noPath,
    query: adListQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'One page.',
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: adListSchema,
        example: { ads: [adExample], next_cursor: null },
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
} as const satisfies Readonly<Record<string, Route>>;
