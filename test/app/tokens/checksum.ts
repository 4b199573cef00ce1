/** A token's text up to its checksum, and the checksum: CRC-32 bit by bit. */
export function withChecksum(head: string): string {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(head)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return head + ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
