/**
 * Whether release 0.1.0 takes a change of the change log for one, by the rule it was released with: a row has 13
 * elements. This file stays as it is for ever.
 */
export function isChangeTo010(text: string): boolean {
  const { put, remove } = JSON.parse(text) as { put?: unknown; remove?: unknown };
  return put === undefined ? typeof remove === 'string' : Array.isArray(put) && put.length === 13;
}
