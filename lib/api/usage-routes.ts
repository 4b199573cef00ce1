import { noPath, usageCallersQuery, usageQuery } from './request/query-schemas.ts';
import type { Route } from './route.ts';
import { callersSchema, usageSchema } from './usage-schemas.ts';

const common = {
  method: 'GET',
  functionName: 'read-counters',
  tag: 'Operations',
  pathParameters: noPath,
  headers: [],
  problems: ['state-unavailable'],
} as const;

export const usageRoutes = {
  getUsage: {
    ...common,
    operationId: 'getUsage',
    path: '/api/v1/usage',
    scope: 'any',
    summary: 'Read your own usage',
    description:
      'Your calls and increments by day (UTC), up to 10 seconds late. A container that dies loses its last 10 seconds.',
    query: usageQuery,
    answers: {
      200: {
        description: 'The days.',
        headers: ['Cache-Control'],
        body: usageSchema,
        example: {
          principal: '3f1c09a2b4d5e6f7',
          days: [{ day: '2026-07-01', calls: 1200, increments: 45_000 }],
        },
      },
    },
  },
  listCallers: {
    ...common,
    operationId: 'listCallers',
    path: '/api/v1/usage/callers',
    scope: 'admin',
    summary: "Read every caller's usage on a day",
    description: 'Of one day (UTC).',
    query: usageCallersQuery,
    answers: {
      200: {
        description: 'One page.',
        headers: ['Cache-Control'],
        body: callersSchema,
        example: {
          day: '2026-07-01',
          callers: [{ principal: '3f1c09a2b4d5e6f7', calls: 1200, increments: 45_000 }],
          next_cursor: null,
        },
      },
    },
  },
} as const satisfies Readonly<Record<string, Route>>;
