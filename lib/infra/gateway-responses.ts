import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { answerSecurity } from '../api/answer/answer-security.ts';
import {
  problemKind,
  problemMediaType,
  problems,
  problemType,
  type ProblemName,
} from '../api/answer/problems.ts';
import { bearerChallenges, bucketQuota, rateHeaders } from '../api/answer/refusal-headers.ts';
import { requestIdHeader } from '../api/headers.ts';
import type { StageSettings } from '../stages.ts';

type Responses = Readonly<Record<string, ProblemName>>;

/** The answers of API Gateway itself, in the same problem details as those of the functions. */
const responseTypes: Responses = {
  ACCESS_DENIED: 'forbidden',
  API_CONFIGURATION_ERROR: 'internal',
  AUTHORIZER_CONFIGURATION_ERROR: 'internal',
  // The authorizer could not read the tokens: the state store or the function failed.
  AUTHORIZER_FAILURE: 'state-unavailable',
  BAD_REQUEST_BODY: 'invalid-request',
  BAD_REQUEST_PARAMETERS: 'invalid-request',
  DEFAULT_4XX: 'invalid-request',
  DEFAULT_5XX: 'internal',
  EXPIRED_TOKEN: 'forbidden',
  INTEGRATION_FAILURE: 'bad-gateway',
  INTEGRATION_TIMEOUT: 'gateway-timeout',
  INVALID_API_KEY: 'forbidden',
  INVALID_SIGNATURE: 'forbidden',
  // Because of the catch-all route, only a call without a required token gets this.
  MISSING_AUTHENTICATION_TOKEN: 'unauthorized',
  QUOTA_EXCEEDED: 'too-many-requests',
  REQUEST_TOO_LARGE: 'too-large',
  RESOURCE_NOT_FOUND: 'unknown-route',
  THROTTLED: 'too-many-requests',
  UNAUTHORIZED: 'unauthorized',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported-media-type',
  // A rule that an operator added to the web ACL; ours answer 429 by themselves.
  WAF_FILTERED: 'blocked',
};

export function addGatewayResponses(api: apigateway.RestApi, settings: StageSettings): void {
  for (const [type, name] of Object.entries(responseTypes)) {
    const problem = problemKind(name);
    // DEFAULT_4XX and DEFAULT_5XX keep the status of other causes.
    const fixedStatus = type.startsWith('DEFAULT_') ? {} : { statusCode: String(problem.status) };
    api.addGatewayResponse(type, {
      type: apigateway.ResponseType.of(type),
      ...fixedStatus,
      templates: { 'application/json': template(name) },
      responseHeaders: {
        // Its own id, also where the caller sent one: only functions check that.
        [requestIdHeader]: 'context.requestId',
        'Content-Type': `'${problemMediaType}'`,
        'Cache-Control': "'no-store'",
        ...quoted(answerSecurity(settings.stage)),
        ...(problem.retryAfterSeconds === undefined
          ? {}
          : { 'Retry-After': `'${problem.retryAfterSeconds}'` }),
        ...challengeOf(type),
        ...(name === 'too-many-requests' ? quoted(rateHeaders(bucketQuota(settings.tokens.rate), 1)) : {}),
        ...corsHeaders(settings),
      },
    });
  }
}

/**
 * A gateway response is static, so it cannot name the missing scope or distinguish a missing token from an
 * unknown one.
 */
function challengeOf(type: string): Record<string, string> {
  const challenges: Readonly<Record<string, string>> = {
    MISSING_AUTHENTICATION_TOKEN: bearerChallenges.noToken,
    UNAUTHORIZED: bearerChallenges.badToken,
    ACCESS_DENIED: bearerChallenges.missingScope(),
  };
  const challenge = challenges[type];
  return challenge === undefined ? {} : { 'WWW-Authenticate': `'${challenge}'` };
}

/** `$context.error.messageString` is API Gateway's own message as a JSON string, with quotes. */
function template(name: ProblemName): string {
  const { title, status } = problems[name];
  const head = JSON.stringify({ type: problemType(name), title, status }).slice(0, -1);
  return `${head},"detail":$context.error.messageString,"errors":[]}`;
}

/** A gateway response is static: from a list of origins it could name only one, so it names none. */
function corsHeaders(settings: StageSettings): Record<string, string> {
  if (!settings.http.corsOrigins.includes('*')) return {};
  return {
    'Access-Control-Allow-Origin': "'*'",
    'Access-Control-Expose-Headers': "'Retry-After,RateLimit,RateLimit-Policy,WWW-Authenticate,X-Request-Id'",
  };
}

/** A static value is in quotes; quotes inside it need no escape. */
function quoted(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]));
}
