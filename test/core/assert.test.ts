import { describe, expect, it } from '@jest/globals';
import { assert, AssertionError, assertNever } from '../../lib/core/assert.ts';

describe('an invariant', () => {
  it('passes when it holds and throws its message when not', () => {
    expect(() => {
      assert(true, 'fine');
    }).not.toThrow();
    expect(() => {
      assert(false, 'broken');
    }).toThrow(new AssertionError('broken'));
  });

  it('names the value that no branch takes', () => {
    expect(() => assertNever({ type: 'other' } as never)).toThrow('unexpected {"type":"other"}');
  });

  it('has a name of its own, which survives bundling', () => {
    expect(new AssertionError('x').name).toBe('AssertionError');
  });
});
