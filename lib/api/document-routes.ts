import * as z from 'zod';
import { noPath, noQuery } from './request/query-schemas.ts';
import type { Route } from './route.ts';

const healthSchema = z
  .looseObject({
    status: z.literal('ok'),
    stage: z.string(),
    version: z.string(),
    uptime_seconds: z.int().min(0),
    ready: z.boolean().meta({ description: 'false: alive, but a part it depends on does not answer.' }),
    facts: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Health' });

const common = {
  method: 'GET',
  functionName: 'describe-api',
  scope: 'none',
  tag: 'About',
  pathParameters: noPath,
  query: noQuery,
  headers: [],
  problems: [],
} as const;

export const documentRoutes: readonly Route[] = [
  {
    ...common,
    operationId: 'getHealth',
    path: '/health',
    summary: 'Is it alive, and ready?',
    description: '200 whenever it answers at all.',
    answers: { 200: { description: 'Alive.', headers: [], body: healthSchema } },
  },
  {
    ...common,
    operationId: 'getOpenApi',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    description: 'Generated from the schemas that check the requests.',
    answers: {
      200: { description: 'The document.', headers: [], body: z.looseObject({ openapi: z.string() }) },
    },
  },
  {
    ...common,
    operationId: 'getDocs',
    path: '/docs',
    summary: 'This API as a page',
    description: 'Works offline.',
    answers: { 200: { description: 'The page.', headers: [], mediaType: 'text/html' } },
  },
  {
    ...common,
    operationId: 'getConsole',
    path: '/console',
    summary: 'The operators’ console',
    description:
      'A page that shows what the pipeline does and lets its quarantine be redriven. It holds no figures itself: it asks the calls of this API, with the token that its user gives it.',
    answers: { 200: { description: 'The page.', headers: [], mediaType: 'text/html' } },
  },
];
