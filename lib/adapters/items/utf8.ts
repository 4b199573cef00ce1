/** Compares by UTF-8 bytes, which is the order of code points: a surrogate pair sorts after U+E000..U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codeUnitRank(left) - codeUnitRank(right);
  }
  return a.length - b.length;
}

/** Moves the surrogates behind every other code unit, and keeps the order within both groups. */
function codeUnitRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
