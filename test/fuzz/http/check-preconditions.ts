import { headerValues, type Answer } from './answer-parser.ts';
import type { FuzzRequest } from './draft.ts';

interface Tag {
  readonly weak: boolean;
  /** Without the mark of its compressed form: either names the content. */
  readonly content: string;
}

type Tags = '*' | readonly Tag[];

/** What is wrong with an answer by RFC 9110, 13.2.2; undefined: nothing. */
export function preconditionFault({ method, headers }: FuzzRequest, answer: Answer): string | undefined {
  const { status } = answer;
  const sent = (name: string): boolean => headerValues(headers, name).length > 0;
  if (status === 412) {
    return sent('if-match') || sent('if-none-match') ? undefined : '412, and there was no precondition';
  }
  const isRead = method === 'GET' || method === 'HEAD';
  if (status === 304 && !(isRead && sent('if-none-match'))) return '304, and nobody asked for that';
  const ifMatch = readTags(headers, 'if-match');
  const ifNoneMatch = readTags(headers, 'if-none-match');
  const [tag] = readTags(answer.headers, 'etag') ?? [];
  const etag = typeof tag === 'object' ? tag : undefined;
  if (!isRead) {
    const replayed = headerValues(answer.headers, 'idempotent-replayed').length > 0;
    const changes = method === 'PATCH' || method === 'DELETE';
    const isWrong = changes && status < 300 && !replayed && ifNoneMatch === '*';
    return isWrong ? `${status} to If-None-Match: * where something is` : undefined;
  }
  if (status !== 200 && status !== 304) return undefined;
  if (
    Array.isArray(ifMatch) &&
    !(etag !== undefined && !etag.weak && ifMatch.some((one: Tag) => isStrong(one, etag)))
  ) {
    return `${status}, and If-Match names another entity tag`;
  }
  const named =
    ifNoneMatch === '*' ||
    (etag !== undefined && ifNoneMatch?.some(({ content }) => content === etag.content) === true);
  if (status === 200 && named) return '200, and If-None-Match names the answer';
  const isKnown = ifNoneMatch !== undefined;
  return status === 304 && isKnown && !named ? '304, and If-None-Match names another entity tag' : undefined;
}

function isStrong(one: Tag, etag: Tag): boolean {
  return !one.weak && one.content === etag.content;
}

const tagPattern = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const listPattern = new RegExp(`^[ \\t,]*(?:${tagPattern}[ \\t]*(?:,[ \\t,]*|$))+$`);

/** undefined: not sent, or nothing that could be read in one way. */
function readTags(headers: Answer['headers'], name: string): Tags | undefined {
  const text = headerValues(headers, name).join(',');
  if (/^[ \t,]*\*[ \t,]*$/.test(text)) return '*';
  if (!listPattern.test(text)) return undefined;
  return Array.from(text.matchAll(new RegExp(tagPattern, 'g')), ([whole]) => ({
    weak: whole.startsWith('W/'),
    content: whole.slice(whole.indexOf('"') + 1, -1).replace(/-gzip$/, ''),
  }));
}
