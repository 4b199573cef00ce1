import type { AttributeValue, Attributes, WriteAction } from '../../ports/state-store.ts';

/**
 * A copy that is independent of the original. The object is frozen. Bytes cannot be frozen, so they are
 * copied again on each read.
 */
export function copyAttributes(attributes: Attributes): Attributes {
  const copy: Record<string, AttributeValue> = { ...attributes };
  for (const name of Object.keys(copy)) {
    const value = copy[name];
    if (value instanceof Uint8Array) copy[name] = Uint8Array.from(value);
  }
  return Object.freeze(copy);
}

/** A frozen item without bytes can be shared. */
export function handOut(attributes: Attributes | undefined): Attributes | undefined {
  if (attributes === undefined) return undefined;
  for (const name of Object.keys(attributes)) {
    if (typeof attributes[name] === 'object') return copyAttributes(attributes);
  }
  return attributes;
}

/** A copy of the action for an adapter that applies it later. Key and condition are shared. */
export function copyAction<A extends WriteAction>(action: A): A {
  if (action.type === 'put') return { ...action, attributes: copyAttributes(action.attributes) };
  if (action.type !== 'update') return action;
  const { set, add } = action;
  return { ...action, ...(set && { set: copyAttributes(set) }), ...(add && { add: { ...add } }) };
}
