import { assert } from '../../assert.ts';
import type { ClosedSketch, TopKey } from './space-saving.ts';

/** Far below the limit of an item: keys are up to a kilobyte long, and then fewer fit. */
const charactersMax = 250_000;

/** `[unwatchedMax, [[key, value, errorMax], ...]]`, amounts as digits; what does not fit counts as not watched. */
export function encodeSketch({ keys, unwatchedMax }: ClosedSketch): string {
  const rows: string[] = [];
  let characters = 0;
  let floor = unwatchedMax;
  for (const { key, value, errorMax } of keys) {
    const row = JSON.stringify([key, value.toString(), errorMax.toString()]);
    characters += row.length + 1;
    if (characters > charactersMax) {
      // The keys come greatest first.
      floor = value > floor ? value : floor;
      break;
    }
    rows.push(row);
  }
  return `["${floor}",[${rows.join(',')}]]`;
}

/** What `encodeSketch` wrote; an error if it is anything else: only `encodeSketch` writes these items. */
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
