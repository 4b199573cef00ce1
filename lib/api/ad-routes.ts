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
import { adsImportedSchema, importAdsBody } from './import-schemas.ts';
import { linesMediaType } from './request/accept.ts';
import {
  adExplainQuery,
  adListQuery,
  adPath,
  adQuery,
  adReadQuery,
  noPath,
  noQuery,
} from './request/query-schemas.ts';
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
      'Answers when the ad is logged. With `Prefer: wait=N` it waits up to N seconds until the ad is applied. In an optional field, null means the same as no value. With `external_id` it waits up to 5 seconds by itself, so that it can answer 409 if another live ad has it.',
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
        description: 'Applied within the wait: the whole ad.',
        headers: ['Location', 'ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adWrittenSchema,
        example: adExample,
      },
      202: {
        description: 'Logged; the ad is applied within moments.',
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
      'The active ads that match, ordered by end, then by id. A missing parameter does not filter; `unknown` finds the ads that do not target that attribute.',
    pathParameters: noPath,
    query: adQuery,
    headers: ['Consistency-Token'],
    shared: ['Consistency-Token'],
    answers: {
      200: {
        description: 'One page of matches; empty if nothing matches.',
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
      'Shows how many live ads remain for an audience after each condition, and which condition excludes a given ad, now or at an instant. For a past instant it knows only the ads that are still live. It evaluates every ad.',
    pathParameters: noPath,
    query: adExplainQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The ads left after each condition.',
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'],
        body: adExplanationSchema,
        example: {
          at: '2026-07-01T12:00:00.000Z',
          live: 2,
          conditions: [
            { name: 'started', left: 2 },
            { name: 'not_ended', left: 2 },
            { name: 'paused', left: 2 },
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
    description:
      'Returns the current version, even before the ad starts; 404 once the ad has ended. With `include=ended` an ad that has ended is answered for a while longer, as it was at its end and with `ended_at`; one that was deleted is not.',
    pathParameters: adPath,
    query: adReadQuery,
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
      'A merge patch: only the given fields change, null clears an optional field, `{}` changes nothing. With `If-Match` or an `external_id` the call waits up to 5 seconds, so that it can answer 412 if another change came first, or 409 if another live ad has that external id.',
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
        description: 'Applied within the wait, or nothing to change: the whole ad.',
        headers: ['ETag', 'Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adWrittenSchema,
        example: { ...adExample, title: 'Coffee time', version: 2 },
      },
      202: {
        description: 'Logged; the change is applied within moments.',
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
      'conflict',
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
    description: 'With `If-Match` the call waits up to 5 seconds for the result.',
    pathParameters: adPath,
    query: noQuery,
    headers: ['If-Match', 'Prefer'],
    answers: {
      202: {
        description: 'Logged; the ad is deleted within moments.',
        headers: ['Consistency-Token', 'Preference-Applied'],
        body: adWrittenSchema,
        example: { id: adExample.id, version: null },
      },
      204: {
        description: 'Deleted within the wait.',
        headers: ['Consistency-Token', 'Preference-Applied'],
      },
    },
    problems: ['not-found', ...writeProblems],
  },
  importAds: {
    operationId: 'importAds',
    method: 'POST',
    path: '/api/v1/ads:import',
    functionName: 'ingest-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'Create or change many ads',
    description:
      'Each ad is all of an ad, by its `external_id`: the live ad that has it is changed, and if there is none, one is created. An optional field that is missing is cleared; an ad that is so already keeps its version. One invalid ad refuses the whole request. Sending an import again doubles nothing, with an Idempotency-Key or without. With `Prefer: wait=N` the answer says what became of each ad.',
    pathParameters: noPath,
    query: noQuery,
    headers: ['Idempotency-Key', 'Prefer'],
    body: {
      schema: importAdsBody,
      mediaTypes: ['application/json'],
      examples: { one: { ads: [{ ...adInputExample, external_id: 'shop-4711' }] } },
    },
    answers: {
      200: {
        description: 'Decided within the wait: what became of each ad.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adsImportedSchema,
        example: {
          accepted: 1,
          ads: [{ external_id: 'shop-4711', result: 'created', id: adExample.id, version: 1 }],
        },
      },
      202: {
        description: 'All are logged; they are decided within moments.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: adsImportedSchema,
        example: { accepted: 1 },
      },
      207: {
        description: 'Only some are logged. Send the request again.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Retry-After'],
        body: adsImportedSchema,
        example: { accepted: 0, failed: [{ index: 0, ambiguous: false }] },
      },
    },
    problems: [
      'malformed-json',
      'unsupported-media-type',
      'idempotency-key-reused',
      'log-unavailable',
      'state-unavailable',
    ],
  },
  listAds: {
    operationId: 'listAds',
    method: 'GET',
    path: '/api/v1/ads',
    functionName: 'query-ads',
    scope: 'ads:write',
    tag: 'Ads',
    summary: 'List all live ads, or those that have ended',
    description:
      'Includes ads that have not started. Ordered by id. A page of a filtered list reads up to 20,000 ads, so it may have fewer ads than `limit`, or none, and still a `next_cursor`. A cursor belongs to its filters. With `status=ended` it lists the ads that have ended instead, the newest end first, as long as the stage keeps them; each is there once its end has been applied, mostly within seconds. That list is always `strong`, and a page of it may be short too. With `Accept: application/x-ndjson` the answer has one ad in each line, and the cursor in `Next-Cursor`.',
    pathParameters: noPath,
    query: adListQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'One page.',
        headers: ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token', 'Next-Cursor'],
        body: adListSchema,
        mediaType: linesMediaType,
        example: { ads: [adExample], next_cursor: null },
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
} as const satisfies Readonly<Record<string, Route>>;
