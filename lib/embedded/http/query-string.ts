import { decodeSegment } from '../../api/request/path-parameters.ts';

/** The two forms that a proxy event has: the last value of each name, and all values. */
export interface QueryParameters {
  readonly single: Record<string, string>;
  readonly multi: Record<string, string[]>;
}

/**
 * Decodes a query string as API Gateway does: `+` is a space, names and values are decoded once, a name
 * without `=` has the value ''. 'malformed': bad percent-encoding, or not UTF-8.
 */
export function parseQueryString(text: string): QueryParameters | 'malformed' {
  const single: Record<string, string> = {};
  const multi: Record<string, string[]> = {};
  const plain = !/[%+]/.test(text);
  for (let from = 0; from < text.length;) {
    const next = text.indexOf('&', from);
    const end = next < 0 ? text.length : next;
    if (end > from) {
      const equals = text.indexOf('=', from);
      const nameEnd = equals < 0 || equals > end ? end : equals;
      const name = text.slice(from, nameEnd);
      const value = nameEnd === end ? '' : text.slice(nameEnd + 1, end);
      if (plain) put(single, multi, name, value);
      else if (!putDecoded(single, multi, name, value)) return 'malformed';
    }
    from = end + 1;
  }
  return { single, multi };
}

function putDecoded(
  single: Record<string, string>,
  multi: Record<string, string[]>,
  name: string,
  value: string,
): boolean {
  const decodedName = decodeSegment(name.replaceAll('+', ' '));
  const decodedValue = decodeSegment(value.replaceAll('+', ' '));
  if (decodedName === undefined || decodedValue === undefined) return false;
  put(single, multi, decodedName, decodedValue);
  return true;
}

/** Adds a value to a name. A name may be anything, even `__proto__` and `constructor`. */
export function put(
  single: Record<string, string>,
  multi: Record<string, string[]>,
  name: string,
  value: string,
): void {
  const values = multi[name];
  if (values === undefined) {
    multi[name] = [value];
    single[name] = value;
  } else if (Object.hasOwn(multi, name)) {
    values.push(value);
    single[name] = value;
  } else {
    // Inherited: every object has a member of this name.
    Object.defineProperty(multi, name, { value: [value], ...ordinary });
    Object.defineProperty(single, name, { value, ...ordinary });
  }
}

const ordinary = { enumerable: true, configurable: true, writable: true };
