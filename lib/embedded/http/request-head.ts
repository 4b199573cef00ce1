import { headerSectionBytesMax } from '../../api/request/http-limits.ts';
import type { HeaderSection } from './header-section.ts';
import { problemResponse, type HttpResponse } from './http-message.ts';
import { KnownSections } from './known-sections.ts';
import { judgedBytes, judgePartialLine, readRequestLine } from './request-line.ts';

export interface RequestHead {
  readonly method: string;
  /** Path and query, or `*`. */
  readonly target: string;
  readonly section: HeaderSection;
  /** As the client sent them, except that Host is the server that the target names, if it names one. */
  readonly headers: readonly string[];
  /** The server that the request names; empty if an old client named none. */
  readonly host: string;
  readonly origin: string | undefined;
  /** Bytes of the head, the empty line included. */
  readonly byteLength: number;
}

/** A request that cannot be read; then nothing after it on the connection can be read either. */
export interface FaultyHead {
  readonly answer: HttpResponse;
  readonly headOnly: boolean;
}

const lineBreak = '\r\n';
const sectionEnd = '\r\n\r\n';
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Reads the head of a request at the beginning of `bytes`. undefined: the head is incomplete. `looked`: how
 * many of the bytes an earlier call has searched. `sections`: those of the connection.
 */
export function readRequestHead(
  bytes: Buffer,
  looked = 0,
  sections = new KnownSections(),
): RequestHead | FaultyHead | undefined {
  const end = bytes.indexOf(sectionEnd, Math.max(0, looked - sectionEnd.length), 'latin1');
  if (end < 0) return judgePartialHead(bytes, looked);
  const text = bytes.toString('latin1', 0, end + 2);
  const lineEnd = text.indexOf(lineBreak);
  const line = readRequestLine(text.slice(0, lineEnd));
  if ('statusCode' in line) return { answer: line, headOnly: isHead(text) };
  const { method, target, minor, authority } = line;
  const sectionText = text.slice(lineEnd + 2);
  if (sectionText.length > headerSectionBytesMax) return tooLarge(text);
  const section = sections.read(sectionText, minor);
  if ('statusCode' in section) return { answer: section, headOnly: method === 'HEAD' };
  const isNamed = authority !== undefined;
  return {
    method,
    target,
    section,
    headers: isNamed ? withHost(section.headers, authority) : section.headers,
    host: isNamed ? authority : section.host,
    origin: section.origin,
    byteLength: end + sectionEnd.length,
  };
}

/** Refuses an invalid head before its end, so that the client need not wait for a time-out. */
function judgePartialHead(bytes: Buffer, looked: number): FaultyHead | undefined {
  const lineEnd = bytes.indexOf(lineBreak, 0, 'latin1');
  if (lineEnd < 0) {
    const text = bytes.toString('latin1', 0, judgedBytes);
    const answer = hasBareLineFeed(bytes, looked) ? bareLineFeed : judgePartialLine(text, bytes.length);
    return answer && { answer, headOnly: isHead(text) };
  }
  const text = bytes.toString('latin1', 0, lineEnd);
  if (looked <= lineEnd + 1) {
    const line = readRequestLine(text);
    if ('statusCode' in line) return { answer: line, headOnly: isHead(text) };
  }
  if (bytes.length - lineEnd > headerSectionBytesMax + sectionEnd.length) return tooLarge(text);
  return hasBareLineFeed(bytes, looked) ? { answer: bareLineFeed, headOnly: isHead(text) } : undefined;
}

function hasBareLineFeed(bytes: Buffer, looked: number): boolean {
  for (let at = bytes.indexOf(lineFeed, looked); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    if (at === 0 || bytes[at - 1] !== carriageReturn) return true;
  }
  return false;
}

export function isHead(text: string): boolean {
  return text.startsWith('HEAD ');
}

function tooLarge(text: string): FaultyHead {
  return { answer: headersTooLarge, headOnly: isHead(text) };
}

function withHost(headers: readonly string[], authority: string): readonly string[] {
  const others: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2);
    if (name.toLowerCase() !== 'host') others.push(name, value);
  }
  return ['Host', authority, ...others];
}

const bareLineFeed = problemResponse('invalid-request', 'Lines of a request end with CR LF.');
const headersTooLarge = problemResponse(
  'headers-too-large',
  `The header lines have at most ${headerSectionBytesMax} bytes together.`,
);
