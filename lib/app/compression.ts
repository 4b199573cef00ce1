import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Zstandard at its default level: measured on 100,000 ads (24 MB of rows) it packs in 50 ms and unpacks in 55 ms, where
 * deflate takes 230 and 80 ms for a result a good deal larger, and Brotli 200 and 50 ms. SHA-256 takes 16 ms.
 */
const level = 3;

/** Output comes in pieces of this size, which are copied together if there are several; most chunks unpack to less. */
const chunkSize = 1024 * 1024;

/** Far more than any chunk unpacks to; stops a forged one from filling the memory. */
const unpackedBytesMax = 64 * 1024 * 1024;

export function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/** undefined: the bytes are not compressed, or unpack to more than anything here does. */
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
