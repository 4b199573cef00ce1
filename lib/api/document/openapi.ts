import type * as z from 'zod';
import { scopes } from '../../core/scopes.ts';
import { problemSchema } from '../answer/problem-schema.ts';
import { problemKind, problemMediaType, problemType, type ProblemName } from '../answer/problems.ts';
import { metricsRoute } from '../document-routes.ts';
import {
  requestHeaders,
  requestIdHeader,
  responseHeaders,
  traceHeader,
  type RequestHeader,
  type ResponseHeader,
} from '../headers.ts';
import type { Examples, Route, RouteAnswer } from '../route.ts';
import { commonProblems, routes, tokenProblems } from '../routes.ts';
import { toJsonSchema, type JsonSchema, type NamedSchemas } from './json-schema.ts';
import { limitsText } from './limits-text.ts';
import { apiDescription, apiVersion, tagDescriptions } from './openapi-text.ts';
import type {
  Content,
  Example,
  Header,
  OpenApiDocument,
  Operation,
  Parameter,
  Response,
} from './openapi-document.ts';
import { openAnswers } from './open-answers.ts';
import { shareComponents, type SharedDocument } from './share-components.ts';

export type * from './openapi-document.ts';

export interface DocumentOptions {
  /** The address of the API; default: relative to the document. */
  readonly server?: string;
  /** The server needs no token. */
  readonly isOpen?: boolean;
  /** `npm start` also has a page of metrics. */
  readonly hasMetricsPage?: boolean;
}

/** Makes the OpenAPI 3.1 document from the route table and the schemas that validate requests. */
export function openApiDocument(options: DocumentOptions = {}): SharedDocument {
  return shareComponents(openAnswers(inlineDocument(options)));
}

/** The same document with everything inline and with closed answers, for programs of this project. */
export function inlineDocument({
  server = '/',
  isOpen,
  hasMetricsPage,
}: DocumentOptions = {}): OpenApiDocument {
  const named: NamedSchemas = {};
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of hasMetricsPage === true ? [...routes, metricsRoute] : routes) {
    const operation = toOperation(route, named);
    (paths[route.path] ??= {})[route.method.toLowerCase()] =
      isOpen === true ? { ...operation, security: [] } : operation;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'adtally',
      version: apiVersion,
      summary: 'Targeted ads, and increments counted exactly once.',
      description: `${apiDescription}\n\n${limitsText}`,
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'The maintainers of adtally' },
    },
    servers: [{ url: server, description: 'The server of this document.' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({
      name,
      description: tagDescriptions[name],
    })),
    paths,
    components: { schemas: named, ...(isOpen === true ? {} : { securitySchemes }) },
  };
}

const securitySchemes = {
  ApiToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API token with the scope of the call. `admin` covers every call; `ads:write` includes `ads:read`. Operators create tokens.',
  },
};

/** Headers that every request may have and every answer may return. */
const everyCall = [traceHeader, requestIdHeader] as const;

function toOperation(route: Route, named: NamedSchemas): Operation {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    security: toSecurity(route),
    parameters: [
      ...toParameters(route.pathParameters, 'path', named),
      ...(route.query === 'any' ? [] : toParameters(route.query, 'query', named)),
      ...headersOf(route).map(toHeaderParameter),
    ],
    ...(route.body !== undefined && {
      requestBody: { required: true, content: bodyContent(route.body, named) },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, toResponse(answer, named)]),
      ),
      ...(route.method === 'GET' && { 304: notModified(route) }),
      ...toProblemResponses(route, named),
    },
  };
}

/**
 * Reads of ads need no token in a stage with public reads, and decisions none in one with plain decisions, which an
 * empty requirement expresses. Of several requirements one must hold.
 */
function toSecurity({ scope }: Route): Operation['security'] {
  if (scope === 'none') return [];
  if (scope === 'any') return scopes.map((one) => ({ ApiToken: [one] }));
  const mayBeOpen = scope === 'ads:read' || scope === 'ads:decide';
  return mayBeOpen ? [{}, { ApiToken: [scope] }] : [{ ApiToken: [scope] }];
}

/** Every call takes preconditions; the document lists them where an entity tag makes them useful. */
function headersOf(route: Route): readonly RequestHeader[] {
  const isTagged =
    route.headers.includes('If-Match') ||
    Object.values(route.answers).some(({ headers }) => headers.includes('ETag') && route.method === 'GET');
  const preconditions = isTagged ? (['If-Match', 'If-None-Match'] as const) : [];
  return [...new Set([...route.headers, ...preconditions, ...everyCall])];
}

