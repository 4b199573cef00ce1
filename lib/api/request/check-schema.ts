import type * as z from 'zod';
import type { FieldErrors } from './field-errors.ts';

/**
 * What the schema makes of `given`. When it is faulty, whatever was given, and `errors` names each fault in our own words;
 * faults of the paths in `alreadyNamed` are left out.
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

/** For faults that a schema has no words of its own for: those of the library never reach a caller. */
function inOurWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? 'of another type'}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_big':
      return bound(issue.origin, 'at most', issue.maximum);
    case 'too_small':
      return bound(issue.origin, 'at least', issue.minimum);
    default:
      return 'must have a form that the document lists';
  }
}

function bound(origin: string, most: string, count: number | bigint): string {
  if (origin === 'string') return `must have ${most} ${count} characters`;
  return origin === 'array' ? `must have ${most} ${count} entries` : `must be ${most} ${count}`;
}
