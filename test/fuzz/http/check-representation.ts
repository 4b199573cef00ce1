import { headerValues, type Answer } from './answer-parser.ts';
import type { FuzzRequest } from './draft.ts';
import { acceptEncodings } from './header-values.ts';

/** What is wrong with the form of an answer, given what the client accepts; undefined: nothing. */
export function codingFault({ headers }: FuzzRequest, answer: Answer): string | undefined {
  const value = (name: string): string => headerValues(answer.headers, name)[0] ?? '';
  if (value('content-encoding') === '') return undefined;
  const asked = headerValues(headers, 'accept-encoding');
  if (asked.length === 0) return 'compressed, and nobody asked for that';
  const known = acceptEncodings.find(([text]) => asked.length === 1 && asked[0] === text);
  if (known?.[1] === false) return `compressed for ${JSON.stringify(known[0])}`;
  if (!/\bAccept-Encoding\b/i.test(value('vary'))) return 'compressed, and Vary does not say so';
  const tag = value('etag');
  return tag === '' || tag.endsWith('-gzip"') ? undefined : `compressed under the entity tag ${tag}`;
}

/**
 * The read whose answer has to agree with this one: the body of a HEAD, or the plain form of a compressed
 * body.
 */
export function sameRead(request: FuzzRequest, answer: Answer): FuzzRequest | undefined {
  const { method, headers } = request;
  const isCoded = headerValues(answer.headers, 'content-encoding').length > 0;
  const isRead = method === 'HEAD' || (method === 'GET' && isCoded);
  if (!isRead || answer.status !== 200 || headerValues(answer.headers, 'etag').length === 0) return undefined;
  const plain = headers.filter(([name]) => name !== 'Accept-Encoding');
  return { ...request, method: 'GET', headers: method === 'HEAD' ? headers : plain };
}

/**
 * What is wrong with two answers to the same question; undefined: nothing, or what they show has changed
 * meanwhile.
 */
export function differenceFault(request: FuzzRequest, answer: Answer, other: Answer): string | undefined {
  const value = ({ headers }: Answer, name: string): string => headerValues(headers, name)[0] ?? '';
  const isHead = request.method === 'HEAD';
  const tag = isHead ? value(answer, 'etag') : value(answer, 'etag').replace(/-gzip"$/, '"');
  if (other.status !== 200 || value(other, 'etag') !== tag) return undefined;
  if (!isHead) {
    return answer.body.equals(other.body) ? undefined : 'the compressed body is another than the plain one';
  }
  const [name] = ['Content-Length', 'Content-Type', 'Content-Encoding', 'Vary'].filter(
    (header) => value(answer, header.toLowerCase()) !== value(other, header.toLowerCase()),
  );
  return name === undefined ? undefined : `HEAD and GET have another ${name}`;
}
