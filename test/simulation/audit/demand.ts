import { Violation, type Invariant } from './auditor.ts';

/** Throws a Violation unless the condition holds. Only then it calls `facts`. */
export function demand(
  condition: boolean,
  invariant: Invariant,
  message: string,
  facts: () => Readonly<Record<string, unknown>> = () => ({}),
): asserts condition {
  if (!condition) throw new Violation(invariant, message, facts());
}
