/** What is wrong within the value of a field, and where. */
export interface ValueFault {
  /** Names from the value inwards; empty: the whole. */
  readonly path: readonly string[];
  readonly message: string;
}

export function isObject(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

export function isWholeWithin(given: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(given) && Number(given) >= min && Number(given) <= max;
}

/** For a value that breaks its rule, and may not be there at all. */
export function faultAt(path: readonly string[], given: unknown, rule: string): ValueFault {
  return { path, message: given === undefined ? 'is missing' : rule };
}

/** The fields that are not among these. */
export function extraFields(
  given: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: readonly string[],
): ValueFault[] {
  const extra = Object.keys(given).filter((name) => !known.includes(name));
  return extra.map((name) => ({ path: [...path, name], message: 'is not known' }));
}
