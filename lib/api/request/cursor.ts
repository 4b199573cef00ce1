const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const prefix = 'after:';

/** Where a page of ads by id ended. Opaque to clients, so that its meaning may change. */
export function encodeCursor(lastId: string): string {
  return Buffer.from(prefix + lastId).toString('base64url');
}

/** undefined: not a cursor of ours. */
export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  return idPattern.test(id) && encodeCursor(id) === cursor ? id : undefined;
}
