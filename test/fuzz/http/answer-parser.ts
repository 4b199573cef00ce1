import { gunzipSync } from 'node:zlib';

/** One answer, as it was received. */
export interface Answer {
  readonly status: number;
  /** In order, names as sent. */
  readonly headers: readonly (readonly [string, string])[];
  /** Decoded, if it came compressed. */
  readonly body: Buffer;
  readonly version: string;
}

export type Parsed =
  | { readonly type: 'answer'; readonly answer: Answer; readonly rest: Buffer }
  | { readonly type: 'more' }
  | { readonly type: 'faulty'; readonly message: string };

const headBytesMax = 64 * 1024;
const bodyBytesMax = 64 * 1024 * 1024;

/**
 * Reads one final answer from the start of `bytes`, strictly (RFC 9112): whatever a client might read in two
 * ways is faulty. `headOnly`: it answers a HEAD. Interim answers (1xx) are passed over. Bodies have a
 * Content-Length here.
 */
export function parseAnswer(bytes: Buffer, headOnly: boolean): Parsed {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return bytes.length > headBytesMax ? faulty('a head without an end') : { type: 'more' };
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const match = /^(HTTP\/1\.[01]) ([1-5]\d\d) [\x20-\x7e]*$/.exec(statusLine);
  if (match === null) return faulty(`the status line ${JSON.stringify(statusLine)}`);
  const status = Number(match[2]);
  if (status < 200) return parseAnswer(bytes.subarray(end + 4), headOnly);
  const headers: [string, string][] = [];
  for (const line of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    if (header === null) return faulty(`the header line ${JSON.stringify(line)}`);
    headers.push([header[1] ?? '', header[2] ?? '']);
  }
  const length = bodyLength(status, headers, headOnly);
  if (typeof length === 'string') return faulty(length);
  const from = end + 4;
  if (bytes.length < from + length) return { type: 'more' };
  const body = decoded(bytes.subarray(from, from + length), headers);
  if (body === undefined) return faulty('a body that is not coded as Content-Encoding says');
  const answer = { status, headers, body, version: match[1] ?? '' };
  return { type: 'answer', answer, rest: bytes.subarray(from + length) };
}

/** undefined: in another coding than it says, or in one that nobody asked for. */
function decoded(body: Buffer, headers: Answer['headers']): Buffer | undefined {
  const [coding] = headerValues(headers, 'content-encoding');
  if (coding === undefined || body.length === 0) return body;
  if (coding !== 'gzip') return undefined;
  try {
    return gunzipSync(body, { maxOutputLength: bodyBytesMax });
  } catch {
    return undefined;
  }
}

function faulty(message: string): Parsed {
  return { type: 'faulty', message };
}

function bodyLength(status: number, headers: Answer['headers'], headOnly: boolean): number | string {
  if (headerValues(headers, 'transfer-encoding').length > 0) return 'a Transfer-Encoding';
  const lengths = headerValues(headers, 'content-length');
  const [length] = lengths;
  if (status === 204 || status === 304)
    return lengths.length > 0 && status === 204 ? 'a 204 with a length' : 0;
  if (length === undefined || lengths.length > 1) return `${lengths.length} Content-Length headers`;
  if (!/^\d{1,10}$/.test(length) || Number(length) > bodyBytesMax) return `the Content-Length ${length}`;
  return headOnly ? 0 : Number(length);
}

export function headerValues(headers: Answer['headers'], lowerCaseName: string): readonly string[] {
  return headers.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value);
}
