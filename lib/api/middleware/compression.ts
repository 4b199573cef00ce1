import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from '../answer/answer.ts';
import { acceptsGzip } from '../request/accept.ts';
import { gzipTag } from '../request/entity-tags.ts';
import { hasHeader, header } from '../request/request-header.ts';
import { addVary, type Edge } from './edge.ts';

const compress = promisify(gzip);

/** A shorter body fits into one or two packets uncompressed. */
export const compressedBytesMin = 1024;

/**
 * Makes the bodies of reads, and compresses bodies over 1 KB if the client accepts gzip. `enabled`: a setting
 * of the stage (`http.compressAnswers`).
 */
export function compression(enabled: boolean): Edge {
  return {
    after: (request) => {
      const { event, response } = request;
      if (response === null || response === undefined) return undefined;
      if (response.makeBody !== undefined) {
        response.body = response.makeBody();
        response.makeBody = undefined;
      }
      const { body } = response;
      const isRead = event.httpMethod === 'GET' || event.httpMethod === 'HEAD';
      if (!enabled || (!isRead && body.length < compressedBytesMin)) return undefined;
      // The next answer of a read may be longer.
      addVary(response.headers, 'Accept-Encoding');
      if (body.length < compressedBytesMin || !hasHeader(event, 'accept-encoding')) return undefined;
      return acceptsGzip(header(event, 'accept-encoding') ?? '') ? toGzip(response, body) : undefined;
    },
  };
}

async function toGzip(response: Answer, body: string): Promise<void> {
  response.body = (await compress(body)).toString('base64');
  response.isBase64Encoded = true;
  response.headers['Content-Encoding'] = 'gzip';
  const entityTag = response.headers['ETag'];
  if (entityTag !== undefined) response.headers['ETag'] = gzipTag(entityTag);
}
