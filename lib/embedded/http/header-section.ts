import { parseAuthority } from './authority.ts';
import { problemResponse, statusProblem, type HttpResponse } from './http-message.ts';

/** The header lines of a request, and what they say about its body and its connection. */
export interface HeaderSection {
  /** The lines as they came. */
  readonly text: string;
  readonly minor: 0 | 1;
  /** name, value, name, value, ... */
  readonly headers: readonly string[];
  /** Bytes of the body; 0 without such a header. It may be any number, beyond what a double can hold too. */
  readonly contentLength: number;
  /** The body comes in chunks; `contentLength` is 0. */
  readonly chunked: boolean;
  /** The client sends its body once it has read `100 Continue`. */
  readonly expectsContinue: boolean;
  /** The connection goes on after the answer. */
  readonly keepAlive: boolean;
}

// No part of the pattern overlaps with the next, so a hostile section costs linear time.
const linePattern = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y;

/** Reads a header section of HTTP/1.`minor`, in latin1, without its empty line; or gives the answer that refuses it. */
export function readHeaderSection(text: string, minor: 0 | 1): HeaderSection | HttpResponse {
  const headers: string[] = [];
  const found = { hosts: 0, host: '', length: '', lengths: 0, coding: '', expect: '', connection: '' };
  for (let at = 0; at < text.length; at = linePattern.lastIndex) {
    linePattern.lastIndex = at;
    const line = linePattern.exec(text);
    if (line === null) return badLine;
    const name = line[1] ?? '';
    const value = trimBlanks(line[2] ?? '');
    headers.push(name, value);
    // Most names are told apart by their length alone.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') {
          found.hosts += 1;
          found.host = value;
        }
        break;
      case 6:
        if (name.toLowerCase() === 'expect') found.expect += `,${value}`;
        break;
      case 10:
        if (name.toLowerCase() === 'connection') found.connection += `,${value}`;
        break;
      case 14:
        if (name.toLowerCase() === 'content-length') {
          found.lengths += 1;
          found.length = value;
        }
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') found.coding += `,${value}`;
        break;
    }
  }
  return interpret({ text, minor, headers }, found);
}

interface Found {
  readonly hosts: number;
  readonly host: string;
  readonly length: string;
  readonly lengths: number;
  /** Lists, each value after a comma; '': no such header. */
  readonly coding: string;
  readonly expect: string;
  readonly connection: string;
}

function interpret(
  section: Pick<HeaderSection, 'text' | 'minor' | 'headers'>,
  { hosts, host, length, lengths, coding, expect, connection }: Found,
): HeaderSection | HttpResponse {
  const isOld = section.minor === 0;
  // Old clients may leave it out. An empty one names no server, and every http address does (RFC 9110, 4.2.1).
  if (hosts > 1 || (hosts === 0 && !isOld)) return oneHost;
  if (hosts === 1 && (parseAuthority(host)?.host ?? '') === '') return badHost;
  if (lengths > 1 || (lengths === 1 && !/^\d+$/.test(length))) return badLength;
  const faultyCoding = coding === '' ? undefined : judgeCodings(coding, isOld || lengths > 0);
  if (faultyCoding !== undefined) return faultyCoding;
  // RFC 9110, 10.1.1: to be ignored in HTTP/1.0.
  const expectations = isOld || expect === '' ? [] : listOf(expect);
  if (expectations.some((expectation) => expectation !== '100-continue')) return badExpectation;
  const wishes = connection === '' ? [] : listOf(connection);
  return {
    ...section,
    contentLength: lengths === 0 ? 0 : Number(length),
    chunked: coding !== '',
    expectsContinue: expectations.length > 0,
    keepAlive: !wishes.includes('close') && (!isOld || wishes.includes('keep-alive')),
  };
}

/** RFC 9112, 6.1 and 6.3; undefined: chunked and nothing else. */
function judgeCodings(list: string, isAmbiguous: boolean): HttpResponse | undefined {
  if (isAmbiguous) return twoFramings;
  const codings = listOf(list);
  if (codings.at(-1) !== 'chunked' || codings.indexOf('chunked') < codings.length - 1) return badCodings;
  return codings.length > 1 ? unknownCoding : undefined;
}

/** The elements of a list in lower case, empty ones left out (RFC 9110, 5.6.1.2). */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((element) => trimBlanks(element).toLowerCase())
    .filter((element) => element !== '');
}

const space = 0x20;
const tab = 0x09;

/** Spaces and tabs alone (RFC 9110, OWS): String.trim would take characters that belong to the value. */
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
const oneHost = invalid('A request has one Host header.');
const badHost = invalid('The Host header is not `name` or `name:port`.');
const badLength = invalid('A request has at most one Content-Length, a number of bytes in decimal digits.');
const twoFramings = invalid('A request of HTTP/1.1 has a Content-Length or a Transfer-Encoding, not both.');
const badCodings = invalid('The last transfer coding of a request, and no other, is chunked.');
const unknownCoding = problemResponse('not-implemented', 'The only transfer coding known is chunked.');
const badExpectation = statusProblem(417, 'The only expectation known is 100-continue.');
