/**
 * Guards an invariant, in production too: if it is broken, this invocation ends before it can write a wrong
 * number.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export function assertNever(value: never): never {
  // Only the type: the value may hold user data, and the message goes into logs.
  const { type } = value as { readonly type?: unknown };
  throw new AssertionError(`unexpected ${typeof type === 'string' ? type : typeof value}`);
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}
