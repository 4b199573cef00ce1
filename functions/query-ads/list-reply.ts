import type { adRoutes } from '../../lib/api/ad-routes.ts';
import { jsonMediaType } from '../../lib/api/answer/answer.ts';
import type { Reply } from '../../lib/api/operation.ts';
import { acceptsLines, linesMediaType } from '../../lib/api/request/accept.ts';

type Found = Extract<Reply<typeof adRoutes.listAds>, { readonly status: 200 }>;

/** A page of ads that are JSON already: one document, or one ad in each line and the cursor in a header. */
export function listReply(
  ads: readonly string[],
  nextCursor: string | undefined,
  headers: Found['headers'],
  accept: string | undefined,
): Found {
  const inLines = acceptsLines(accept);
  const typed = { ...headers, 'Content-Type': inLines ? linesMediaType : jsonMediaType, Vary: 'Accept' };
  if (!inLines) {
    const next = nextCursor === undefined ? 'null' : `"${nextCursor}"`;
    return { status: 200, headers: typed, body: `{"ads":[${ads.join(',')}],"next_cursor":${next}}` };
  }
  return {
    status: 200,
    headers: { ...typed, ...(nextCursor !== undefined && { 'Next-Cursor': nextCursor }) },
    body: ads.map((ad) => `${ad}\n`).join(''),
  };
}
