import * as z from 'zod';
import { noPath } from './request/query-schemas.ts';
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

const linksSchema = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    docs: z.string(),
    openapi: z.string(),
    console: z.string(),
    health: z.string(),
  })
  .meta({ id: 'Links', description: 'Addresses, relative to this one.' });

export const linksExample = {
  name: 'adtally',
  version: '0.1.0',
  docs: 'docs',
  openapi: 'openapi.json',
  console: 'console',
  health: 'health',
} as const;

/** Pages: whatever stands in their query is ignored. */
const common = {
  method: 'GET',
  functionName: 'describe-api',
  scope: 'none',
  tag: 'About',
  pathParameters: noPath,
  query: 'any',
  headers: [],
  problems: [],
} as const;

const page = {
  200: { description: 'The page.', headers: ['Cache-Control', 'ETag'], mediaType: 'text/html' },
} as const;

/** No call of the API: `npm start` has this page beside it, and its document lists it. */
export const metricsRoute = {
  ...common,
  operationId: 'getMetrics',
  path: '/metrics',
  scope: 'admin',
  summary: 'Metrics for Prometheus',
  description:
    'Everything this process measures, in the Prometheus text format 0.0.4: `adtally_*` by function, `process_*` and `nodejs_*` as every Prometheus client names them. Times are in seconds. A deployed stage has CloudWatch metrics instead.',
  answers: {
    200: { description: 'The metrics.', headers: ['Cache-Control'], mediaType: 'text/plain' },
  },
} as const satisfies Route;

export const documentRoutes = {
  getRoot: {
    ...common,
    operationId: 'getRoot',
    path: '/',
    summary: 'Where to begin',
    description: 'Links, as a page for browsers, else as JSON.',
    answers: {
      200: {
        description: 'The links.',
        headers: ['Cache-Control', 'ETag'],
        body: linksSchema,
        mediaType: 'text/html',
        example: linksExample,
      },
    },
  },
  getHealth: {
    ...common,
    operationId: 'getHealth',
    path: '/health',
    summary: 'Is it alive, and ready?',
    description: '200 whenever it answers at all.',
    answers: {
      200: {
        description: 'Alive.',
        headers: ['Cache-Control'],
        body: healthSchema,
        example: { status: 'ok', stage: 'prod', version: '0.1.0', uptime_seconds: 86_400, ready: true },
      },
    },
  },
  getOpenApi: {
    ...common,
    operationId: 'getOpenApi',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    description: 'Generated from the schemas that check the requests.',
    answers: {
      200: {
        description: 'The document.',
        headers: ['Cache-Control', 'ETag'],
        body: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' }),
        example: { openapi: '3.1.0' },
      },
    },
  },
  getDocs: {
    ...common,
    operationId: 'getDocs',
    path: '/docs',
    summary: 'This API as a page',
    description: 'Works offline; calls can be tried on it.',
    answers: page,
  },
  getConsole: {
    ...common,
    operationId: 'getConsole',
    path: '/console',
    summary: 'The operators’ console',
    description:
      'A page that shows what the pipeline does and lets its quarantine be redriven. It holds no figures itself: it asks the calls of this API, with the token that its user gives it.',
    answers: page,
  },
  getIcon: {
    ...common,
    operationId: 'getIcon',
    path: '/favicon.ico',
    summary: 'The icon of the pages',
    description: 'A picture that scales.',
    answers: {
      200: { description: 'The icon.', headers: ['Cache-Control', 'ETag'], mediaType: 'image/svg+xml' },
    },
  },
} as const satisfies Readonly<Record<string, Route>>;
