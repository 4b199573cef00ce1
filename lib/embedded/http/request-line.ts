import { knownMethods, targetBytesMax } from '../../api/request/http-limits.ts';
import { parseAuthority } from './authority.ts';
import { problemResponse, type HttpResponse } from './http-message.ts';

export interface RequestLine {
  readonly method: string;
  /** Path and query, or `*`. */
  readonly target: string;
  /** Of HTTP/1. */
  readonly minor: 0 | 1;
  /** The authority of a target that is a complete address; it replaces `Host` (RFC 9112, 3.2.2). */
  readonly authority: string | undefined;
}

const usualPattern = /^(GET|HEAD|POST|PATCH|DELETE|OPTIONS) (\/[!"$-~]*) HTTP\/1\.1$/;
const anyPattern = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^ ]+) HTTP\/(\d)\.(\d)$/;

/** Reads a request line without its line break, in latin1, or returns the answer that refuses it. */
export function readRequestLine(line: string): RequestLine | HttpResponse {
  const usual = usualPattern.exec(line);
  if (usual === null) return readUnusual(line);
  const target = usual[2] ?? '';
  return target.length > targetBytesMax
    ? targetTooLong
    : { method: usual[1] ?? '', target, minor: 1, authority: undefined };
}

function readUnusual(line: string): RequestLine | HttpResponse {
  const [whole, method = '', target = '', major, minorDigit] = anyPattern.exec(line) ?? [];
  if (whole === undefined) return notHttp;
  // A later minor version is read as the highest known one (RFC 9110, 2.5).
  if (major !== '1') return versionNotSupported;
  if (!knownMethods.has(method)) return methodUnknown;
  if (target.length > targetBytesMax) return targetTooLong;
  const minor = minorDigit === '0' ? 0 : 1;
  if (target === '*') {
    return method === 'OPTIONS' ? { method, target, minor, authority: undefined } : badTarget;
  }
  if (!/^[!"$-~]+$/.test(target)) return badTarget;
  return target.startsWith('/')
    ? { method, target, minor, authority: undefined }
    : readAbsolute({ method, target, minor });
}

/** A complete address, as clients send it to proxies (RFC 9112, 3.2.2). */
function readAbsolute({ method, target, minor }: Omit<RequestLine, 'authority'>): RequestLine | HttpResponse {
  const [start, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)/i.exec(target) ?? [];
  if (start === undefined) return badTarget;
  if (scheme.toLowerCase() !== 'http') return otherScheme;
  const { host } = parseAuthority(authority) ?? { host: '' };
  if (host === '') return badTarget;
  const rest = target.slice(start.length);
  // Without a path the request is about the server as a whole (RFC 9112, 3.2.4).
  if (rest === '' && method === 'OPTIONS') return { method, target: '*', minor, authority };
  return { method, target: rest.startsWith('/') ? rest : `/${rest}`, minor, authority };
}

/**
 * Checks an incomplete request line: returns the answer that refuses it, or undefined. So a client with
 * another protocol need not wait for a time-out. `start`: its first `judgedBytes` bytes, or all that have
 * arrived.
 */
export function judgePartialLine(start: string, byteLength: number): HttpResponse | undefined {
  const [whole, method = ''] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: |$)/.exec(start) ?? [];
  if (whole === undefined) return notHttp;
  if (method.length > methodBytesMax) return methodUnknown;
  return byteLength > method.length + targetBytesMax + versionBytes ? targetTooLong : undefined;
}

const methodBytesMax = Math.max(...Array.from(knownMethods, ({ length }) => length));
export const judgedBytes = methodBytesMax + 2;
/** Two blanks, `HTTP/1.1` and a carriage return. */
const versionBytes = 11;

const notHttp = problemResponse('invalid-request', 'The request line is not `METHOD /path HTTP/1.1`.');
const versionNotSupported = problemResponse(
  'version-not-supported',
  'The server speaks HTTP/1.1 and understands HTTP/1.0.',
);
const methodUnknown = problemResponse('not-implemented', 'No call of this server has this method.');
const targetTooLong = problemResponse(
  'uri-too-long',
  `The path and the query have at most ${targetBytesMax} bytes together.`,
);
const badTarget = problemResponse(
  'invalid-request',
  'The request target is not a path. Percent-encode everything but visible ASCII, and send no fragment.',
);
const otherScheme = problemResponse(
  'misdirected',
  'This connection is for addresses that begin with http://.',
);
