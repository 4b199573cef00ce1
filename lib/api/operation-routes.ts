import { quarantinedExample, redrivenExample, statsExample } from './operation-examples.ts';
import { quarantinePageSchema, redriveBody, redrivenSchema, statsSchema } from './operation-schemas.ts';
import { noPath, noQuery, quarantineQuery } from './request/query-schemas.ts';
import type { Route } from './route.ts';

const common = {
  scope: 'admin',
  tag: 'Operations',
  pathParameters: noPath,
  headers: [],
} as const;

export const operationRoutes = {
  getStats: {
    ...common,
    operationId: 'getStats',
    method: 'GET',
    path: '/api/v1/stats',
    functionName: 'read-stats',
    summary: 'Get the current state of the pipeline',
    description:
      'Rates, totals, freshness, the lag of each stream, and the containers that serve reads. `npm start` reports exact numbers. On AWS they come from CloudWatch, one or two minutes late, and are null where CloudWatch has none.',
    query: noQuery,
    answers: {
      200: {
        description: 'The figures.',
        headers: ['Cache-Control'],
        body: statsSchema,
        example: statsExample,
      },
    },
    problems: ['state-unavailable'],
  },
  listQuarantine: {
    ...common,
    operationId: 'listQuarantine',
    method: 'GET',
    path: '/api/v1/quarantine',
    functionName: 'operate-quarantine',
    summary: 'List the quarantine',
    description:
      'Records that could not be processed, with the reason but without their content. `npm run quarantine -- show` prints the content.',
    query: quarantineQuery,
    answers: {
      200: {
        description: 'One page.',
        headers: ['Cache-Control'],
        body: quarantinePageSchema,
        example: { records: [quarantinedExample], unreadable: [], next_cursor: null },
      },
    },
    problems: ['state-unavailable'],
  },
  redriveQuarantine: {
    ...common,
    operationId: 'redriveQuarantine',
    method: 'POST',
    path: '/api/v1/quarantine/redrive',
    functionName: 'operate-quarantine',
    summary: 'Redrive quarantined records',
    description:
      'Processes the records again. Each takes effect once, however often you repeat the call, so it needs no Idempotency-Key. The answer has the outcome of each record.',
    query: noQuery,
    body: {
      schema: redriveBody,
      mediaTypes: ['application/json'],
      examples: { one: { ids: [quarantinedExample.id] } },
    },
    answers: {
      200: {
        description: 'The outcome of each record, in the order of the request.',
        headers: ['Cache-Control'],
        body: redrivenSchema,
        example: redrivenExample,
      },
    },
    problems: ['malformed-json', 'unsupported-media-type', 'state-unavailable'],
  },
} as const satisfies Readonly<Record<string, Route>>;
