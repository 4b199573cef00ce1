/** An answer's status, and as much of its body as came with the head. */
export interface Answer {
  readonly statusCode: number;
  readonly text: string;
}

const headBytesMax = 16_384;
const textLengthMax = 300;
const contentLength = /\r\ncontent-length: *(\d+)/i;
const closes = /\r\nconnection: *close/i;

export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}

/**
 * Finds the end of each answer on a connection that asks one thing at a time, and looks at no more of it than that takes.
 * Answers need a Content-Length, which is what our server sends.
 */
export class AnswerReader {
  /** The server ends the connection behind the last answer. */
  closing = false;
  #head = '';
  #bodyBytesLeft = 0;
  #answer: Answer | undefined;

  /** The answer, once its last byte has been read. Throws a BadAnswerError. */
  read(bytes: Buffer, length: number): Answer | undefined {
    if (this.#answer === undefined) {
      const text = this.#head + bytes.toString('latin1', 0, length);
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) {
        if (text.length > headBytesMax) throw new BadAnswerError('a head without an end');
        this.#head = text;
        return undefined;
      }
      this.#begin(text, end);
      this.#bodyBytesLeft -= text.length - end - 4;
    } else this.#bodyBytesLeft -= length;
    if (this.#bodyBytesLeft > 0) return undefined;
    if (this.#bodyBytesLeft < 0) throw new BadAnswerError('bytes that were not asked for');
    const answer = this.#answer;
    this.#answer = undefined;
    this.#head = '';
    return answer;
  }

  #begin(text: string, end: number): void {
    const statusCode = Number(text.slice(9, 12));
    if (!text.startsWith('HTTP/1.1 ') || !(statusCode >= 200)) throw new BadAnswerError(text.slice(0, 100));
    const head = text.slice(0, end);
    const length = contentLength.exec(head)?.[1];
    const empty = statusCode === 204 || statusCode === 304;
    if (length === undefined && !empty) throw new BadAnswerError('an answer without a Content-Length');
    this.#bodyBytesLeft = empty ? 0 : Number(length);
    this.closing ||= closes.test(head);
    this.#answer = { statusCode, text: text.slice(end + 4, end + 4 + textLengthMax) };
  }
}
