import { describe, expect, it } from '@jest/globals';
import { compress, decompress } from '../../lib/app/compression.ts';

const bytesMax = 64 * 1024 * 1024;

describe('compressed bytes', () => {
  it('come back as they were, nothing and much more than a piece of a megabyte too', () => {
    for (const length of [0, 1, 1000, 1024 * 1024, 3 * 1024 * 1024 + 7]) {
      const bytes = Buffer.alloc(length, 'some text that is said again, ');
      const packed = compress(bytes);
      expect(Buffer.compare(decompress(packed) ?? Buffer.from('none'), bytes)).toBe(0);
      expect(packed.byteLength).toBeLessThan(length / 2 + 32);
    }
  });

  it('are refused where they would fill the memory: 64 MiB come back, a byte more does not', () => {
    expect(decompress(compress(new Uint8Array(bytesMax)))?.byteLength).toBe(bytesMax);
    expect(decompress(compress(new Uint8Array(bytesMax + 1)))).toBeUndefined();
  });

  it('that are cut, or none at all, are not read', () => {
    const packed = compress(new TextEncoder().encode('text '.repeat(100)));
    expect(decompress(packed.slice(0, -1))).toBeUndefined();
    expect(decompress(packed.slice(1))).toBeUndefined();
    expect(decompress(new TextEncoder().encode('no compression'))).toBeUndefined();
  });
});
