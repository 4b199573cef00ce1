import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Zstandard at its default level. Measured on 100,000 ads (24 MB of rows), it compresses in 50 ms and
 * decompresses in 55 ms. Deflate takes 230 and 80 ms and its result is larger; Brotli takes 200 and 50 ms.
 * SHA-256 takes 16 ms.
 */
const level = 3;

/** Output is made in pieces of this size, and several are copied together; most chunks decompress to less. */
const chunkSize = 1024 * 1024;

/** Far more than any chunk decompresses to; stops a forged one from filling the memory. */
const unpackedBytesMax = 64 * 1024 * 1024;

export function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/** undefined: the bytes are not compressed, or the result would be larger than any chunk. */
export function decompress(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return zstdDecompressSync(bytes, { chunkSize, maxOutputLength: unpackedBytesMax });
  } catch (error) {
    if (isUnpackingError(error)) return undefined;
    throw error;
  }
}

function isUnpackingError(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return code.startsWith('ZSTD_') || code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE';
}
