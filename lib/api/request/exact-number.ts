const numberText = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Far beyond the exponent of any double, so its digits need not be computed. */
const exponentMax = 400;

/**
 * Whether the text of a JSON number is exactly the integer that its double holds: true for `12`, `1.0` and
 * `1e3`; false for `9007199254740991.4` and `0.99999999999999999999`, which round to integers, for `1e400`
 * and for `-0`.
 */
export function isExactInteger(source: string): boolean {
  const value = Number(source);
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return false;
  const match = numberText.exec(source);
  if (match === null) return false;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const exponent = Number(exponentText) - fraction.length;
  if (digits === '0') return sign === '';
  if (Math.abs(exponent) > exponentMax + digits.length) return false;
  const significant = digits.replace(/0+$/, '');
  const zeros = exponent + digits.length - significant.length;
  if (zeros < 0) return false;
  return BigInt(sign + significant + '0'.repeat(zeros)) === BigInt(value);
}
