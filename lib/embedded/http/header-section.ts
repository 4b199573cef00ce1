import { isRequestId } from '../../api/request/request-id.ts';
import { parseAuthority } from './authority.ts';
import { problemResponse, statusProblem, type HttpResponse } from './http-message.ts';

/** The header lines of a request, and what they say about its body and its connection. */
export interface HeaderSection {
  /** The lines as they arrived. */
  readonly text: string;
  readonly minor: 0 | 1;
  /** name, value, name, value, ... */
  readonly headers: readonly string[];
  /** Empty if an old client omitted it. */
  readonly host: string;
  /**
   * The origin of the page that sent the request; undefined: none. Several origins, which no browser sends,
   * are a list.
   */
  readonly origin: string | undefined;
  /** The client's X-Request-Id; undefined: none, or one that is malformed or repeated. */
  readonly requestId: string | undefined;
  /** Bytes of the body; 0 without the header. It may be larger than a double can hold. */
  readonly contentLength: number;
  /** The body comes in chunks; `contentLength` is 0. */
  readonly chunked: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** The connection stays open after the answer. */
  readonly keepAlive: boolean;
}

// No part of the pattern overlaps with the next, so a hostile section costs linear time.
const linePattern = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y;

/**
 * Reads a header section of HTTP/1.`minor`, in latin1, without its empty line; or gives the answer that
 * refuses it.
 */
export function readHeaderSection(text: string, minor: 0 | 1): HeaderSection | HttpResponse {
  const headers: string[] = [];
  // The values of a name, with commas between them.
  let host: string | undefined;
  let origin: string | undefined;
  let length: string | undefined;
  let coding: string | undefined;
  let expect: string | undefined;
  let connection: string | undefined;
  const requestIds: string[] = [];
  for (let at = 0; at < text.length; at = linePattern.lastIndex) {
    linePattern.lastIndex = at;
    const line = linePattern.exec(text);
    if (line === null) return badLine;
    const name = line[1] ?? '';
    const value = trimBlanks(line[2] ?? '');
    headers.push(name, value);
    // The length alone rules most names out.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') host = add(host, value);
        break;
      case 6: {
        const lower = name.toLowerCase();
        if (lower === 'origin') origin = add(origin, value);
        else if (lower === 'expect') expect = add(expect, value);
        break;
      }
      case 10:
        if (name.toLowerCase() === 'connection') connection = add(connection, value);
        break;
      case 12:
        if (name.toLowerCase() === 'x-request-id') requestIds.push(value);
        break;
      case 14:
        if (name.toLowerCase() === 'content-length') length = add(length, value);
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') coding = add(coding, value);
        break;
    }
  }

  const isOld = minor === 0;
  if (host === undefined && !isOld) return noHost;
  // A list of hosts is not an authority. An empty host names no server, which every http address does (RFC
  // 9110, 4.2.1).
  if (host !== undefined && !isHost(host)) return badHost;
  if (length !== undefined && !/^\d+$/.test(length)) return badLength;
  const faultyCoding = coding === undefined ? undefined : judgeCodings(coding, isOld || length !== undefined);
  if (faultyCoding !== undefined) return faultyCoding;
  // HTTP/1.0 ignores it (RFC 9110, 10.1.1).
  const expectations = expect === undefined || isOld ? [] : listOf(expect);
  if (expectations.some((expectation) => expectation !== '100-continue')) return badExpectation;
  const [requestId, ...more] = requestIds;
  const wishes = connection === undefined ? [] : listOf(connection);
  return {
    text,
    minor,
    headers,
    host: host ?? '',
    origin,
    requestId: requestId !== undefined && more.length === 0 && isRequestId(requestId) ? requestId : undefined,
    contentLength: length === undefined ? 0 : Number(length),
    chunked: coding !== undefined,
    expectsContinue: expectations.length > 0,
    keepAlive: !wishes.includes('close') && (!isOld || wishes.includes('keep-alive')),
  };
}

function add(values: string | undefined, value: string): string {
  return values === undefined ? value : `${values},${value}`;
}

/** Most clients name the same server. */
let lastHost = '';

function isHost(text: string): boolean {
  if (text === lastHost && text !== '') return true;
  if ((parseAuthority(text)?.host ?? '') === '') return false;
  lastHost = text;
  return true;
}

/**
 * The answer that refuses the transfer codings (RFC 9112, 6.1 and 6.3); undefined: they are `chunked` alone.
 */
function judgeCodings(list: string, isAmbiguous: boolean): HttpResponse | undefined {
  if (isAmbiguous) return twoFramings;
  const codings = listOf(list);
  if (codings.at(-1) !== 'chunked' || codings.indexOf('chunked') < codings.length - 1) return badCodings;
  return codings.length > 1 ? unknownCoding : undefined;
}

/** The elements of a list in lower case, without empty ones (RFC 9110, 5.6.1.2). */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((element) => trimBlanks(element).toLowerCase())
    .filter((element) => element !== '');
}

const space = 0x20;
const tab = 0x09;

/** Removes spaces and tabs (RFC 9110, OWS): String.trim would remove characters that belong to the value. */
function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === value.length ? value : value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

const invalid = (detail: string): HttpResponse => problemResponse('invalid-request', detail);
const badLine = invalid('A header line is not `Name: value`, or does not end with CR LF.');
const noHost = invalid('The Host header is missing.');
const badHost = invalid('A request has one Host header, `name` or `name:port`.');
const badLength = invalid('A request has at most one Content-Length, a number of bytes in decimal digits.');
const twoFramings = invalid('A request of HTTP/1.1 has a Content-Length or a Transfer-Encoding, not both.');
const badCodings = invalid('The last transfer coding of a request, and no other, is chunked.');
const unknownCoding = problemResponse('not-implemented', 'The only transfer coding known is chunked.');
const badExpectation = statusProblem(417, 'The only expectation known is 100-continue.');
