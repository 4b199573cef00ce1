const nothing = Buffer.alloc(0);
const roomBytesMin = 4096;

/**
 * Bytes that have come and are not yet used. One piece is kept as it came; of more the room grows by doubling, so that
 * any number of small pieces costs as much as their bytes.
 */
export class ByteBuffer {
  /** What is there. Later pieces do not change it. */
  bytes: Buffer = nothing;
  #room: Buffer = nothing;
  /** Where in the room `bytes` ends; 0: they are not there. */
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

  /** Removes the first `count` bytes, of which there are that many, and returns them. */
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
