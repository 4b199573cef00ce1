import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import {
  problemKind,
  problemMediaType,
  problems,
  problemType,
  type ProblemName,
} from '../api/answer/problems.ts';
import { bearerChallenges } from '../api/access/bearer-challenge.ts';
import { rateHeaders } from '../api/answer/rate-headers.ts';
import type { StageSettings } from '../stages.ts';

type Responses = Readonly<Record<string, ProblemName>>;

/** What API Gateway answers by itself, before or instead of a function, as the problems the functions answer with. */
const responseTypes: Responses = {
  ACCESS_DENIED: 'forbidden',
  API_CONFIGURATION_ERROR: 'internal',
  AUTHORIZER_CONFIGURATION_ERROR: 'internal',
  // The tokens could not be read: the state store, or the function, failed.
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
  // The catch-all route leaves this to one cause: a call that needs a token and has none.
  MISSING_AUTHENTICATION_TOKEN: 'unauthorized',
  QUOTA_EXCEEDED: 'too-many-requests',
  REQUEST_TOO_LARGE: 'too-large',
  RESOURCE_NOT_FOUND: 'unknown-route',
  THROTTLED: 'too-many-requests',
  UNAUTHORIZED: 'unauthorized',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported-media-type',
  WAF_FILTERED: 'forbidden',
};

export function addGatewayResponses(api: apigateway.RestApi, settings: StageSettings): void {
  for (const [type, name] of Object.entries(responseTypes)) {
    const problem = problemKind(name);
    // DEFAULT_4XX and DEFAULT_5XX keep the status that the unlisted cause has.
    const fixedStatus = type.startsWith('DEFAULT_') ? {} : { statusCode: String(problem.status) };
    api.addGatewayResponse(type, {
      type: apigateway.ResponseType.of(type),
      ...fixedStatus,
      templates: { 'application/json': template(name) },
      responseHeaders: {
        'Content-Type': `'${problemMediaType}'`,
        'Cache-Control': "'no-store'",
        ...(problem.retryAfterSeconds === undefined
          ? {}
          : { 'Retry-After': `'${problem.retryAfterSeconds}'` }),
        ...challengeOf(type),
        ...(name === 'too-many-requests' ? quoted(rateHeaders(settings.tokens.rate, 1)) : {}),
        ...corsHeaders(settings),
      },
    });
  }
}

/** A gateway response is static: it cannot say which scope is missing, nor tell no token from a bad one everywhere. */
function challengeOf(type: string): Record<string, string> {
  const challenges: Readonly<Record<string, string>> = {
    MISSING_AUTHENTICATION_TOKEN: bearerChallenges.noToken,
    UNAUTHORIZED: bearerChallenges.badToken,
    ACCESS_DENIED: bearerChallenges.missingScope(),
  };
  const challenge = challenges[type];
  return challenge === undefined ? {} : { 'WWW-Authenticate': `'${challenge}'` };
}

/** `$context.error.messageString` is API Gateway's own sentence as a JSON string, quotes included. */
function template(name: ProblemName): string {
  const { title, status } = problems[name];
  const head = JSON.stringify({ type: problemType(name), title, status }).slice(0, -1);
  return `${head},"detail":$context.error.messageString,"errors":[]}`;
}

/** A gateway response is static: with a list of origins only the first can be named, so none is. */
function corsHeaders(settings: StageSettings): Record<string, string> {
  if (!settings.http.corsOrigins.includes('*')) return {};
  return {
    'Access-Control-Allow-Origin': "'*'",
    'Access-Control-Expose-Headers': "'Retry-After,RateLimit,RateLimit-Policy,WWW-Authenticate'",
  };
}

/** A fixed text stands between quotes; its own need no escape. */
function quoted(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]));
}
