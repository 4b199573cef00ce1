const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const prefix = 'after:';

/**
 * The last item of a page: an ad's id or the key of a quarantined record. It is opaque to clients, so its
 * meaning may change.
 */
export function encodeCursor(last: string): string {
  return Buffer.from(prefix + last).toString('base64url');
}

const place = '(?:[0-9]{15}:|(?:[0-9]{15}#)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';

/** Of ads: an id or, among ads that have ended, a place (lib/app/ads/ended-list.ts). */
export const placeCursorPattern = new RegExp(`^${place}$`);

/** Of a list of ads: one with a filter adds a hash of it, since the cursor leads on in that list alone. */
export const listCursorPattern = new RegExp(`^${place}(?:~[0-9a-f]{16})?$`);

/** undefined: not a cursor of ours. */
export function decodeCursor(cursor: string, pattern: RegExp = idPattern): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const last = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  return pattern.test(last) && encodeCursor(last) === cursor ? last : undefined;
}
