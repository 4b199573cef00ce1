import * as z from 'zod';
import { auditSchema, canarySchema } from './audit-schema.ts';
import { noPath } from './request/query-schemas.ts';
import { auditExample, canaryExample } from './operation-examples.ts';
import type { Route } from './route.ts';

const healthSchema = z
  .looseObject({
    status: z.literal('ok'),
    stage: z.string(),
    version: z.string(),
    uptime_seconds: z.int().min(0),
    ready: z
      .boolean()
      .meta({ description: 'false: alive, but a dependency does not answer, or the disk is full.' }),
    facts: z.record(z.string(), z.unknown()).optional(),
    audit: auditSchema,
    canary: canarySchema,
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
  .meta({ id: 'Links', description: 'Addresses, relative to this page.' });

export const linksExample = {
  name: 'adtally',
  version: '0.1.0',
  docs: 'docs',
  openapi: 'openapi.json',
  console: 'console',
  health: 'health',
} as const;

/** Pages ignore their query. */
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

/** Not a call of the API: only `npm start` has this page, and its document lists it. */
export const metricsRoute = {
  ...common,
  operationId: 'getMetrics',
  path: '/metrics',
  scope: 'admin',
  summary: 'Metrics for Prometheus',
  description:
    'The metrics of this process in the Prometheus text format 0.0.4: `adtally_*` by function, and the usual `process_*` and `nodejs_*`. Times are in seconds. On AWS use CloudWatch metrics.',
  answers: {
    200: { description: 'The metrics.', headers: ['Cache-Control'], mediaType: 'text/plain' },
  },
} as const satisfies Route;

/** Not a call of the API: only `npm start` has this page, and no document lists it. */
export const demoRoute = {
  ...common,
  operationId: 'getDemo',
  path: '/demo',
  summary: 'Ads that deliver, to try',
  description:
    'A page of an article with ads. It asks this server for decisions, reports what is seen and clicked, and shows what was counted.',
  answers: page,
} as const satisfies Route;

export const documentRoutes = {
  getRoot: {
    ...common,
    operationId: 'getRoot',
    path: '/',
    summary: 'Find the other pages',
    description: 'Links: a page for browsers, JSON for other clients.',
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
    summary: 'Check that the API is alive and ready',
    description: 'Always 200; the body says whether the API is ready.',
    answers: {
      200: {
        description: 'Alive.',
        headers: ['Cache-Control'],
        body: healthSchema,
        example: {
          ...{ status: 'ok', stage: 'prod', version: '0.1.0', uptime_seconds: 86_400, ready: true },
          audit: auditExample,
          canary: canaryExample,
        },
      },
    },
  },
  getOpenApi: {
    ...common,
    operationId: 'getOpenApi',
    path: '/openapi.json',
    summary: 'Get the OpenAPI 3.1 document',
    description: 'Generated from the schemas that validate requests.',
    shared: [],
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
    summary: 'Read the API reference',
    description: 'A page that works offline and can send calls.',
    shared: [],
    answers: page,
  },
  getConsole: {
    ...common,
    operationId: 'getConsole',
    path: '/console',
    summary: 'The operators’ console',
    description:
      'A page that shows the state of the pipeline and redrives quarantined records. It contains no data: it calls this API with the token that you enter.',
    shared: [],
    answers: page,
  },
  getIcon: {
    ...common,
    operationId: 'getIcon',
    path: '/favicon.ico',
    summary: 'The icon of the pages',
    description: 'An SVG image.',
    shared: [],
    answers: {
      200: { description: 'The icon.', headers: ['Cache-Control', 'ETag'], mediaType: 'image/svg+xml' },
    },
  },
} as const satisfies Readonly<Record<string, Route>>;
