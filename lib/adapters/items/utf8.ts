/**
 * Compares by UTF-8 bytes, which is the order of code points: a surrogate pair sorts after U+E000..U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codeUnitRank(left) - codeUnitRank(right);
  }
  return a.length - b.length;
}

/** Orders surrogates after all other code units and keeps the order within both groups. */
function codeUnitRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Texts of up to this many characters are scanned here, which is faster than a call into C++. */
const shortTextMax = 64;

export function utf8Length(text: string): number {
  if (text.length > shortTextMax) return Buffer.byteLength(text, 'utf8');
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text, 'utf8');
  }
  return text.length;
}
