import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FieldErrors } from './field-errors.ts';

export type QueryValues = Readonly<Record<string, readonly string[] | undefined>>;

type QueryEvent = Pick<APIGatewayProxyEvent, 'multiValueQueryStringParameters' | 'queryStringParameters'>;

const none: QueryValues = {};

/** Every value of every query parameter, decoded by the gateway. */
export function queryValues(event: QueryEvent): QueryValues {
  const many = event.multiValueQueryStringParameters as QueryValues | null | undefined;
  if (many !== null && many !== undefined) return many;
  const single = event.queryStringParameters as Record<string, string | undefined> | null | undefined;
  if (single === null || single === undefined) return none;
  return Object.fromEntries(Object.entries(single).map(([name, value]) => [name, [value ?? '']]));
}

/** What API Gateway makes of bytes that are not UTF-8. */
const replacement = '\ufffd';

/**
 * The parameters as an object for a schema: a string each, and a list for those in `repeatable`. Empty values
 * are errors. So are a second value of one parameter, and an equal second value in a list. So is U+FFFD,
 * because API Gateway decodes queries and puts it for any byte that is not UTF-8: `%E8` and `%E9` would be one
 * value. Bodies and paths, which arrive undecoded, may contain it.
 */
export function readQuery(
  values: QueryValues,
  repeatable: readonly string[],
  errors: FieldErrors,
): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [name, given = []] of Object.entries(values)) {
    const many = repeatable.includes(name);
    if (given.some((value) => value === '')) errors.add(name, 'must not be empty');
    else if (given.some((value) => value.includes(replacement))) {
      errors.add(name, 'must be UTF-8 without U+FFFD, the replacement character');
    } else if (many ? new Set(given).size < given.length : given.length !== 1) {
      errors.add(name, many ? 'must not repeat a value' : 'must be given once');
    } else entries.push([name, many ? given : given[0]]);
  }
  return Object.fromEntries(entries);
}
