/**
 * Adds up values of one shape: numbers by name and by index, at any depth; keeps the first of several texts.
 */
export function addUp<Value>(values: readonly Value[]): Value {
  return values.reduce<unknown>(add, undefined) as Value;
}

function add(a: unknown, b: unknown): unknown {
  if (a === undefined || b === undefined || typeof a === 'string') return a ?? b;
  if (typeof a === 'number') return a + Number(b);
  if (Array.isArray(a) && Array.isArray(b)) {
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => add(a[i], b[i]));
  }
  const [some = {}, others = {}] = [a, b] as Record<string, unknown>[];
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  return Object.fromEntries(Array.from(names, (name) => [name, add(some[name], others[name])]));
}
