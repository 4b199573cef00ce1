import type { APIGatewayProxyEvent } from 'aws-lambda';

type Headers = Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>;

/**
 * Every value of a header, by its lower-case name. `headers` of a proxy event holds only the last value of a header
 * sent twice, so `multiValueHeaders` is asked first; events made by hand may lack it.
 */
export function headerValues(event: Headers, lowerCaseName: string): readonly string[] {
  const many = event.multiValueHeaders as APIGatewayProxyEvent['multiValueHeaders'] | null | undefined;
  if (many !== null && many !== undefined) {
    const values: string[] = [];
    for (const name in many) {
      if (isNamed(name, lowerCaseName)) values.push(...(many[name] ?? []));
    }
    if (values.length > 0) return values;
  }
  const single = event.headers as APIGatewayProxyEvent['headers'] | null | undefined;
  for (const name in single) {
    const value = single[name];
    if (value !== undefined && isNamed(name, lowerCaseName)) return [value];
  }
  return [];
}

/** The values of a list header as one text, as RFC 9110 5.2 combines them; undefined: not sent. */
export function header(event: Headers, lowerCaseName: string): string | undefined {
  const values = headerValues(event, lowerCaseName);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Whether a header was sent at all: cheaper than its value, where most requests lack it. */
export function hasHeader(event: Headers, lowerCaseName: string): boolean {
  const names = event.headers as Headers['headers'] | null | undefined;
  for (const name in names ?? event.multiValueHeaders) {
    if (isNamed(name, lowerCaseName)) return true;
  }
  return false;
}

function isNamed(name: string, lowerCaseName: string): boolean {
  return (
    name.length === lowerCaseName.length && (name === lowerCaseName || name.toLowerCase() === lowerCaseName)
  );
}
