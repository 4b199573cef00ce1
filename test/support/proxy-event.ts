import type { APIGatewayProxyEvent } from 'aws-lambda';
import { routes } from '../../lib/api/routes.ts';

export interface Request {
  readonly method?: string;
  /** As on the wire: percent-encoded, with a query string if any. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A text or bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly principal?: string;
}

/**
 * What a REST API makes of a request if all media types are binary: the path stays encoded, the query is
 * decoded with + as a space, with U+FFFD for what is not UTF-8, and the body is base64.
 */
export function toEvent({
  method = 'GET',
  path,
  headers = {},
  body,
  principal,
}: Request): APIGatewayProxyEvent {
  const [pathname = '', search] = path.split(/\?(.*)/s);
  const { resource, pathParameters } = match(pathname);
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search ?? '')) {
    Object.defineProperty(query, name, {
      value: [...(Object.hasOwn(query, name) ? (query[name] ?? []) : []), value],
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  const many = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? [value] : [...value]]),
  );
  const event = {
    resource,
    path: pathname,
    httpMethod: method,
    headers: Object.fromEntries(Object.entries(many).map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: many,
    queryStringParameters: null,
    multiValueQueryStringParameters: Object.keys(query).length === 0 ? null : query,
    pathParameters,
    stageVariables: null,
    body: body === undefined ? null : bytesOf(body).toString('base64'),
    isBase64Encoded: body !== undefined,
    requestContext: {
      path: pathname,
      ...(many['Host'] !== undefined && { domainName: many['Host'][0] }),
      ...(principal !== undefined && { authorizer: { principalId: principal } }),
    },
  };
  return event as unknown as APIGatewayProxyEvent;
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function match(pathname: string): Pick<APIGatewayProxyEvent, 'resource' | 'pathParameters'> {
  const isLonger = pathname.length > 1 && pathname.endsWith('/');
  const segments = (isLonger ? pathname.slice(0, -1) : pathname).split('/');
  for (const { path } of routes) {
    const template = path.split('/');
    if (template.length !== segments.length) continue;
    const isMatch = template.every((part, i) =>
      part.startsWith('{') ? segments[i] !== '' : part === segments[i],
    );
    if (!isMatch) continue;
    const parameters = template.flatMap((part, i) =>
      part.startsWith('{') ? [[part.slice(1, -1), segments[i] ?? '']] : [],
    );
    return {
      resource: path,
      pathParameters:
        parameters.length === 0 ? null : (Object.fromEntries(parameters) as Record<string, string>),
    };
  }
  return { resource: '/{proxy+}', pathParameters: { proxy: pathname.slice(1) } };
}
