import { decodeSegment } from '../api/path-parameters.ts';

/** The two forms a proxy event has them in: the last value of each name, and all values. */
export interface QueryParameters {
  readonly single: Record<string, string>;
  readonly multi: Record<string, string[]>;
}

/**
 * Decodes a query string as API Gateway does: `+` is a space, names and values are decoded once, a name without `=` has
 * the value ''. undefined: malformed percent-encoding, or not UTF-8.
 */
export function parseQueryString(text: string): QueryParameters | undefined {
  const single: Record<string, string> = {};
  const multi: Record<string, string[]> = {};
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (name === undefined || value === undefined) return undefined;
    put(single, multi, name, value);
  }
  return { single, multi };
}

/** Adds one more value of a name. A name may be anything, `__proto__` too. */
export function put(
  single: Record<string, string>,
  multi: Record<string, string[]>,
  name: string,
  value: string,
): void {
  if (Object.hasOwn(multi, name)) {
    multi[name]?.push(value);
    single[name] = value;
  } else if (name === '__proto__') {
    Object.defineProperty(multi, name, { value: [value], ...ordinary });
    Object.defineProperty(single, name, { value, ...ordinary });
  } else {
    multi[name] = [value];
    single[name] = value;
  }
}

const ordinary = { enumerable: true, configurable: true, writable: true };

function decode(text: string): string | undefined {
  return decodeSegment(text.includes('+') ? text.replaceAll('+', ' ') : text);
}
