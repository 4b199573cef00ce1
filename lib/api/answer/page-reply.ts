import { createHash } from 'node:crypto';
import type { PlainPage } from '../document/console-page.ts';

/** For pages and documents, which change with a release. */
export const shortlyKept = { 'Cache-Control': 'public, max-age=60' };

/** A page as an answer, with its policy and its entity tag. */
export function pageReply({ html: body, policy }: PlainPage, more: { readonly Vary?: string } = {}) {
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      ETag: tagOf(body),
      ...shortlyKept,
      ...more,
    },
    body,
  } as const;
}

const tags = new Map<string, string>();
const tagsMax = 16;

/** The entity tag of a text. Most texts stay the same while the process lives, so tags are kept. */
export function tagOf(text: string): string {
  let tag = tags.get(text);
  if (tag === undefined) {
    if (tags.size >= tagsMax) tags.clear();
    tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
    tags.set(text, tag);
  }
  return tag;
}
