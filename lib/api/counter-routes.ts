import {
  acceptedIncrementsSchema,
  acceptedSchema,
  counterSchema,
  countersSchema,
  incrementBody,
  incrementsBody,
  partlyAcceptedIncrementsSchema,
  totalByKeySchema,
} from './counter-schemas.ts';
import { counterPath, countersQuery, incrementQuery, noPath, noQuery } from './request/query-schemas.ts';
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
    operationId: 'getCounters',
    method: 'GET',
    path: '/api/v1/counters',
    functionName: 'read-counters',
    scope: 'counters:read',
    tag: 'Counters',
    summary: 'Read many counters',
    description: 'Those that exist, in the order asked for.',
    pathParameters: noPath,
    query: countersQuery,
    headers: ['Consistency-Token'],
    answers: { 200: { description: 'The counters.', headers: [], body: countersSchema } },
    problems: readProblems,
  },
];
