import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { bodyBytesMax } from '../../api/request/json-body.ts';
import {
  hasNoBody,
  problemResponse,
  requestTimeout,
  statusProblem,
  withHeaders,
  type HttpHandler,
  type HttpResponse,
} from './http-message.ts';
import { toResponseBytes } from './response-bytes.ts';

export interface NodeRequestOptions {
  readonly handler: HttpHandler;
  /** For every answer of the door itself. */
  readonly errorHeaders: string;
  readonly dateLine: () => string;
  readonly closing: () => boolean;
}

/** A body that is too large is read on up to here, so that its sender gets to read the answer. */
const drainedBytesMax = 4 * 1024 * 1024;

/** Reads, checks and answers one request that came through node:http. Never rejects. */
export async function answerNodeRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: NodeRequestOptions,
): Promise<void> {
  const refuse = (answer: HttpResponse): void => {
    response.shouldKeepAlive = false;
    write(response, withHeaders(answer, options.errorHeaders), request.method);
  };
  remember(request.socket, response);
  response.on('error', () => response.destroy());
  const expectation = request.headers.expect;
  if (hostCount(request) > 1 || (hostCount(request) === 0 && request.httpVersion === '1.1')) {
    refuse(problemResponse('invalid-request', 'A request has one Host header.'));
    return;
  }
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') {
    refuse(statusProblem(417, 'The only expectation known is 100-continue.'));
    return;
  }
  if (expectation !== undefined) {
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) {
      refuse(tooLarge);
      return;
    }
    response.writeContinue();
  }
  const body = await readBody(request);
  if (body === undefined) return;
  if (body === 'too-large') {
    refuse(tooLarge);
    return;
  }
  const answer = await options.handler({
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.rawHeaders,
    body,
    sourceIp: request.socket.remoteAddress ?? '',
  });
  if (options.closing()) response.shouldKeepAlive = false;
  write(response, answer, request.method);
}

const tooLarge = problemResponse('too-large', `The body is over ${bodyBytesMax} bytes.`);

/** Counted in the raw headers, because node keeps the first of several. */
function hostCount({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** undefined: the client went away. */
async function readBody(request: IncomingMessage): Promise<Buffer | 'too-large' | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes > drainedBytesMax) break;
    }
  } catch {
    // Aborted, timed out or malformed: node has closed the connection or told clientError.
    return undefined;
  }
  return bytes > bodyBytesMax ? 'too-large' : Buffer.concat(chunks, bytes);
}

function write(response: ServerResponse, answer: HttpResponse, method: string | undefined): void {
  // Each line is `Name: value`.
  const headers = answer.headerLines
    .split('\r\n')
    .slice(0, -1)
    .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  if (!hasNoBody(answer.statusCode)) headers.push('Content-Length', String(Buffer.byteLength(answer.body)));
  response.writeHead(answer.statusCode, headers);
  if (method === 'HEAD' || hasNoBody(answer.statusCode)) response.end();
  else response.end(answer.body);
}

/**
 * What a connection is told that node cannot read any further; undefined: nothing, because the client is gone, or waits
 * for the answer to an earlier request and would take this one for it.
 */
export function brokenConnectionAnswer(
  error: Error,
  socket: Duplex,
  options: Pick<NodeRequestOptions, 'errorHeaders' | 'dateLine'>,
): string | Buffer | undefined {
  const code = 'code' in error ? String(error.code) : '';
  if (!socket.writable || code === 'ECONNRESET' || code === 'EPIPE' || isAnswering(socket)) return undefined;
  return toResponseBytes(withHeaders(faultOf(code), options.errorHeaders), {
    headOnly: false,
    dateLine: options.dateLine(),
    close: true,
  });
}

function faultOf(code: string): HttpResponse {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return statusProblem(431, 'The request line and the headers have at most 16 KiB together.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problemResponse('too-large', 'The chunk extensions are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTimeout;
    default:
      return problemResponse('invalid-request', 'The request is not valid HTTP/1.1.');
  }
}

/** Responses not yet finished, by connection. A client may send requests before it has the answers to earlier ones. */
const unfinished = new WeakMap<Duplex, Set<ServerResponse>>();

function remember(socket: Duplex, response: ServerResponse): void {
  const responses = unfinished.get(socket) ?? new Set();
  unfinished.set(socket, responses.add(response));
  response.on('close', () => responses.delete(response));
}

/** Whether an earlier request than the broken one still waits for its answer, or the broken one has begun to get it. */
function isAnswering(socket: Duplex): boolean {
  const responses = [...(unfinished.get(socket) ?? [])];
  return responses.length > 1 || responses.some(({ req, headersSent }) => req.complete || headersSent);
}
