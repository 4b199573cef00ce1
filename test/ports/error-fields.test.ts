import { describe, expect, it } from '@jest/globals';
import { AssertionError } from '../../lib/core/assert.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';

function thrownBy(throwing: () => unknown): unknown {
  try {
    throwing();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

describe('what a log line says of an error', () => {
  it('is its name and where it happened, and nothing that it quotes', () => {
    const error = thrownBy(() => JSON.parse('PLANTED words'));
    expect((error as Error).message).toContain('PLANTED');
    const fields = errorFields(error);
    expect(fields).toMatchObject({ error: 'SyntaxError', code: undefined, reason: undefined });
    expect(fields['stack']).toMatch(/^at /);
    expect(JSON.stringify(fields)).not.toContain('PLANTED');
  });

  it('does not take lines of a message for frames', () => {
    const fields = errorFields(new TypeError('one\n    at PLANTED (two)\nthree'));
    expect(fields['stack']).toMatch(/error-fields\.test\.ts/);
    expect(JSON.stringify(fields)).not.toContain('PLANTED');
  });

  it('is nothing of the stack when that does not hold the message', () => {
    const error = new TypeError('first');
    expect(error.stack).toContain('first');
    error.message = 'second';
    expect(errorFields(error)['stack']).toBeUndefined();
  });

  it('tells the sentence of a port and of an invariant, which are our own', () => {
    expect(errorFields(new StateStoreError('state-unavailable', 'the store is down'))).toMatchObject({
      code: 'state-unavailable',
      reason: 'the store is down',
    });
    expect(errorFields(new AssertionError('a broken promise'))).toMatchObject({
      error: 'AssertionError',
      reason: 'a broken promise',
    });
  });

  it('is a type for what is no error', () => {
    expect(errorFields('PLANTED')).toEqual({ error: 'string' });
    expect(errorFields(undefined)).toEqual({ error: 'undefined' });
  });
});
