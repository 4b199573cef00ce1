import { describe, expect, it } from '@jest/globals';
import type { StoredBook } from '../../lib/ports/stored-book.ts';

/** What every StoredBook promises. `create`: a new one where nothing is stored. */
export function testStoredBook(name: string, create: () => Promise<StoredBook>): void {
  describe(`${name}: a stored book`, () => {
    const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);
    const read = async (book: StoredBook) => {
      const stored = await book.read();
      return stored && { text: new TextDecoder().decode(stored.bytes), version: stored.version };
    };

    it('is absent first, and then what was written last', async () => {
      const book = await create();
      expect(await book.read()).toBeUndefined();
      expect(await book.write(text('one'), undefined)).toBe(true);
      const one = await read(book);
      expect(one?.text).toBe('one');
      expect(await book.write(text('two'), one?.version)).toBe(true);
      const two = await read(book);
      expect(two?.text).toBe('two');
      expect(two?.version).not.toBe(one?.version);
    });

    it('is replaced only by a writer that has read it', async () => {
      const book = await create();
      await book.write(text('one'), undefined);
      const one = await read(book);
      expect(await book.write(text('first again'), undefined)).toBe(false);
      expect(await book.write(text('two'), one?.version)).toBe(true);
      expect(await book.write(text('late'), one?.version)).toBe(false);
      expect((await read(book))?.text).toBe('two');
    });
  });
}
