import { assert } from './assert.ts';

/** A sequence number is at most 129 decimal digits. */
const sequenceNumberPattern = /^(?:0|[1-9]\d{0,128})$/;

/**
 * Encodes a sequence number so that marks compare as text in the order of the numbers: three digits of
 * length, then the digits: '9' -> '0019', '10' -> '00210'. Logs differ: some number their records with 56
 * digits, others with few, or with 30 and leading zeros.
 */
export function toMark(sequenceNumber: string): string {
  const digits = normalise(sequenceNumber);
  return String(digits.length).padStart(3, '0') + digits;
}

/** Throws an AssertionError if it is not a mark. */
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
