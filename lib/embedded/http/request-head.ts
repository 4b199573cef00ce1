import { headBytesMax } from './http-message.ts';

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** name, value, name, value, ... */
  readonly headers: readonly string[];
  /** The header lines as they came. */
  readonly headerText: string;
  /** 0 when there is no such header. */
  readonly contentLength: number;
  /** Bytes up to and with the empty line. */
  readonly byteLength: number;
}

const requestLinePattern = /(GET|HEAD|POST|PATCH|DELETE|OPTIONS) (\/[!"$-~]*) HTTP\/1\.1\r\n/y;
// No part of a pattern overlaps with the next, so a hostile head costs linear time.
const headerLinePattern = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y;
const contentLengthPattern = /^\d{1,15}$/;

/**
 * Reads the head of the usual request: complete, HTTP/1.1, one Host, no transfer coding, no expectation, no upgrade,
 * and a connection that stays open. undefined: anything else, right or wrong; node:http is to look at it. `previous`: a
 * head whose header lines, if they are the same, need not be read again.
 */
export function readPlainHead(bytes: Buffer, previous?: RequestHead): RequestHead | undefined {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (end < 0 || end + 4 > headBytesMax) return undefined;
  const text = bytes.toString('latin1', 0, end + 2);
  requestLinePattern.lastIndex = 0;
  const requestLine = requestLinePattern.exec(text);
  if (requestLine === null) return undefined;
  const headerText = text.slice(requestLinePattern.lastIndex);
  const fields = previous?.headerText === headerText ? previous : readHeaders(headerText);
  if (fields === undefined) return undefined;
  return {
    method: requestLine[1] ?? '',
    target: requestLine[2] ?? '',
    headers: fields.headers,
    headerText,
    contentLength: fields.contentLength,
    byteLength: end + 4,
  };
}

function readHeaders(text: string): Pick<RequestHead, 'headers' | 'contentLength'> | undefined {
  const headers: string[] = [];
  let hosts = 0;
  let contentLength: number | undefined;
  for (let at = 0; at < text.length; at = headerLinePattern.lastIndex) {
    headerLinePattern.lastIndex = at;
    const line = headerLinePattern.exec(text);
    if (line === null) return undefined;
    const name = line[1] ?? '';
    const value = trimBlanks(line[2] ?? '');
    headers.push(name, value);
    switch (meaningOf(name)) {
      case 'host':
        hosts += 1;
        break;
      case 'content-length':
        if (contentLength !== undefined || !contentLengthPattern.test(value)) return undefined;
        contentLength = Number(value);
        break;
      case 'connection':
        if (value.toLowerCase() !== 'keep-alive') return undefined;
        break;
      case 'special':
        return undefined;
      case 'plain':
        break;
    }
  }
  return hosts === 1 ? { headers, contentLength: contentLength ?? 0 } : undefined;
}

/** Most names are told apart by their length alone. */
function meaningOf(name: string): 'host' | 'content-length' | 'connection' | 'special' | 'plain' {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === 'host' ? 'host' : 'plain';
    case 6:
      return name.toLowerCase() === 'expect' ? 'special' : 'plain';
    case 7: {
      const lower = name.toLowerCase();
      return lower === 'upgrade' || lower === 'trailer' ? 'special' : 'plain';
    }
    case 10:
      return name.toLowerCase() === 'connection' ? 'connection' : 'plain';
    case 14:
      return name.toLowerCase() === 'content-length' ? 'content-length' : 'plain';
    case 17:
      return name.toLowerCase() === 'transfer-encoding' ? 'special' : 'plain';
    default:
      return 'plain';
  }
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
