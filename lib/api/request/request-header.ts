import type { APIGatewayProxyEventHeaders, APIGatewayProxyEventMultiValueHeaders } from 'aws-lambda';

/** Of a proxy event or an authorizer's; events made by hand, and those of a test in the console, lack either. */
interface Headers {
  readonly headers?: APIGatewayProxyEventHeaders | null | undefined;
  readonly multiValueHeaders?: APIGatewayProxyEventMultiValueHeaders | null | undefined;
}

/**
 * Every value of a header, by its lower-case name. `headers` of a proxy event holds only the last value of a header
 * sent twice, so `multiValueHeaders` is asked first; events made by hand may lack it.
 */
export function headerValues(event: Headers, lowerCaseName: string): readonly string[] {
  const many = event.multiValueHeaders;
  if (many !== null && many !== undefined) {
    const values: string[] = [];
    for (const name in many) {
      if (isNamed(name, lowerCaseName)) values.push(...(many[name] ?? []));
    }
    if (values.length > 0) return values;
  }
  const single = event.headers ?? {};
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
  for (const name in event.headers ?? event.multiValueHeaders ?? {}) {
    if (isNamed(name, lowerCaseName)) return true;
  }
  return false;
}

function isNamed(name: string, lowerCaseName: string): boolean {
  return (
    name.length === lowerCaseName.length && (name === lowerCaseName || name.toLowerCase() === lowerCaseName)
  );
}