function toParameters(schema: z.ZodObject, place: 'path' | 'query', named: NamedSchemas): Parameter[] {
  const object = toJsonSchema(schema, 'input', named) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(object.properties ?? {}).map(([name, property]) => {
    const { description, deprecated, examples, ...rest } = property;
    return {
      name,
      in: place,
      required: object.required?.includes(name) ?? false,
      ...(deprecated === true && { deprecated }),
      ...(typeof description === 'string' && { description }),
      ...(Array.isArray(examples) && { example: examples[0] as unknown }),
      schema: rest,
    };
  });
}

function toHeaderParameter(name: RequestHeader): Parameter {
  const { description, schema } = requestHeaders[name];
  return { name, in: 'header', required: false, description, schema };
}

function bodyContent(body: NonNullable<Route['body']>, named: NamedSchemas): Record<string, Content> {
  const schema = toJsonSchema(body.schema, 'input', named);
  return Object.fromEntries(
    body.mediaTypes.map((mediaType) => [mediaType, { schema, examples: toExamples(body.examples) }]),
  );
}

function toExamples(examples: Examples): Record<string, Example> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
}

function toResponse(answer: RouteAnswer, named: NamedSchemas): Response {
  const { body, mediaType, example } = answer;
  const content: Record<string, Content> = {
    ...(body !== undefined && {
      'application/json': { schema: toJsonSchema(body, 'output', named), examples: toExamples({ example }) },
    }),
    ...(mediaType !== undefined && { [mediaType]: { schema: { type: 'string' } } }),
  };
  return {
    description: answer.description,
    headers: headersNamed([...answer.headers, ...everyCall]),
    ...(Object.keys(content).length > 0 && { content }),
  };
}

function notModified(route: Route): Response {
  const headers = route.answers[200]?.headers ?? [];
  return { description: 'Unchanged.', headers: headersNamed([...headers, ...everyCall]) };
}

/** One response per status, with each problem of that status as an example. */
function toProblemResponses(route: Route, named: NamedSchemas): Record<string, Response> {
  const byStatus = new Map<number, ProblemName[]>();
  for (const name of problemsOf(route)) {
    const { status } = problemKind(name);
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  const schema = toJsonSchema(problemSchema, 'output', named);
  return Object.fromEntries(
    Array.from(byStatus, ([status, names]) => [
      String(status),
      {
        description: names.map((name) => problemKind(name).title).join('; or '),
        headers: headersNamed(problemHeaders(names)),
        content: {
          [problemMediaType]: {
            schema,
            examples: Object.fromEntries(names.map((name) => [name, toExample(name)])),
          },
        },
      },
    ]),
  );
}

export function problemsOf(route: Route): readonly ProblemName[] {
  const names = [...route.problems, ...commonProblems, ...(route.scope === 'none' ? [] : tokenProblems)];
  return names.sort((a, b) => problemKind(a).status - problemKind(b).status);
}

function problemHeaders(names: readonly ProblemName[]): readonly ResponseHeader[] {
  const with503 = names.some((name) => problemKind(name).retryAfterSeconds !== undefined);
  const challenges = names.includes('unauthorized') || names.includes('forbidden');
  return [
    ...(with503 ? (['Retry-After'] as const) : []),
    ...(names.includes('method-not-allowed') ? (['Allow'] as const) : []),
    ...(challenges ? (['WWW-Authenticate'] as const) : []),
    ...(names.includes('unsupported-media-type')
      ? (['Accept', 'Accept-Encoding', 'Accept-Patch'] as const)
      : []),
    ...(names.includes('too-many-requests') ? (['RateLimit', 'RateLimit-Policy'] as const) : []),
    ...everyCall,
  ];
}

function headersNamed(names: readonly ResponseHeader[]): Record<string, Header> {
  return Object.fromEntries(
    names.map((name) => [name, { description: responseHeaders[name], schema: { type: 'string' } }]),
  );
}

function toExample(name: ProblemName): Example {
  const { title, status, description } = problemKind(name);
  return {
    summary: title,
    value: { type: problemType(name), title, status, detail: description, errors: [] },
  };
}
