import { blobBytesMax, blobNameBytesMax } from '../../ports/blob-store.ts';

const blobName = /^[a-z0-9/]+$/;

/** Throws a RangeError. */
export function assertBlob(name: string, bytes?: Uint8Array): void {
  if (name.length > blobNameBytesMax || !blobName.test(name)) throw new RangeError(`a blob's name: ${name}`);
  if (bytes !== undefined && bytes.byteLength > blobBytesMax)
    throw new RangeError(`a blob of ${bytes.byteLength} bytes; at most ${blobBytesMax}`);
}
