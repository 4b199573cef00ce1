import { describe, expect, test } from '@jest/globals';
import type { BlobStore } from '../../lib/ports/blob-store.ts';
import { unique } from './unique.ts';

/** The contract of `BlobStore` (lib/ports/blob-store.ts), for every adapter. */
export function testBlobStore(name: string, open: () => BlobStore): void {
  describe(`${name} keeps the contract of the blob store`, () => {
    const nameOf = (): string =>
      `1/${unique('blob')
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '')}`;

    test('a blob is there, whole, once it is stored, and again', async () => {
      const store = open();
      const blob = nameOf();
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
      expect(await store.get(blob)).toBeUndefined();
      await store.put(blob, bytes);
      expect(Buffer.compare((await store.get(blob))!, bytes)).toBe(0);
      await store.put(blob, bytes);
      expect(Buffer.compare((await store.get(blob))!, bytes)).toBe(0);
    });

    test('what is changed afterwards, on either side, changes no blob', async () => {
      const store = open();
      const blob = nameOf();
      const bytes = Uint8Array.of(1, 2, 3);
      await store.put(blob, bytes);
      bytes[0] = 9;
      (await store.get(blob))![1] = 9;
      expect(Array.from((await store.get(blob))!)).toEqual([1, 2, 3]);
    });

    test('a blob is gone once it is removed, and removing it again is no error', async () => {
      const store = open();
      const [one, other] = [nameOf(), nameOf()];
      await store.put(one, Uint8Array.of(1));
      await store.put(other, Uint8Array.of(2));
      await store.remove(one);
      await store.remove(one);
      expect(await store.get(one)).toBeUndefined();
      expect(Array.from((await store.get(other))!)).toEqual([2]);
    });

    test('an empty blob is one', async () => {
      const store = open();
      const blob = nameOf();
      await store.put(blob, new Uint8Array(0));
      expect(await store.get(blob)).toHaveLength(0);
    });

    test.each(['', 'UPPER', 'a b', '../a', 'a'.repeat(201)])('refuses the name %j', async (blob) => {
      const store = open();
      await expect(store.put(blob, Uint8Array.of(1))).rejects.toThrow(RangeError);
      await expect(store.get(blob)).rejects.toThrow(RangeError);
      await expect(store.remove(blob)).rejects.toThrow(RangeError);
    });

    test('refuses a blob of more than 16 MB', async () => {
      await expect(open().put(nameOf(), new Uint8Array(16_000_001))).rejects.toThrow(RangeError);
    });
  });
}
