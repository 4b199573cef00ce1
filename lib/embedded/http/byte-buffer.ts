const nothing = Buffer.alloc(0);
const roomBytesMin = 4096;

/**
 * Bytes that have arrived and are not yet used. A single piece is kept without a copy; for more, the buffer
 * doubles, so that the cost depends on the bytes and not on the number of pieces.
 */
export class ByteBuffer {
  /** The unused bytes. Later pieces do not change them. */
  bytes: Buffer = nothing;
  #room: Buffer = nothing;
  /** Where `bytes` ends in `#room`; 0: `bytes` is not part of it. */
  #end = 0;

  append(piece: Buffer): void {
    const { length } = this.bytes;
    if (length === 0) {
      this.bytes = piece;
      this.#end = 0;
      return;
    }
    const grown = length + piece.length;
    if (this.#end === 0 || this.#end + piece.length > this.#room.length) {
      this.#room = Buffer.allocUnsafeSlow(Math.max(roomBytesMin, 2 * grown));
      this.#end = this.bytes.copy(this.#room);
    }
    piece.copy(this.#room, this.#end);
    this.#end += piece.length;
    this.bytes = this.#room.subarray(this.#end - grown, this.#end);
  }

  /** Removes the first `count` bytes and returns them. There must be that many. */
  take(count: number): Buffer {
    const { bytes } = this;
    if (count === bytes.length) {
      this.clear();
      return bytes;
    }
    this.bytes = bytes.subarray(count);
    return bytes.subarray(0, count);
  }

  clear(): void {
    this.bytes = nothing;
    this.#room = nothing;
    this.#end = 0;
  }
}
