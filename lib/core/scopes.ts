/** What a token may be allowed to do; `admin` covers everything else, `ads:write` covers `ads:read`. */
export const scopes = [
  'ads:read',
  'ads:write',
  'ads:decide',
  'counters:read',
  'counters:write',
  'admin',
] as const;
export type Scope = (typeof scopes)[number];

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

/** Does one of the granted scopes cover the one that is needed? */
export function covers(granted: readonly Scope[], needed: Scope): boolean {
  if (granted.includes(needed) || granted.includes('admin')) return true;
  return needed === 'ads:read' && granted.includes('ads:write');
}
