import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { bodyBytesMax } from '../../api/request/json-body.ts';
import { bodyTooLarge } from './chunked-body.ts';
import { problemResponse, withHeaders, type HttpRequest, type HttpResponse } from './http-message.ts';

const inflate = promisify(gunzip);

/** Whether the body may be compressed: the request has a body and a Content-Encoding. */
export function isCoded({ headers, body }: HttpRequest): boolean {
  if (body.length === 0) return false;
  for (let index = 0; index < headers.length; index += 2) {
    if (isContentEncoding(headers[index] ?? '')) return true;
  }
  return false;
}

/**
 * The request with its body uncompressed, or the answer that refuses it. Like API Gateway it leaves the
 * header in place. Inflating stops at the limit, however large the uncompressed body would be.
 */
export async function decodeBody(request: HttpRequest): Promise<HttpRequest | HttpResponse> {
  const codings = codingsOf(request.headers);
  if (codings.length === 0) return request;
  if (codings.length > 1 || !['gzip', 'x-gzip'].includes(codings[0] ?? '')) return unknownCoding;
  try {
    return { ...request, body: await inflate(request.body, { maxOutputLength: bodyBytesMax }) };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge : notGzip;
  }
}

/** In lower case, without `identity` and without empty elements (RFC 9110, 5.6.1.2 and 8.4). */
function codingsOf(headers: readonly string[]): string[] {
  return headers
    .filter((_, index) => index % 2 === 1 && isContentEncoding(headers[index - 1] ?? ''))
    .flatMap((value) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

function isContentEncoding(name: string): boolean {
  return name.length === 16 && name.toLowerCase() === 'content-encoding';
}

const unknownCoding = withHeaders(
  problemResponse('unsupported-encoding', 'Send the body as it is, or compressed once with gzip.'),
  'Accept-Encoding: gzip\r\n',
);
const tooLarge = bodyTooLarge(bodyBytesMax);
const notGzip = problemResponse('invalid-request', 'The body is not gzip, as its Content-Encoding says.');
