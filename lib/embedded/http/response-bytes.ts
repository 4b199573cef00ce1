import { STATUS_CODES } from 'node:http';
import { hasNoBody, type HttpResponse } from './http-message.ts';

export interface WireOptions {
  /** The answer to a HEAD: everything but the body. */
  readonly headOnly: boolean;
  /** Those of the response and of the server: the date, what becomes of the connection. */
  readonly headerLines: string;
}

/** The whole answer, for one write. A string is to be written as latin1: it has one-byte characters only. */
export function toResponseBytes(
  response: Omit<HttpResponse, 'headerLines'>,
  options: WireOptions,
): string | Buffer {
  const { statusCode, body } = response;
  const head = statusLine(statusCode) + options.headerLines;
  if (hasNoBody(statusCode)) return `${head}\r\n`;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const whole = `${head}Content-Length: ${length}\r\n\r\n`;
  if (options.headOnly) return whole;
  // As many bytes as characters: ASCII, which needs no encoding.
  if (typeof body === 'string' && length === body.length) return whole + body;
  return Buffer.concat([Buffer.from(whole, 'latin1'), typeof body === 'string' ? Buffer.from(body) : body]);
}

const okLine = 'HTTP/1.1 200 OK\r\n';

function statusLine(statusCode: number): string {
  return statusCode === 200 ? okLine : `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n`;
}
