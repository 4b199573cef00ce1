import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Clock } from '../../ports/clock.ts';
import type { HttpRequest } from './http-message.ts';
import { put, type QueryParameters } from './query-string.ts';
import type { RouteMatch } from './route-matcher.ts';

export interface ProxyEventOptions {
  readonly stage: string;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface RoutedRequest {
  readonly request: HttpRequest;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: QueryParameters | undefined;
  readonly match: RouteMatch;
}

export type ToProxyEvent = (routed: RoutedRequest) => APIGatewayProxyEvent;

const accountId = '000000000000';
const apiId = 'embedded';

/**
 * Turns a request into the event that a REST API with Lambda proxy integration makes: paths and path
 * parameters as the client wrote them, query parameters decoded, header names as the client spelled them. The
 * path has no stage, as with a custom domain.
 */
export function createToProxyEvent({ stage, clock }: ProxyEventOptions): ToProxyEvent {
  const requestTime = createRequestTime();
  return ({ request, path, query, match }) => {
    const { method, body, sourceIp, requestId } = request;
    const headers: Record<string, string> = {};
    const multiValueHeaders: Record<string, string[]> = {};
    for (let index = 0; index + 1 < request.headers.length; index += 2) {
      put(headers, multiValueHeaders, request.headers[index] ?? '', request.headers[index + 1] ?? '');
    }
    const isBase64Encoded = body.length > 0 && !isUtf8(body);
    const nowMs = clock.nowMs();
    const host = headerNamed(headers, 'host');
    return {
      resource: match.resource,
      path,
      httpMethod: method,
      headers,
      multiValueHeaders,
      queryStringParameters: query?.single ?? null,
      multiValueQueryStringParameters: query?.multi ?? null,
      pathParameters: match.pathParameters,
      stageVariables: null,
      requestContext: {
        resourceId: match.resource,
        authorizer: undefined,
        resourcePath: match.resource,
        httpMethod: method,
        extendedRequestId: requestId,
        requestTime: requestTime(nowMs),
        path,
        accountId,
        protocol: 'HTTP/1.1',
        stage,
        domainPrefix: 'localhost',
        requestTimeEpoch: nowMs,
        requestId,
        identity: {
          cognitoIdentityPoolId: null,
          accountId: null,
          cognitoIdentityId: null,
          caller: null,
          sourceIp,
          principalOrgId: null,
          accessKey: null,
          apiKey: null,
          apiKeyId: null,
          cognitoAuthenticationType: null,
          cognitoAuthenticationProvider: null,
          clientCert: null,
          userArn: null,
          userAgent: headerNamed(headers, 'user-agent') ?? null,
          user: null,
        },
        domainName: host,
        apiId,
      },
      body: body.length === 0 ? null : body.toString(isBase64Encoded ? 'base64' : 'utf8'),
      isBase64Encoded,
    };
  };
}

function headerNamed(headers: Record<string, string>, lowerCaseName: string): string | undefined {
  for (const name in headers) {
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) return headers[name];
  }
  return undefined;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `21/Nov/2026:10:53:02 +0000`, computed once a second. */
function createRequestTime(): (nowMs: number) => string {
  let second = -1;
  let text = '';
  return (nowMs) => {
    const now = Math.floor(nowMs / 1000);
    if (now !== second) {
      second = now;
      const [date = '', time = ''] = new Date(now * 1000).toISOString().split('T');
      const [year = '', month = '', day = ''] = date.split('-');
      text = `${day}/${months[Number(month) - 1] ?? ''}/${year}:${time.slice(0, 8)} +0000`;
    }
    return text;
  };
}
