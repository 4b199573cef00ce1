import { isUtf8 } from 'node:buffer';
import { FileError } from './file-error.ts';

const saveAs = 'save it as UTF-8 (in Excel: CSV UTF-8)';

/** Throws a FileError unless the bytes are text in UTF-8, with a byte order mark or without. */
export function assertUtf8(bytes: Buffer): void {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new FileError(`is in UTF-16; ${saveAs}`);
  if (bytes.includes(0)) throw new FileError(`is no text file, or is in UTF-16; ${saveAs}`);
  if (!isUtf8(bytes))
    throw new FileError(`is not in UTF-8: line ${badLine(bytes)} has other bytes; ${saveAs}`);
}

/** No character of more than a byte in UTF-8 contains the byte of a line end, so lines can be looked at alone. */
function badLine(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const end = lineEnd(bytes, start);
    if (!isUtf8(bytes.subarray(start, end))) return line;
    line += 1;
    start = end;
  }
  return line;
}

/** Where the next line begins. A line ends with LF, CRLF or a CR alone. */
function lineEnd(bytes: Buffer, start: number): number {
  for (let i = start; i < bytes.length; i += 1) {
    if (bytes[i] === lineFeed) return i + 1;
    if (bytes[i] === carriageReturn) return bytes[i + 1] === lineFeed ? i + 2 : i + 1;
  }
  return bytes.length;
}

/** How many lines end between two places. */
export function lineEndsBetween(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i += 1) {
    if (bytes[i] === lineFeed || (bytes[i] === carriageReturn && bytes[i + 1] !== lineFeed)) count += 1;
  }
  return count;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
