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
    summary: 'What the pipeline does at the moment',
    description:
      'Rates, totals, freshness, how far behind each stream is, and the containers that read. The process of `npm start` knows itself exactly; a deployed stage asks CloudWatch, a minute or two late, and answers null where that does not know.',
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
      'Records that could not be processed, with the reason, and without what they hold: `npm run quarantine -- show` shows that.',
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
    summary: 'Give quarantined records their effect',
    description:
      'Each takes effect once, however often it is asked for; so the call needs no Idempotency-Key. Says of each what became of it.',
    query: noQuery,
    body: {
      schema: redriveBody,
      mediaTypes: ['application/json'],
      examples: { one: { ids: [quarantinedExample.id] } },
    },
    answers: {
      200: {
        description: 'What became of each, in the order asked for.',
        headers: ['Cache-Control'],
        body: redrivenSchema,
        example: redrivenExample,
      },
    },
    problems: ['malformed-json', 'unsupported-media-type', 'state-unavailable'],
  },
} as const satisfies Readonly<Record<string, Route>>;
