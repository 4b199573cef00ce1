import { describe, expect, it } from '@jest/globals';
import { andThen } from '../../lib/core/and-then.ts';

describe('going on with a value that may come later', () => {
  const next = (value: number): number => {
    if (value < 0) throw new RangeError('negative');
    return value + 1;
  };

  it('makes no promise of a value that is there', () => {
    expect(andThen(1, next)).toBe(2);
    expect(() => andThen(-1, next)).toThrow(RangeError);
  });

  it('waits for one that is not', async () => {
    const later = andThen(Promise.resolve(1), next);
    expect(later).toBeInstanceOf(Promise);
    await expect(later).resolves.toBe(2);
    await expect(andThen(Promise.resolve(-1), next)).rejects.toThrow(RangeError);
    await expect(andThen(1, (value) => Promise.resolve(next(value)))).resolves.toBe(2);
  });

  it('does not go on after a failure', async () => {
    const failure = new Error('failed');
    await expect(andThen(Promise.reject<number>(failure), next)).rejects.toBe(failure);
  });
});
