import type { AdContent } from './ad.ts';

/** What an ad weighs beside its two texts: id, instants, lists, framing. One round figure, so that the sum is stable. */
export const adOverheadBytes = 256;

/** The size of an ad for the stage's limit of live bytes: its texts in UTF-8 and a constant. */
export function adBytes(ad: AdContent): number {
  return utf8Bytes(ad.title) + utf8Bytes(ad.content) + adOverheadBytes;
}

/** A surrogate counts as two bytes, so a pair as four; TextEncoder would allocate the bytes only to count them. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
