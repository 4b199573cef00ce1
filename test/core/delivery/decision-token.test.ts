import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { AssertionError } from '../../../lib/core/assert.ts';
import {
  macBytes,
  placementMax,
  readDecision,
  tokenBytesMax,
  writeDecision,
  type Decision,
} from '../../../lib/core/delivery/decision-token.ts';

const example: Decision = {
  keyId: 0x01020304,
  ad: '00112233-4455-7677-8899-aabbccddeeff',
  generation: 5,
  epoch: 0xfffffffe,
  random: '0102030405060708090a0b0c',
  placement: 'top/1',
};

/** With a MAC of zeros. */
function bytesOf(decision: Decision): Uint8Array {
  const bytes = new Uint8Array(tokenBytesMax);
  return bytes.slice(0, writeDecision(bytes, decision) + macBytes);
}

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`, 'u'), { maxLength: length });
const number32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const decisions: fc.Arbitrary<Decision> = fc.record({
  keyId: number32,
  ad: fc.uuid(),
  generation: number32,
  epoch: number32,
  random: hex(24),
  placement: fc.stringMatching(/^[!-~]{1,64}$/u),
});

describe('the bytes of a decision token', () => {
  it('are written out, because tokens outlive a release', () => {
    expect(Buffer.from(bytesOf(example)).toString('hex')).toBe(
      [
        ...['01', '01020304', '00112233445576778899aabbccddeeff', '00000005', 'fffffffe'],
        ...['0102030405060708090a0b0c', '05', '746f702f31', '00'.repeat(16)],
      ].join(''),
    );
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(decisions, (decision) => {
        expect(readDecision(bytesOf(decision))).toEqual(decision);
      }),
    );
  });

  it('are read in no other form', () => {
    const right = bytesOf(example);
    const changed = (index: number, value: number): Uint8Array => {
      const bytes = right.slice();
      bytes[index] = value;
      return bytes;
    };
    const longest = bytesOf({ ...example, placement: 'p'.repeat(placementMax) });
    for (const bytes of [
      ...[new Uint8Array(0), right.slice(0, -1), Uint8Array.of(...right, 0), changed(0, 0), changed(0, 2)],
      // The length of the placement, and a letter of it.
      ...[
        changed(41, 0),
        changed(41, 4),
        changed(41, 255),
        changed(42, 0x20),
        changed(42, 0x7f),
        changed(42, 0xe9),
      ],
      Uint8Array.of(...longest.slice(0, 41), placementMax + 1, 0x70, ...longest.slice(42)),
    ]) {
      expect(readDecision(bytes)).toBeUndefined();
    }
  });

  test.each<[string, Partial<Decision>]>([
    ['no placement', { placement: '' }],
    ['a long placement', { placement: 'p'.repeat(placementMax + 1) }],
    ['a placement with a space', { placement: 'a b' }],
    ['a placement that is not ASCII', { placement: 'é' }],
    ['a number over 32 bits', { epoch: 2 ** 32 }],
    ['a number below 0', { generation: -1 }],
    ['half a number', { keyId: 0.5 }],
    ['few random bits', { random: '01' }],
    ['upper-case digits', { random: '0102030405060708090A0B0C' }],
    ['an ad that is no UUID', { ad: 'x' }],
  ])('are not written for %s', (_, wrong) => {
    expect(() => bytesOf({ ...example, ...wrong })).toThrow(AssertionError);
  });
});
