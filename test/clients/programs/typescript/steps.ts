/** What the two TypeScript round trips share: steps that print how they went, and reading numbers exactly. */

export const day = '2036-01-01T00:00:00Z';
export const dayAfter = '2036-01-02T00:00:00Z';
export const milliseconds = (time: string): string => new Date(time).toISOString();
/** Three times this is `threeTimes`. */
export const most = Number.MAX_SAFE_INTEGER;
/** Beyond 2^53; the nearest number that JavaScript has is `rounded`. */
export const threeTimes = 27021597764222973n;
export const rounded = 27021597764222972;
/** The list of hot counters lags by seconds. */
export const hotAttemptsMax = 60;

export const baseUrl = process.env['ADTALLY_URL'] ?? '';
/** With every scope. */
export const token = process.env['ADTALLY_TOKEN'] ?? '';

/** Prints `step NAME ok`, or `step NAME failed: WHY`. */
export async function step(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    console.log(`step ${name} ok`);
  } catch (error) {
    console.log(`step ${name} failed: ${String(error).replaceAll('\n', ' ')}`);
  }
}

export function equal<Value>(what: string, actual: Value, wanted: Value): void {
  const [is, should] = [show(actual), show(wanted)];
  if (is !== should) throw new Error(`${what} is ${is}, not ${should}`);
}

/** The value of an answer that must not be missing. */
export function present<Value>(what: string, value: Value | null | undefined): Value {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}

/** Parses JSON with every integer beyond 2^53 as a bigint, digit for digit. */
export function parseExactly(text: string): unknown {
  type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown;
  const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  );
}

export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ??
    'undefined'
  );
}
