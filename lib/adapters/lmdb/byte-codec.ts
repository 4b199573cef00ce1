/**
 * Reads and writes the binary formats of the databases: numbers as varints of 7 bits per byte, lowest first;
 * text as its byte length, then UTF-8. Callers pass positions along, so nothing is allocated.
 */

/** Bytes for any safe integer. */
export const varintBytesMax = 8;

/** Returns the next position. */
export function writeVarint(target: Buffer, value: number, position: number): number {
  let rest = value;
  let at = position;
  while (rest >= 0x80) {
    target[at] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}

/** Text of up to this many characters is copied in JavaScript, which is faster than a call into C++. */
const shortTextMax = 48;

/** Writes the bytes without their length; returns the next position. */
export function writeText(target: Buffer, text: string, position: number): number {
  if (text.length > shortTextMax) return position + target.write(text, position, 'utf8');
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return position + target.write(text, position, 'utf8');
    target[position + i] = unit;
  }
  return position + text.length;
}

/** Slots of the cache of names, by a hash of their bytes; a power of two. */
const knownNames: (string | undefined)[] = Array.from({ length: 1024 }, () => undefined);

/** A reader with a position that moves through bytes; one instance is reused. */
export class ByteReader {
  #bytes: Buffer = Buffer.alloc(0);
  position = 0;

  reset(bytes: Buffer, position: number): void {
    this.#bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.#bytes[this.position] ?? 0;
    this.position += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
  }

  text(): string {
    const length = this.varint();
    const start = this.position;
    this.position += length;
    if (length > shortTextMax) return this.#bytes.toString('utf8', start, start + length);
    let text = '';
    for (let i = start; i < start + length; i += 1) {
      const unit = this.#bytes[i] ?? 0;
      if (unit >= 0x80) return this.#bytes.toString('utf8', start, start + length);
      text += String.fromCharCode(unit);
    }
    return text;
  }

  /** Like `text`, for a few frequent names: each is decoded once and then found by its bytes. */
  name(): string {
    const start = this.position;
    const length = this.varint();
    const from = this.position;
    this.position += length;
    let hash = length;
    for (let i = from; i < this.position; i += 1) hash = Math.imul(hash ^ (this.#bytes[i] ?? 0), 0x01000193);
    const place = hash & (knownNames.length - 1);
    const known = knownNames[place];
    if (known?.length === length && this.#isAt(from, known)) return known;
    this.position = start;
    const name = this.text();
    // One byte per character: ASCII, so its bytes are its character codes.
    if (name.length === length) knownNames[place] = name;
    return name;
  }

  #isAt(from: number, ascii: string): boolean {
    for (let i = 0; i < ascii.length; i += 1) if (this.#bytes[from + i] !== ascii.charCodeAt(i)) return false;
    return true;
  }

  /** A view; copy it if the bytes may change. */
  view(length: number): Buffer {
    const start = this.position;
    this.position += length;
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.position += length;
  }
}
