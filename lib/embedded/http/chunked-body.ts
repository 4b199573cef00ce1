import { headerSectionBytesMax } from '../../api/request/http-limits.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { problemResponse, type HttpResponse } from './http-message.ts';

/** A size in hexadecimal digits, and extensions, which are ignored (RFC 9112, 7.1.1). */
const sizeLinePattern = /^([0-9A-Fa-f]+)[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const trailerPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;
const lineBytesMax = 1024;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Reads a body in chunks. Extensions and trailer fields are checked, bounded and discarded. */
export class ChunkedBody {
  readonly #bytesMax: number;
  readonly #body = new ByteBuffer();
  #awaits: 'size' | 'data' | 'end of data' | 'trailer' = 'size';
  /** Bytes of the current chunk that have not arrived. */
  #missing = 0;
  /** Bytes of extensions and trailer fields so far. */
  #extraBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Reads what has arrived. Returns the complete body, the answer that refuses it, or undefined: more must
   * come.
   */
  read(unread: ByteBuffer): Buffer | HttpResponse | undefined {
    for (;;) {
      if (this.#awaits === 'data') {
        const piece = unread.take(Math.min(this.#missing, unread.bytes.length));
        if (piece.length > 0) this.#body.append(piece);
        this.#missing -= piece.length;
        if (this.#missing > 0) return undefined;
        this.#awaits = 'end of data';
      }
      const line = takeLine(unread);
      if (typeof line !== 'string') return line;
      const result = this.#readLine(line);
      if (result !== undefined) return result;
    }
  }

  #readLine(line: string): Buffer | HttpResponse | undefined {
    switch (this.#awaits) {
      case 'end of data':
        this.#awaits = 'size';
        return line === '' ? undefined : badChunk;
      case 'trailer':
        if (line === '') return this.#body.bytes;
        return trailerPattern.test(line) ? this.#spend(line.length) : badTrailer;
      case 'size':
      case 'data':
        return this.#readSize(line);
    }
  }

  #readSize(line: string): HttpResponse | undefined {
    const digits = sizeLinePattern.exec(line)?.[1];
    if (digits === undefined) return badChunk;
    const size = Number.parseInt(digits, 16);
    if (this.#body.bytes.length + size > this.#bytesMax) return bodyTooLarge(this.#bytesMax);
    this.#missing = size;
    this.#awaits = size === 0 ? 'trailer' : 'data';
    return this.#spend(line.length - digits.length);
  }

  #spend(bytes: number): HttpResponse | undefined {
    this.#extraBytes += bytes;
    return this.#extraBytes > headerSectionBytesMax ? extrasTooLarge : undefined;
  }
}

export function bodyTooLarge(bytesMax: number): HttpResponse {
  return problemResponse('too-large', `The body is over ${bytesMax} bytes.`);
}

/** A line without its break, in latin1; the answer that refuses it; or undefined: the line is incomplete. */
function takeLine(unread: ByteBuffer): string | HttpResponse | undefined {
  const { bytes } = unread;
  const end = bytes.indexOf(lineFeed);
  if (end > lineBytesMax || (end < 0 && bytes.length > lineBytesMax)) return extrasTooLarge;
  if (end < 0) return undefined;
  if (end === 0 || bytes[end - 1] !== carriageReturn) return badChunk;
  return unread.take(end + 1).toString('latin1', 0, end - 1);
}

const badChunk = problemResponse(
  'invalid-request',
  'The body is not in chunks as its Transfer-Encoding says.',
);
const badTrailer = problemResponse('invalid-request', 'A trailer field is not `Name: value`.');
const extrasTooLarge = problemResponse(
  'headers-too-large',
  'The chunk extensions and trailer fields are too large.',
);
