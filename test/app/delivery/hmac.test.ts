import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from '@jest/globals';
import { hmacSha256 } from '../../../lib/app/delivery/hmac.ts';

it('is HMAC-SHA-256 of any key up to 64 bytes and any message, one after the other', () => {
  const key = fc.uint8Array({ minLength: 1, maxLength: 64 });
  const message = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }),
    // Around the room that is kept, and beyond it.
    fc.integer({ min: 900, max: 3000 }).map((length) => Buffer.alloc(length, length)),
    fc.integer({ min: 300, max: 1100 }).map((length) => 'é'.repeat(length)),
  );
  fc.assert(
    fc.property(key, fc.array(message, { minLength: 1, maxLength: 4 }), (bytes, messages) => {
      const secret = createSecretKey(bytes);
      for (const one of messages) {
        const expected = createHmac('sha256', bytes).update(one).digest('hex');
        expect(Buffer.from(hmacSha256(secret, one), 'latin1').toString('hex')).toBe(expected);
      }
    }),
  );
});

it('refuses a longer key, which it would have to hash first', () => {
  expect(() => hmacSha256(createSecretKey(Buffer.alloc(65, 1)), 'x')).toThrow('at most 64 bytes');
});
