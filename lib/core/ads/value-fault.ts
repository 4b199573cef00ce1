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

/** The first field that is not among these. */
export function extraField(
  given: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: readonly string[],
): ValueFault[] {
  const extra = Object.keys(given).find((name) => !known.includes(name));
  return extra === undefined ? [] : [{ path: [...path, extra], message: 'is not a known field' }];
}
