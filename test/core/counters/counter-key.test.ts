import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { counterKeyFault } from '../../../lib/api/counter-schemas.ts';
import { isCounterKey } from '../../../lib/core/counters/counter-key.ts';

const cases: readonly (readonly [string, string, boolean])[] = [
  ['one letter', 'a', true],
  ['256 letters', 'a'.repeat(256), true],
  ['257 letters', 'a'.repeat(257), false],
  ['256 characters of two units', '😀'.repeat(256), true],
  ['257 characters of two units', '😀'.repeat(257), false],
  ['nothing', '', false],
  ['a line break', 'a\nb', false],
  ['the lane separator', 'a\u0001b', false],
  ['a C1 control character', 'a\u0085b', false],
  ['the last control character of ASCII', '\u001f', false],
  ['a space', ' ', true],
  ['a tilde', '~', true],
  ['a delete', 'a\u007f', false],
  ['the first C1 control character', '\u0080', false],
  ['the last C1 control character', '\u009fa', false],
  ['a no-break space', '\u00a0', true],
  ['the first control character', '\u0000', false],
  ['a lone surrogate', 'a\ud800', false],
  ['__proto__', '__proto__', true],
];

describe('isCounterKey', () => {
  it.each(cases)('judges %s', (_name, key, expected) => {
    expect(isCounterKey(key)).toBe(expected);
  });

  it('agrees with what ingest lets in', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) }),
      fc.string({ minLength: 250, maxLength: 260, unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(text, (key) => {
        expect(isCounterKey(key)).toBe(counterKeyFault(key, 'any') === undefined);
      }),
    );
  });
});
