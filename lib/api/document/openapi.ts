import type * as z from 'zod';
import {
  requestHeaders,
  responseHeaders,
  traceHeader,
  type RequestHeader,
  type ResponseHeader,
} from '../headers.ts';
import { toJsonSchema, type JsonSchema, type NamedSchemas } from './json-schema.ts';
import { apiDescription } from './openapi-text.ts';
import { problemSchema } from '../answer/problem-schema.ts';
import { problemKind, problemMediaType, problemType, type ProblemName } from '../answer/problems.ts';
import type { Route, RouteAnswer } from '../route.ts';
import { commonProblems, routes, tokenProblems } from '../routes.ts';
import { apiVersion } from './version.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface Content {
  readonly schema?: JsonSchema;
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
}

export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: Readonly<Record<string, Content>>;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

/** The whole API as OpenAPI 3.1, made from the route table and the schemas that check the requests. */
export function openApiDocument(): OpenApiDocument {
  const named: NamedSchemas = {};
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = toOperation(route, named);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'adtally', version: apiVersion, description: apiDescription },
    servers: [{ url: '.', description: 'Where this document comes from.' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: named,
      securitySchemes: {
        ApiToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API token that has the scope of the call; `admin` covers every call and `ads:write` covers reading ads. Operators make tokens.',
        },
      },
    },
  };
}

function toOperation(route: Route, named: NamedSchemas): Operation {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    security: toSecurity(route),
    parameters: [
      ...toParameters(route.pathParameters, 'path', named),
      ...toParameters(route.query, 'query', named),
      ...route.headers.map(toHeaderParameter),
      toHeaderParameter(traceHeader),
    ],
    ...(route.body !== undefined && {
      requestBody: { required: true, content: bodyContent(route.body, named) },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, toResponse(answer, named)]),
      ),
      ...toProblemResponses(route, named),
    },
  };
}

/** Reads of ads need no token in a stage with public reads: an empty requirement stands for that. */
function toSecurity({ scope }: Route): Operation['security'] {
  if (scope === 'none') return [];
  return scope === 'ads:read' ? [{}, { ApiToken: [scope] }] : [{ ApiToken: [scope] }];
}

function toParameters(schema: z.ZodObject, place: 'path' | 'query', named: NamedSchemas): Parameter[] {
  const object = toJsonSchema(schema, 'input', named) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(object.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: object.required?.includes(name) ?? false,
      ...(typeof description === 'string' && { description }),
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
  return Object.fromEntries(body.mediaTypes.map((mediaType) => [mediaType, { schema }]));
}

function toResponse(answer: RouteAnswer, named: NamedSchemas): Response {
  const { body, mediaType = 'application/json' } = answer;
  const hasBody = body !== undefined || answer.mediaType !== undefined;
  return {
    description: answer.description,
    headers: Object.fromEntries(
      [...answer.headers, traceHeader as ResponseHeader].map((name) => [
        name,
        { description: responseHeaders[name], schema: { type: 'string' } },
      ]),
    ),
    ...(hasBody && {
      content: {
        [mediaType]: body === undefined ? {} : { schema: toJsonSchema(body, 'output', named) },
      },
    }),
  };
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
        headers: problemHeaders(names),
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
  return [...route.problems, ...commonProblems, ...(route.scope === 'none' ? [] : tokenProblems)].sort(
    (a, b) => problemKind(a).status - problemKind(b).status,
  );
}

function problemHeaders(names: readonly ProblemName[]): NonNullable<Response['headers']> {
  const header = (name: keyof typeof responseHeaders): NonNullable<Response['headers']> => ({
    [name]: { description: responseHeaders[name], schema: { type: 'string' } },
  });
  return {
    ...(names.some((name) => problemKind(name).retryAfterSeconds !== undefined) && header('Retry-After')),
    ...(names.includes('method-not-allowed') && header('Allow')),
    ...(names.includes('unauthorized') && header('WWW-Authenticate')),
    ...header(traceHeader),
    ...(names.includes('too-many-requests') && { ...header('RateLimit'), ...header('RateLimit-Policy') }),
  };
}

function toExample(name: ProblemName): { readonly summary: string; readonly value: unknown } {
  const { title, status, description } = problemKind(name);
  return {
    summary: title,
    value: { type: problemType(name), title, status, detail: description, errors: [] },
  };
}
