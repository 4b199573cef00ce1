import type { Answer } from './answer-parser.ts';
import { headerValues } from './answer-parser.ts';
import type { ApiDocument, Found } from './api-document.ts';

/**
 * Headers of HTTP itself, for browsers and for security, which the document does not repeat for each call.
 */
const generalHeaders = new Set([
  ...['date', 'content-type', 'content-length', 'connection', 'keep-alive', 'vary', 'cache-control', 'allow'],
  ...['x-content-type-options', 'content-security-policy', 'strict-transport-security', 'referrer-policy'],
  ...['access-control-allow-origin', 'access-control-expose-headers', 'www-authenticate', 'retry-after'],
  ...[
    'access-control-allow-methods',
    'access-control-allow-headers',
    'access-control-max-age',
    'traceparent',
    'x-request-id',
  ],
  ...['ratelimit', 'ratelimit-policy', 'accept-encoding', 'content-encoding'],
]);

/** Answers of the server and the gateway, before any call is known. */
const gatewayStatuses = new Set([400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 421, 429, 431, 501, 505]);

/** Problems of theirs that may share a status with one of the call. */
const gatewayProblems = new Set(
  ['foreign-origin', 'unsupported-encoding'].map((name) => `urn:adtally:problem:${name}`),
);

const problemMediaType = 'application/problem+json';

/** What is wrong with an answer by the document; undefined: nothing. `found`: what was asked for. */
export function answerFault(
  document: ApiDocument,
  { method, found }: { readonly method: string; readonly found: Found },
  answer: Answer,
): string | undefined {
  const { status } = answer;
  const unnamed = requestIdFault(answer);
  if (unnamed !== undefined) return unnamed;
  const documented = found.call === undefined ? undefined : document.response(found.call, status);
  if (documented === undefined && !gatewayStatuses.has(status)) {
    if (method !== 'OPTIONS' || status !== 204) return `${status} is not documented`;
  }
  const names = new Set(Object.keys(documented?.headers ?? {}).map((name) => name.toLowerCase()));
  if (method === 'OPTIONS') names.add('accept-patch');
  const stranger = answer.headers.find(
    ([name]) => !names.has(name.toLowerCase()) && !generalHeaders.has(name.toLowerCase()),
  );
  if (stranger !== undefined) return `the header ${stranger[0]} is not documented for ${status}`;
  const twice = answer.headers.find(([name]) => headerValues(answer.headers, name.toLowerCase()).length > 1);
  if (twice !== undefined) return `the header ${twice[0]} is there twice`;
  return (
    allowFault(found, method, answer) ??
    retryFault(answer) ??
    (method === 'HEAD' ? undefined : bodyFault(document, found, answer))
  );
}

/** Every answer, a refusal too, names its request once. */
function requestIdFault({ headers }: Answer): string | undefined {
  const ids = headerValues(headers, 'x-request-id');
  return ids.length === 1 && /^[!-~]{1,128}$/.test(ids[0] ?? '')
    ? undefined
    : `the request ids ${JSON.stringify(ids)}`;
}

/** A 405 and a preflight name exactly the methods that the document has, HEAD and OPTIONS. */
function allowFault({ path, methods }: Found, method: string, answer: Answer): string | undefined {
  if (answer.status !== 405 && method !== 'OPTIONS') return undefined;
  if (path === undefined) return answer.status === 405 ? '405 for a path that is not documented' : undefined;
  if (answer.status >= 400 && answer.status !== 405) return undefined;
  const wanted = new Set([...methods, 'OPTIONS', ...(methods.includes('GET') ? ['HEAD'] : [])]);
  const allowed = new Set((headerValues(answer.headers, 'allow')[0] ?? '').split(', '));
  const same = wanted.size === allowed.size && [...wanted].every((name) => allowed.has(name));
  return same ? undefined : `Allow is ${[...allowed].join(', ')}, documented are ${[...wanted].join(', ')}`;
}

function retryFault({ status, headers }: Answer): string | undefined {
  if (status !== 503 && status !== 429) return undefined;
  return /^\d+$/.test(headerValues(headers, 'retry-after')[0] ?? '')
    ? undefined
    : `${status} without Retry-After`;
}

function bodyFault(document: ApiDocument, found: Found, answer: Answer): string | undefined {
  const { status, body } = answer;
  const mediaType = headerValues(answer.headers, 'content-type')[0]?.split(';')[0] ?? '';
  if (status >= 400) return problemFault(document, found, answer, mediaType);
  const content = found.call === undefined ? undefined : document.response(found.call, status)?.content;
  if (content === undefined)
    return body.length === 0 ? undefined : `${status} with a body that is not documented`;
  const documented = content[mediaType];
  if (documented === undefined) return `the media type ${mediaType} is not documented for ${status}`;
  if (mediaType !== 'application/json' || found.call === undefined) return undefined;
  const json = parseJson(body);
  if (json === undefined) return 'the body is not JSON in UTF-8';
  return document.responseFault(found.call, status, mediaType, json.value);
}

/** RFC 9457, and the document's own list of problems per call and status. */
function problemFault(
  document: ApiDocument,
  { call }: Found,
  { status, body }: Answer,
  mediaType: string,
): string | undefined {
  if (mediaType !== problemMediaType) return `${status} as ${mediaType || 'nothing'} and not as a problem`;
  const json = parseJson(body);
  if (json === undefined) return 'the problem is not JSON in UTF-8';
  const fault = document.problemFault(json.value);
  if (fault !== undefined) return `no problem document: ${fault}`;
  const problem = json.value as { readonly type: string; readonly status: number; readonly detail: string };
  if (problem.status !== status) return `the problem says ${problem.status}, the status line ${status}`;
  if (/\bat .*:\d+:\d+|node_modules|\/lib\/|ZodError|lmdb/i.test(body.toString())) {
    return `the problem tells of the inside: ${body.toString()}`;
  }
  const examples = call && document.response(call, status)?.content?.[problemMediaType]?.examples;
  if (examples === undefined || problem.type === 'about:blank' || gatewayProblems.has(problem.type)) {
    return undefined;
  }
  const types = Object.values(examples).map(({ value }) => (value as { readonly type: string }).type);
  return types.includes(problem.type) ? undefined : `${status} ${problem.type} is not documented`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** In an object, because null is JSON too; undefined: it is none. */
export function parseJson(body: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(decoder.decode(body)) };
  } catch {
    return undefined;
  }
}
