import * as z from 'zod';
import {
  acceptedIncrementsSchema,
  acceptedSchema,
  counterSchema,
  countersSchema,
  incrementBody,
  incrementsBody,
  partlyAcceptedIncrementsSchema,
  seriesSchema,
  topCountersSchema,
  totalByKeySchema,
} from './counter-schemas.ts';
import {
  counterPath,
  countersQuery,
  incrementQuery,
  noPath,
  noQuery,
  seriesQuery,
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

export const counterRoutes: readonly Route[] = [
  {
    operationId: 'increment',
    method: 'POST',
    path: '/increment',
    functionName: 'ingest-increments',
    scope: 'counters:write',
    tag: 'Counters',
    summary: 'Add to a counter',
    description: 'Creates the counter if it is new.',
    pathParameters: noPath,
    query: incrementQuery,
    headers: ['Idempotency-Key'],
    body: { schema: incrementBody, mediaTypes: json },
    answers: {
      200: {
        description: '`mode=sync`: counted; the new total.',
        headers: ['Idempotent-Replayed'],
        body: totalByKeySchema,
      },
      202: {
        description: 'Logged; counted within seconds.',
        headers: ['Consistency-Token', 'Idempotent-Replayed'],
        body: acceptedSchema,
      },
    },
    problems: writeProblems,
  },
  {
    operationId: 'getTotal',
    method: 'GET',
    path: '/increment/{key}',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read the total of a counter',
    description: 'What has been counted so far; with a Consistency-Token, that write included.',
    pathParameters: counterPath,
    query: noQuery,
    headers: ['Consistency-Token'],
    answers: { 200: { description: 'The total.', headers: [], body: totalByKeySchema } },
    problems: ['not-found', ...readProblems],
  },
  {
    operationId: 'incrementMany',
    method: 'POST',
    path: '/api/v1/increments',
    functionName: 'ingest-increments',
    scope: 'counters:write',
    tag: 'Counters',
    summary: 'Add to many counters',
    description:
      'One faulty increment refuses them all. After a 207, send a request with an Idempotency-Key again whole; of one without, only what failed. The Consistency-Token header carries the tokens of all keys if those are at most 10 and 4,096 characters together; `Prefer: return=representation` gives them all in the body.',
    pathParameters: noPath,
    query: noQuery,
    headers: ['Idempotency-Key', 'Prefer'],
    body: { schema: incrementsBody, mediaTypes: json },
    answers: {
      202: {
        description: 'All logged; counted within seconds.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Idempotent-Replayed'],
        body: acceptedIncrementsSchema,
      },
      207: {
        description: 'Only some were logged.',
        headers: ['Consistency-Token', 'Preference-Applied', 'Retry-After'],
        body: partlyAcceptedIncrementsSchema,
      },
    },
    problems: writeProblems,
  },
  {
    operationId: 'getCounter',
    method: 'GET',
    path: '/api/v1/counters/{key}',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read a counter',
    description: 'What has been counted so far; with a Consistency-Token, that write included.',
    pathParameters: counterPath,
    query: noQuery,
    headers: ['Consistency-Token'],
    answers: { 200: { description: 'The counter.', headers: [], body: counterSchema } },
    problems: ['not-found', ...readProblems],
  },
  {
    operationId: 'getCounterSeries',
    method: 'GET',
    path: '/api/v1/counters/{key}/series',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read a counter over time',
    description:
      'What was added in each minute, hour or day, by the instant of the POST; as exact as the total is. Minutes expire before hours and hours before days, which hold the same sums.',
    pathParameters: counterPath,
    query: seriesQuery,
    headers: ['Consistency-Token'],
    answers: { 200: { description: 'The buckets.', headers: [], body: seriesSchema } },
    problems: ['not-found', ...readProblems],
  },
  {
    operationId: 'getCounters',
    method: 'GET',
    path: '/api/v1/counters',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read many counters, or the hottest',
    description:
      'With `key`: those that exist, in the order asked for. With `top`: the keys that were given most, in the last minutes (by a sketch, with its error) and in all (exact totals of the keys that the sketches know). The lists lag by seconds, know nothing of `mode=sync`, and take no Consistency-Token.',
    pathParameters: noPath,
    query: countersQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The counters.',
        headers: [],
        body: z.union([countersSchema, topCountersSchema]),
      },
    },
    problems: readProblems,
  },
];
