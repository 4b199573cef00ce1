import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { RefusedRequest } from '../answer/answer.ts';
import { bodyBytesMax } from '../request/json-body.ts';
import type { Edge } from './edge.ts';

const tooLarge = { detail: `The body is over ${bodyBytesMax} bytes.` };

/**
 * Limits the size of the body, and inflates gzip. It ignores `Content-Encoding`: API Gateway inflates the
 * body and leaves the header. JSON never begins with the bytes 1f 8b.
 */
export function requestBody(): Edge {
  return {
    before: ({ event }) => {
      if (event.body === null) return;
      if (isBodyTooLarge(event)) throw new RefusedRequest('too-large', tooLarge);
      // "H4s" is the base64 of those two bytes and the one for deflate.
      if (!event.isBase64Encoded || !event.body.startsWith('H4s')) return;
      event.body = inflate(event.body).toString('base64');
    },
  };
}

function inflate(body: string): Buffer {
  try {
    return gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: bodyBytesMax });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new RefusedRequest('too-large', tooLarge);
    if (code.startsWith('Z_')) {
      const detail = 'The body begins like gzip but is not valid gzip. Send valid gzip or plain JSON.';
      throw new RefusedRequest('malformed-json', { detail, errors: [{ path: '', message: detail }] });
    }
    throw error;
  }
}

/** The size of a body as received. */
function isBodyTooLarge(event: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>): boolean {
  const { body } = event;
  // UTF-8 needs at most 3 bytes per UTF-16 unit: short bodies need no counting.
  if (body === null || body.length * 3 <= bodyBytesMax) return false;
  return Buffer.byteLength(body, event.isBase64Encoded ? 'base64' : 'utf8') > bodyBytesMax;
}
