import {
  acceptedAdSchema,
  adExplanationSchema,
  adListSchema,
  adPageSchema,
  adSchema,
  createAdBody,
  updateAdBody,
} from './ad-schemas.ts';
import { adExplainQuery, adListQuery, adPath, adQuery, noPath, noQuery } from './request/query-schemas.ts';
import type { Route } from './route.ts';

const acceptedAd = {
  description: 'Logged; the change is applied within a moment.',
  headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
  body: acceptedAdSchema,
} as const;

const writeProblems = ['log-unavailable', 'state-unavailable', 'not-caught-up'] as const;

export const adRoutes: readonly Route[] = [
  {
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
    body: { schema: createAdBody, mediaTypes: ['application/json'] },
    answers: {
      201: {
        description: 'Applied within the time waited.',
        headers: ['Location', 'ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adSchema,
      },
      202: { ...acceptedAd, headers: ['Location', ...acceptedAd.headers] },
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
  {
    operationId: 'queryAds',
    method: 'GET',
    path: '/api/v1/ad',
    functionName: 'query-ads',
    scope: 'ads:read',
    tag: 'Ads',
    summary: 'Find the active ads for an audience',
    description:
      'The ads that are active now and match, by end and then by id. A parameter left out does not filter; an ad without targets matches anybody.',
    pathParameters: noPath,
    query: adQuery,
    headers: ['Consistency-Token', 'If-None-Match'],
    answers: {
      200: {
        description: 'One page of matches; none at all is an empty page.',
        headers: ['ETag', 'Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: adPageSchema,
      },
      304: {
        description: 'Unchanged.',
        headers: ['ETag', 'Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
  {
    operationId: 'explainAds',
    method: 'GET',
    path: '/api/v1/ad/explain',
    functionName: 'query-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'Explain who sees what',
    description:
      'How many live ads each condition leaves for an audience, and what excludes one of them, now or at an instant. Of instants gone by it knows only the ads that are still there. It looks at every ad.',
    pathParameters: noPath,
    query: adExplainQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'What each condition left.',
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: adExplanationSchema,
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
  {
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
    headers: ['Consistency-Token', 'If-None-Match'],
    answers: {
      200: { description: 'The ad.', headers: ['ETag', 'Cache-Control'], body: adSchema },
      304: { description: 'Unchanged.', headers: ['ETag', 'Cache-Control'] },
    },
    problems: ['not-found', 'not-caught-up', 'state-unavailable'],
  },
  {
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
    body: { schema: updateAdBody, mediaTypes: ['application/json', 'application/merge-patch+json'] },
    answers: {
      200: {
        description: 'Applied within the time waited, or nothing to change.',
        headers: ['ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adSchema,
      },
      202: acceptedAd,
    },
    problems: [
      'malformed-json',
      'unsupported-media-type',
      'not-found',
      'precondition-failed',
      'idempotency-key-reused',
      'over-limit',
      ...writeProblems,
    ],
  },
  {
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
        body: acceptedAdSchema,
      },
      204: {
        description: 'Gone, within the time waited.',
        headers: ['Consistency-Token', 'Preference-Applied'],
      },
    },
    problems: ['not-found', 'precondition-failed', ...writeProblems],
  },
  {
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
        headers: ['Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: adListSchema,
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
];
