import {
  counterSchema,
  countersSchema,
  hotCountersSchema,
  incrementBody,
  incrementsBody,
  incrementsTakenSchema,
  manySeriesSchema,
  seriesSchema,
  totalsSchema,
} from './counter-schemas.ts';
import {
  counterPath,
  countersQuery,
  hotCountersQuery,
  incrementQuery,
  manySeriesQuery,
  noPath,
  noQuery,
  seriesQuery,
  strongReadQuery,
} from './request/query-schemas.ts';
import type { Route } from './route.ts';

const readProblems = ['not-caught-up', 'state-unavailable'] as const;

const writeProblems = [
  'malformed-json',
  'unsupported-media-type',
  'idempotency-key-reused',
  'log-unavailable',
  'state-unavailable',
] as const;

const json = ['application/json'] as const;

const counterExample = { key: 'ad-42/clicks', value: 1, updated_at: '2026-07-01T12:00:00.000Z' } as const;

const tokenExample = {
  'ad-42/clicks': 'c2.prod.1.shardId-000000000000.1.1782907200.ad-42%2Fclicks',
} as const;

const seriesExample = {
  key: 'ad-42/clicks',
  bucket: 'day',
  from: '2026-07-01T00:00:00.000Z',
  to: '2026-07-03T00:00:00.000Z',
  points: [
    { at: '2026-07-01T00:00:00.000Z', value: 1 },
    { at: '2026-07-02T00:00:00.000Z', value: 0 },
  ],
} as const;

const hotExample = {
  recent: { window_ms: 330_000, keys: [{ key: 'ad-42/clicks', value: 7, error_max: 0 }] },
  all: { keys: [{ key: 'ad-42/clicks', value: 27_021, error_max: 0 }] },
} as const;

export const counterRoutes = {
  increment: {
    operationId: 'increment',
    method: 'POST',
    path: '/increment',
    functionName: 'ingest-increments',
    scope: 'counters:write',
    tag: 'Counters',
    summary: 'Add to a counter',
    description:
      'Creates the counter if it does not exist. `mode=sync` takes turns with other writers of the counter for up to 5 s, then answers 503: it suits up to 100 calls a second for one counter.',
    pathParameters: noPath,
    query: incrementQuery,
    headers: ['Idempotency-Key', 'Prefer'],
    body: {
      schema: incrementBody,
      mediaTypes: json,
      examples: { click: { key: 'ad-42/clicks', value: 1 } },
    },
    answers: {
      200: {
        description: '`mode=sync`: counted; the new total.',
        headers: ['Idempotent-Replayed'],
        body: totalsSchema,
        example: { 'ad-42/clicks': 1 },
      },
      202: {
        description: 'Logged; counted within seconds. The total is not yet known.',
        headers: ['Consistency-Token', 'Idempotent-Replayed'],
        body: totalsSchema,
        example: {},
      },
      204: {
        description: '`mode=sync` with `Prefer: return=minimal`: counted, without the total.',
        headers: ['Preference-Applied', 'Idempotent-Replayed'],
      },
    },
    problems: writeProblems,
  },
  getTotal: {
    operationId: 'getTotal',
    method: 'GET',
    path: '/increment/{key}',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read the total of a counter',
    description: 'The total so far. With a Consistency-Token it includes that write.',
    pathParameters: counterPath,
    query: strongReadQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The total.',
        headers: ['Cache-Control'],
        body: totalsSchema,
        example: { 'ad-42/clicks': 1 },
      },
    },
    problems: ['not-found', ...readProblems],
  },
  incrementMany: {
    operationId: 'incrementMany',
    method: 'POST',
    path: '/api/v1/increments',
    functionName: 'ingest-increments',
    scope: 'counters:write',
    tag: 'Counters',
    summary: 'Add to many counters',
    description:
      'One invalid increment refuses the whole request. After a 207, send a request with an Idempotency-Key again whole; without a key, send only the failed increments. The Consistency-Token header has the tokens of up to 10 keys, if they fit 4,096 characters; `Prefer: return=representation` returns all tokens in the body.',
    pathParameters: noPath,
    query: noQuery,
    headers: ['Idempotency-Key', 'Prefer'],
    body: {
      schema: incrementsBody,
      mediaTypes: json,
      examples: {
        two: {
          increments: [
            { key: 'ad-42/clicks', value: 1 },
            { key: 'ad-42/impressions', value: 12 },
          ],
        },
      },
    },
    answers: {
      202: {
        description: 'All are logged; counted within seconds.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: incrementsTakenSchema,
        example: { accepted: 2 },
      },
      207: {
        description: 'Only some are logged.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Retry-After'],
        body: incrementsTakenSchema,
        example: { accepted: 1, failed: [{ index: 1, ambiguous: false }], tokens: tokenExample },
      },
    },
    problems: writeProblems,
  },
  getCounter: {
    operationId: 'getCounter',
    method: 'GET',
    path: '/api/v1/counters/{key}',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read a counter',
    description: 'The total so far. With a Consistency-Token it includes that write.',
    pathParameters: counterPath,
    query: strongReadQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The counter.',
        headers: ['Cache-Control'],
        body: counterSchema,
        example: counterExample,
      },
    },
    problems: ['not-found', ...readProblems],
  },
  getCounterSeries: {
    operationId: 'getCounterSeries',
    method: 'GET',
    path: '/api/v1/counters/{key}/series',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read a counter over time',
    description:
      'The amount added in each minute, hour or day, by the time of the POST; as exact as the total. Minutes expire first, then hours, then days.',
    pathParameters: counterPath,
    query: seriesQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The buckets.',
        headers: ['Cache-Control'],
        body: seriesSchema,
        example: seriesExample,
      },
    },
    problems: ['not-found', ...readProblems],
  },
  getCounters: {
    operationId: 'getCounters',
    method: 'GET',
    path: '/api/v1/counters',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read many counters',
    description:
      'Returns the counters that exist, in the order of the request. `top=N` instead of keys is deprecated: use `GET /api/v1/hot-counters`.',
    pathParameters: noPath,
    query: countersQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The counters.',
        headers: ['Cache-Control', 'Deprecation', 'Link'],
        body: countersSchema,
        example: { counters: [counterExample] },
      },
    },
    problems: readProblems,
  },
  getSeries: {
    operationId: 'getSeries',
    method: 'GET',
    path: '/api/v1/series',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read many counters over time',
    description:
      'For each counter that exists what `GET /api/v1/counters/{key}/series` returns, all with the same range, in the order of the request.',
    pathParameters: noPath,
    query: manySeriesQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The series.',
        headers: ['Cache-Control'],
        body: manySeriesSchema,
        example: { series: [seriesExample] },
      },
    },
    problems: readProblems,
  },
  getHotCounters: {
    operationId: 'getHotCounters',
    method: 'GET',
    path: '/api/v1/hot-counters',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read the hottest counters',
    description:
      'The keys that grew most in the last minutes, estimated by a sketch with a stated error; and the exact totals of the keys that sketches have seen. Both include `mode=sync`. The lists lag by seconds and take no Consistency-Token.',
    pathParameters: noPath,
    query: hotCountersQuery,
    headers: [],
    answers: {
      200: {
        description: 'Both lists, greatest first.',
        headers: ['Cache-Control'],
        body: hotCountersSchema,
        example: hotExample,
      },
    },
    problems: ['state-unavailable'],
  },
} as const satisfies Readonly<Record<string, Route>>;
