import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** A way to send a body. */
export interface Coding {
  /** What Content-Encoding says. */
  readonly name: string;
  readonly encode: (body: Buffer) => Buffer;
}

/** Those that the API reads, as RFC 9110, 8.4 and 5.6.1.2, lets a client write them. */
export const goodCodings: fc.Arbitrary<Coding> = fc.constantFrom<Coding>(
  { name: 'gzip', encode: (body) => gzipSync(body) },
  { name: 'GZip', encode: (body) => gzipSync(body, { level: 0 }) },
  { name: 'x-gzip', encode: (body) => gzipSync(body) },
  { name: ', gzip,, identity', encode: (body) => gzipSync(body) },
  // Several members are one body (RFC 1952, 2.2).
  { name: 'gzip', encode: inMembers },
  { name: 'identity', encode: same },
);

/** Those that it does not. */
export const otherCodings: fc.Arbitrary<Coding> = fc
  .constantFrom(
    'br',
    'deflate',
    'zstd',
    'compress',
    'aes128gcm',
    'gzip, gzip',
    'br, identity',
    'gzip;q=1',
    '*',
  )
  .map((name) => ({ name, encode: (body) => gzipSync(body) }));

/** Gzip by their name, and not by their bytes. Bodies of no bytes are not looked at. */
export const brokenCodings: fc.Arbitrary<Coding> = fc.constantFrom<Coding>(
  { name: 'gzip', encode: (body) => Buffer.concat([Buffer.from('{'), body]) },
  { name: 'gzip', encode: (body) => gzipSync(body).subarray(0, -9) },
  { name: 'gzip', encode: (body) => gzipSync(body).subarray(0, 10) },
  { name: 'gzip', encode: (body) => flipped(gzipSync(body), -6) },
  { name: 'gzip', encode: (body) => flipped(gzipSync(body), 2) },
  { name: 'x-gzip', encode: (body) => gzipSync(gzipSync(body)).subarray(4) },
);

/** Small on the wire, and far over what a body may have. */
export const bombs: fc.Arbitrary<Coding> = fc.constantFrom(300_000, 5_000_000, 50_000_000).map((bytes) => ({
  name: 'gzip',
  encode: (body) => Buffer.concat([gzipSync(body), gzipSync(Buffer.alloc(bytes, ' '))]),
}));

function same(body: Buffer): Buffer {
  return body;
}

function inMembers(body: Buffer): Buffer {
  const half = body.length >> 1;
  return Buffer.concat([gzipSync(body.subarray(0, half)), gzipSync(body.subarray(half))]);
}

function flipped(bytes: Buffer, place: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = place < 0 ? copy.length + place : place;
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
