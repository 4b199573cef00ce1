import type { Operation, Response } from '../../../lib/api/document/openapi.ts';
import { headerFaults } from './answer-headers.ts';
import { readApiDocument } from './api-document.ts';
import type { Auditor, Exchange, HttpAnswer } from './auditor.ts';
import { demand } from './demand.ts';
import { schemaFaults } from './json-schema.ts';

/**
 * What a platform answers when a function dies or takes too long. The function itself says 503 or 507,
 * never 500.
 */
const platformStatuses: ReadonlySet<number> = new Set([502, 504]);

type AnsweredExchange = Exchange & { readonly answer: HttpAnswer };

const document = readApiDocument();

/**
 * Holds every answer against the OpenAPI document: its status is documented for the call, its media type,
 * body and headers are as the document says, and whatever is no success is a problem (I10).
 */
export function createAnswerAuditor(): Auditor {
  let checked = 0;
  return {
    name: 'answers',
    exchanged(exchange) {
      if (exchange.answer === undefined) return;
      checked += 1;
      const fault = answerFault({ ...exchange, answer: exchange.answer });
      demand(fault === undefined, 'I10', fault ?? '', () => ({ exchange }));
    },
    atRest: () => Promise.resolve(),
    facts: () => ({ answersChecked: checked }),
  };
}

/** What is wrong with the answer; undefined: nothing. */
export function answerFault(exchange: AnsweredExchange): string | undefined {
  const { request, answer } = exchange;
  const [path = ''] = request.target.split('?');
  const operations = document.find(path);
  const isRead = request.method === 'HEAD' || request.method === 'GET';
  const operation = operations?.[isRead ? 'get' : request.method.toLowerCase()];
  const edge = edgeFault(exchange);
  if (edge !== undefined) return edge;
  if (operation === undefined) return unroutedFault(exchange, operations) ?? bareProblemFault(answer);
  const documented = operation.responses[String(answer.status)];
  if (documented === undefined) return `${operation.operationId} does not document ${answer.status}`;
  const [header] = headerFaults(exchange, documented, operation.operationId);
  if (header !== undefined) return `${operation.operationId} ${answer.status} ${header}`;
  return bodyFault(exchange, operation, documented);
}

/** What every answer keeps to. */
function edgeFault({ answer, containerNowMs }: AnsweredExchange): string | undefined {
  const { status, headers } = answer;
  if (status === 500) return 'a bug was answered as 500';
  if (containerNowMs === undefined || platformStatuses.has(status)) return undefined;
  if (headers['x-content-type-options'] !== 'nosniff') return 'an answer may be sniffed at';
  return headers['content-security-policy'] === undefined ? 'an answer has no content policy' : undefined;
}

function unroutedFault(
  { request, answer }: AnsweredExchange,
  operations: Readonly<Record<string, Operation>> | undefined,
): string | undefined {
  const { status, headers } = answer;
  if (platformStatuses.has(status)) return undefined;
  if (operations === undefined) return status === 404 ? undefined : `an unknown path is answered ${status}`;
  const methods = Object.keys(operations).map((method) => method.toUpperCase());
  if (methods.includes('GET')) methods.push('HEAD');
  const allowed = [...methods, 'OPTIONS'].sort().join(', ');
  if (headers.allow !== allowed) return `Allow says ${String(headers.allow)}`;
  const wanted = request.method === 'OPTIONS' ? 204 : 405;
  return status === wanted ? undefined : `an unknown method is answered ${status}`;
}

/** No operation documents it; a problem it must be all the same. */
function bareProblemFault({ status, headers, body }: HttpAnswer): string | undefined {
  if (status < 400 || body === '') return undefined;
  if (headers['content-type'] !== 'application/problem+json') return `${status} is no problem document`;
  const [fault] = schemaFaults(document.components.Problem ?? {}, parse(body), document.components);
  return fault;
}

function bodyFault(
  { request, answer, containerNowMs }: AnsweredExchange,
  operation: Operation,
  documented: Response,
): string | undefined {
  const contents = Object.entries(documented.content ?? {});
  const content = contents.find(([name]) => name === request.headers['accept']) ?? contents[0];
  const mediaType = answer.headers['content-type']?.split(';')[0];
  const name = `${operation.operationId} ${answer.status}`;
  if (content === undefined) return answer.body === '' ? undefined : `${name} has a body`;
  if (mediaType !== content[0]) return `${name} is ${String(mediaType)}`;
  // The body that GET would have had is left out by the HTTP server, which needs its length.
  if (request.method === 'HEAD' && containerNowMs === undefined && answer.body === '') return undefined;
  if (!/[/+]json$/.test(mediaType)) return undefined;
  const value = parse(answer.body);
  if (value === undefined) return `${name} is not JSON`;
  const [fault] = schemaFaults(content[1].schema ?? {}, value, document.components);
  if (fault !== undefined) return `${name}: ${fault}`;
  return answer.status < 400
    ? undefined
    : problemFault(value as Problem, answer.status, content[1].examples ?? {});
}

interface Problem {
  readonly type: string;
  readonly status: number;
}

/** A problem says the status it came with, and is one that the document names for it. */
function problemFault(
  problem: Problem,
  status: number,
  examples: Readonly<Record<string, unknown>>,
): string | undefined {
  if (problem.status !== status) return `a problem of status ${problem.status} came with ${status}`;
  const name = problem.type.replace('urn:adtally:problem:', '');
  return Object.hasOwn(examples, name)
    ? undefined
    : `the problem ${problem.type} is not documented for ${status}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
