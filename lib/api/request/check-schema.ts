import type * as z from 'zod';
import type { FieldErrors } from './field-errors.ts';

/**
 * Parses `given` by the schema. If it is invalid, returns it unchanged and adds each error to `errors` in our
 * own words, except errors of the paths in `alreadyNamed`.
 */
export function checkSchema<Value>(
  schema: z.ZodType<Value>,
  given: unknown,
  errors: FieldErrors,
  alreadyNamed?: ReadonlySet<string>,
): Value {
  const result = schema.safeParse(given, { reportInput: true, error: inOurWords });
  if (result.success) return result.data;
  const { issues } = result.error;
  errors.addIssues(
    alreadyNamed === undefined ? issues : issues.filter((issue) => !alreadyNamed.has(issue.path.join('.'))),
  );
  return given as Value;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** The message for an error without one in the schema: messages of the library never reach a caller. */
function inOurWords(issue: z.core.$ZodRawIssue): string {
  const { code } = issue;
  if (code === 'invalid_type') return `must be ${typeNames[issue.expected] ?? 'of another type'}`;
  if (code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  if (code === 'too_big') return bound(issue.origin, 'at most', issue.maximum);
  if (code === 'too_small') return bound(issue.origin, 'at least', issue.minimum);
  return 'must have a form that the document lists';
}

function bound(origin: string, most: string, count: number | bigint): string {
  if (origin === 'string') return `must have ${most} ${count} characters`;
  return origin === 'array' ? `must have ${most} ${count} entries` : `must be ${most} ${count}`;
}
