/** Guards an invariant, in production too: a false one ends this invocation before it can write a wrong number. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export function assertNever(value: never): never {
  // Of what kind and no more: it may hold user data, and the message goes into logs.
  const { type } = value as { readonly type?: unknown };
  throw new AssertionError(`unexpected ${typeof type === 'string' ? type : typeof value}`);
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}
