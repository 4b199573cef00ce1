import { assertNever } from '../assert.ts';
import type { AdChange } from './ad-change.ts';
import { adFromRow, adToRow, parseJson } from './ad-row.ts';

/** `{"v":1,"put":<row>}` or `{"v":1,"remove":<id>,"reason":...,"version":n}`; the put's version is its ad's. */
export function changeToJson(change: AdChange): string {
  switch (change.type) {
    case 'put':
      return `{"v":1,"put":${adToRow(change.ad)}}`;
    case 'remove': {
      const { adId, reason, version } = change;
      return JSON.stringify({ v: 1, remove: adId, reason, version });
    }
    default:
      return assertNever(change);
  }
}

/** undefined: not a change of ours. */
export function changeFromJson(text: string): AdChange | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, put, remove: adId, reason, version } = value as Record<string, unknown>;
  if (v !== 1) return undefined;
  if (put !== undefined) {
    const ad = adFromRow(put);
    return ad === undefined ? undefined : { type: 'put', version: ad.version, ad };
  }
  if (typeof adId !== 'string' || !Number.isSafeInteger(version)) return undefined;
  if (reason !== 'deleted' && reason !== 'expired') return undefined;
  return { type: 'remove', version: version as number, adId, reason };
}
