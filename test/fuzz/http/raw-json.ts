import type { Json } from './schema-arbitrary.ts';

/** JSON text that JSON.stringify never writes: `1e400`, `-0`, a repeated member. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Jsonish = Json | RawJson | readonly Jsonish[] | { readonly [name: string]: Jsonish };

export function toJsonText(value: Jsonish): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item: Jsonish) => toJsonText(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value as Readonly<Record<string, Jsonish>>);
    return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${toJsonText(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** A copy with another value at a place; undefined: without it. Throws when the place is not there. */
export function replaceAt(
  value: Jsonish,
  place: readonly (string | number)[],
  change: (old: Jsonish) => Jsonish | undefined,
): Jsonish {
  const [step, ...rest] = place;
  if (step === undefined) return change(value) ?? null;
  if (Array.isArray(value)) {
    return value.map((item: Jsonish, index) => (index === step ? replaceAt(item, rest, change) : item));
  }
  if (typeof value !== 'object' || value === null || value instanceof RawJson) {
    throw new Error(`nothing at ${String(step)}`);
  }
  const members = Object.entries(value as Readonly<Record<string, Jsonish>>);
  return Object.fromEntries(
    members.flatMap(([name, inner]): [string, Jsonish][] => {
      if (name !== step) return [[name, inner]];
      if (rest.length > 0) return [[name, replaceAt(inner, rest, change)]];
      const changed = change(inner);
      return changed === undefined ? [] : [[name, changed]];
    }),
  );
}
