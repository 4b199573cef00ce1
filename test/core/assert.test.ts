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

  it('names the kind of a value that no branch takes, and nothing else of it', () => {
    const value = { type: 'other', content: 'somebody’s words' };
    expect(() => assertNever(value as never)).toThrow(new AssertionError('unexpected other'));
    expect(() => assertNever('somebody’s words' as never)).toThrow(new AssertionError('unexpected string'));
  });

  it('has a name of its own, which survives bundling', () => {
    expect(new AssertionError('x').name).toBe('AssertionError');
  });
});
