import { adToRow } from '../ad-row.ts';
import type { AdState } from '../ad-state.ts';
import type { Ad } from '../ad.ts';

/**
 * A state as text: equal states, and only they, give equal text, whatever changes led to them. A header line,
 * then one line per live ad, by id. The checksum of a snapshot is the hash of its UTF-8 bytes.
 */
export function canonicalState(state: AdState): string {
  const lines = adsById(state).map((ad) => `${adToRow(ad)}\n`);
  return canonicalHeader(state.version, state.size) + lines.join('');
}

export function canonicalHeader(version: number, adCount: number): string {
  return `{"v":1,"version":${version},"ads":${adCount}}\n`;
}

/**
 * By id, by UTF-16 code units. Ids are time-ordered and mostly arrive in order, so the sort is nearly linear.
 */
export function adsById(state: AdState): Ad[] {
  return [...state.ads.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
