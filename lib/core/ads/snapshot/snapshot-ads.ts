import { adFromRow, parseJson } from '../ad-row.ts';
import type { Ad } from '../ad.ts';
import type { SnapshotRows } from './snapshot-codec.ts';

const decoder = new TextDecoder();

/** The ads of a snapshot, parsed, by id. */
export class SnapshotAds implements SnapshotRows {
  readonly ads: Ad[] = [];

  get size(): number {
    return this.ads.length;
  }

  add(lines: Uint8Array): boolean {
    const text = decoder.decode(lines);
    if (text === '') return true;
    if (!text.endsWith('\n')) return false;
    // One long text is parsed faster than its lines. A row in JSON contains no line end.
    const list = parseJson(`[${text.slice(0, -1).replaceAll('\n', ',')}]`);
    if (!Array.isArray(list)) return false;
    for (const row of list) {
      const ad = adFromRow(row);
      if (ad === undefined) return false;
      this.ads.push(ad);
    }
    return true;
  }
}
