import { assert } from '../../assert.ts';
import type { ClosedSketch, TopKey } from './space-saving.ts';

/** Far below the limit of an item: keys are up to a kilobyte long, and then fewer fit. */
const charactersMax = 250_000;

/**
 * `[unwatchedMax, [[key, value, errorMax], ...]]`, amounts as digits. Keys that do not fit count as not
 * watched.
 */
export function encodeSketch({ keys, unwatchedMax }: ClosedSketch): string {
  const rows: string[] = [];
  let characters = 0;
  let floor = unwatchedMax;
  for (const { key, value, errorMax } of keys) {
    const row = JSON.stringify([key, value.toString(), errorMax.toString()]);
    characters += row.length + 1;
    if (characters > charactersMax) {
      // The keys are sorted, the greatest first.
      floor = value > floor ? value : floor;
      break;
    }
    rows.push(row);
  }
  return `["${floor}",[${rows.join(',')}]]`;
}

/** Decodes what `encodeSketch` wrote and throws for anything else: only `encodeSketch` writes these items. */
export function decodeSketch(text: string): ClosedSketch {
  const [floor, rows] = JSON.parse(text) as [string, [string, string, string][]];
  assert(typeof floor === 'string' && Array.isArray(rows), 'not a sketch');
  const keys = rows.map(([key, value, errorMax]): TopKey => ({
    key,
    value: BigInt(value),
    errorMax: BigInt(errorMax),
  }));
  return { keys, unwatchedMax: BigInt(floor) };
}
