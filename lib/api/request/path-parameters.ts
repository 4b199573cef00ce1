import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FieldErrors } from './field-errors.ts';

/**
 * Decodes path parameters. No other code decodes them.
 *
 * A REST API passes `event.path` and `event.pathParameters` still percent-encoded:
 * LocalStack's snapshot recorded on AWS has `test%2Balias@gmail.com` in both (localstack/localstack,
 * tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json,
 * invocation-payload-with-path-encoded-email), serverless/serverless#5037 reports `%40` in
 * `pathParameters.id`, and live captures in hotsock/voker#8 agree. (An HTTP API decodes, even twice; this is
 * for REST APIs only.) In the same snapshot `multiValueQueryStringParameters` is decoded, with `+` as a
 * space. The embedded gateway makes its events in the same way.
 *
 * So the path of the counter `a/b%+ü` is `/increment/a%2Fb%25%2B%C3%BC`; a bare `+` in a path is a plus sign.
 */
export function decodePathParameters(
  event: Pick<APIGatewayProxyEvent, 'pathParameters'>,
  errors: FieldErrors,
): Record<string, string> {
  const decoded: Record<string, string> = {};
  for (const [name, raw] of Object.entries(event.pathParameters ?? {})) {
    const value = decodeSegment(raw ?? '');
    if (value === undefined) errors.add(name, 'must be valid percent-encoding of UTF-8');
    else decoded[name] = value;
  }
  return decoded;
}

/** Decodes one segment of a path; undefined: malformed percent-encoding, or not UTF-8. */
export function decodeSegment(raw: string): string | undefined {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
