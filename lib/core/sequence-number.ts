import { assert } from './assert.ts';

/** A log writes its sequence numbers as decimal digits, 129 of them at most. */
const sequenceNumberPattern = /^(?:0|[1-9]\d{0,128})$/;

/**
 * Logs differ: one numbers its records with 56 digits, another with few, a third with 30 and leading zeros. A mark is
 * three digits of length, then the digits, so that marks compare as text the way the numbers
 * compare as numbers: '9' -> '0019', '10' -> '00210'.
 */
export function toMark(sequenceNumber: string): string {
  const digits = normalise(sequenceNumber);
  return String(digits.length).padStart(3, '0') + digits;
}

/** Throws an AssertionError when it is no mark. */
export function fromMark(mark: string): string {
  const digits = mark.slice(3);
  assert(toMark(digits) === mark, `not a mark: ${mark}`);
  return digits;
}

/** Negative, zero or positive, for Array.sort. */
export function compareSequenceNumbers(a: string, b: string): number {
  const left = normalise(a);
  const right = normalise(b);
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

export function isSequenceNumber(text: string): boolean {
  return sequenceNumberPattern.test(text) || /^0\d{1,128}$/.test(text);
}

function normalise(sequenceNumber: string): string {
  if (sequenceNumberPattern.test(sequenceNumber)) return sequenceNumber;
  assert(isSequenceNumber(sequenceNumber), `not a sequence number: ${sequenceNumber}`);
  return sequenceNumber.replace(/^0+(?=\d)/, '');
}
