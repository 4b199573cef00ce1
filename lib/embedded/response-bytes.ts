import { STATUS_CODES } from 'node:http';
import { hasNoBody, type HttpResponse } from './http-message.ts';

export interface WireOptions {
  /** The answer to a HEAD: everything but the body. */
  readonly headOnly: boolean;
  readonly date: string;
  /** Tells the client that the connection ends here. */
  readonly close: boolean;
}

/** The whole answer, for one write. A string is to be written as latin1: it has one-byte characters only. */
export function toResponseBytes(response: HttpResponse, options: WireOptions): string | Buffer {
  const { statusCode, headers, body } = response;
  let head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    head += `${headers[index] ?? ''}: ${headers[index + 1] ?? ''}\r\n`;
  }
  head += `Date: ${options.date}\r\n`;
  if (options.close) head += 'Connection: close\r\n';
  if (hasNoBody(statusCode)) return `${head}\r\n`;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  head += `Content-Length: ${length}\r\n\r\n`;
  if (options.headOnly) return head;
  // As many bytes as characters: ASCII, which needs no encoding.
  if (typeof body === 'string' && length === body.length) return head + body;
  return Buffer.concat([Buffer.from(head, 'latin1'), typeof body === 'string' ? Buffer.from(body) : body]);
}
