/** Below this many rows a comparison sort costs less than the buckets. */
const radixRowsMin = 1024;
const digitBits = 11;
const buckets = 1 << digitBits;

/** Rows, and the instant of each. */
export interface ByInstant<Row> {
  readonly rows: readonly Row[];
  readonly instants: readonly number[];
}

/**
 * Sorts rows by instant; rows of one instant keep their order. A radix sort over the integer milliseconds,
 * because a comparison sort of a million rows would take most of a cold start.
 */
export function orderByInstant<Row>(rows: readonly Row[], instantOf: (row: Row) => number): ByInstant<Row> {
  if (rows.length < radixRowsMin) {
    const sorted = rows.toSorted((a, b) => instantOf(a) - instantOf(b));
    return { rows: sorted, instants: sorted.map(instantOf) };
  }
  const keys = new Float64Array(rows.length);
  let first = Infinity;
  let last = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    const instant = instantOf(rows[i] as Row);
    keys[i] = instant;
    if (instant < first) first = instant;
    if (instant > last) last = instant;
  }
  for (let i = 0; i < keys.length; i++) keys[i] = (keys[i] as number) - first;
  let order = new Uint32Array(rows.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let scale = 1; scale <= last - first; scale *= buckets) {
    order = orderByDigit(order, digitsOf(keys, scale));
  }
  const sorted: Row[] = [];
  const instants: number[] = [];
  for (const position of order) {
    sorted.push(rows[position] as Row);
    instants.push(first + (keys[position] as number));
  }
  return { rows: sorted, instants };
}

/** The digit for multiples of `scale`, for each key. */
function digitsOf(keys: Float64Array, scale: number): Uint16Array {
  const digits = new Uint16Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const quotient = Math.floor((keys[i] as number) / scale);
    digits[i] = quotient - Math.floor(quotient / buckets) * buckets;
  }
  return digits;
}

/** One stable pass of counting sort. */
function orderByDigit(order: Uint32Array, digits: Uint16Array): Uint32Array<ArrayBuffer> {
  const positions = new Uint32Array(buckets + 1);
  for (let i = 0; i < digits.length; i++) {
    const behind = (digits[i] as number) + 1;
    positions[behind] = (positions[behind] as number) + 1;
  }
  for (let digit = 1; digit <= buckets; digit++) {
    positions[digit] = (positions[digit] as number) + (positions[digit - 1] as number);
  }
  const result = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const digit = digits[row] as number;
    const position = positions[digit] as number;
    result[position] = row;
    positions[digit] = position + 1;
  }
  return result;
}
