import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyEvent,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda';
import { needsToken } from '../../api/access/access-policy.ts';
import { header } from '../../api/request/request-header.ts';
import { findRoute, type Route } from '../../api/routes.ts';
import { tokenRate } from '../../app/rate/token-rate.ts';
import type { Authorize } from '../../app/tokens/authorize.ts';
import { covers } from '../../core/scopes.ts';
import { bearerForm } from '../../core/token-form.ts';
import type { Clock } from '../../ports/clock.ts';
import { errorFields } from '../../ports/error-fields.ts';
import type { Ids } from '../../ports/ids.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { metrics, type Telemetry } from '../../ports/telemetry.ts';
import type { RateSettings, StageSettings } from '../../stages.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../http/http-message.ts';
import { createLambdaContexts } from '../http/lambda-context.ts';
import type { LimitedBy } from '../../api/answer/refusal-headers.ts';
import { AuthorizerCache, type KnownToken } from './authorizer-cache.ts';
import { addressRange } from './client-address.ts';
import { RateLimiter } from './rate-limiter.ts';
import { badToken, forbidden, tooMany, unauthorized, unavailable } from './refusals.ts';

export type AuthorizerFunction = (
  event: APIGatewayTokenAuthorizerEvent,
  context: Context,
) => Promise<APIGatewayAuthorizerResult>;

export interface AccessControlOptions {
  readonly settings: StageSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  /** Whether calls need a token, as of now. If not, anyone who reaches the port may do anything. */
  readonly requiresToken: () => boolean;
  readonly authorizer: AuthorizerFunction;
  /** The limit of calls without a token, by address. Absent: no limit. */
  readonly anonymousRate?: RateSettings;
}

/** Checks a call before its function runs. undefined allows the call, and the event then names the caller. */
export type AccessControl = (
  event: APIGatewayProxyEvent,
) => HttpResponse | undefined | Promise<HttpResponse | undefined>;

/**
 * Answers as a REST API with a Lambda authorizer and a usage plan does, in this order: 401, 403, 429. A header
 * without the form of a token is 401 without the authorizer (`cloud.refusesMalformedTokens`). The
 * authorizer's answer for a token is kept for the stage's `tokens.cacheSeconds`, as API Gateway keeps it.
 */
export function createAccessControl(options: AccessControlOptions): AccessControl {
  const { settings, clock, telemetry, requiresToken, authorizer, anonymousRate } = options;
  const contextOf = createLambdaContexts(options, settings);
  const { cacheSeconds } = settings.tokens;
  const tokens = new RateLimiter(settings.tokens.rate, clock);
  const addresses = anonymousRate && new RateLimiter(anonymousRate, clock);
  const cache = new AuthorizerCache(cacheSeconds * 1000, clock);

  const refuse = (waitMs: number, rate: RateSettings, by: LimitedBy): HttpResponse | undefined => {
    if (waitMs === 0) return undefined;
    telemetry.count(metrics.rateLimited);
    return tooMany(rate, Math.ceil(waitMs / 1000), by);
  };

  const admit = (event: APIGatewayProxyEvent, route: Route, token: KnownToken): HttpResponse | undefined => {
    if (!token.allows(route, () => methodArn(event))) return forbidden(route.scope, token.scopes);
    event.requestContext.authorizer = token.context;
    const rate = tokenRate(token.rate, settings);
    return refuse(tokens.take(token.principal, 1, rate), rate, 'token');
  };

  const ask = async (
    event: APIGatewayProxyEvent,
    authorization: string,
  ): Promise<KnownToken | HttpResponse> => {
    try {
      const asked = {
        type: 'TOKEN',
        authorizationToken: authorization,
        methodArn: methodArn(event),
      } as const;
      const result = await authorizer(asked, contextOf('authorize-request'));
      return cache.keep(authorization, result);
    } catch (error) {
      if (error instanceof Error && error.message === 'Unauthorized') return badToken;
      telemetry.error('the authorizer failed', errorFields(error));
      return unavailable;
    }
  };

  return (event) => {
    const route = findRoute(event.httpMethod, event.resource);
    // Other methods and paths have no authorizer: the answer is 405, 404 or the list of allowed methods.
    if (route === undefined || route.scope === 'none') return undefined;
    if (!requiresToken() || !needsToken(route.scope, settings)) {
      if (addresses === undefined || anonymousRate === undefined) return undefined;
      const who = addressRange(event.requestContext.identity.sourceIp);
      return refuse(addresses.take(who), anonymousRate, 'address');
    }
    const authorization = header(event, 'authorization');
    // Without its identity source the authorizer is not called.
    if (authorization === undefined || authorization === '') return unauthorized;
    const known = cache.find(authorization);
    if (known !== undefined) return admit(event, route, known);
    if (!bearerForm.test(authorization)) return badToken;
    return ask(event, authorization).then((token) =>
      'statusCode' in token ? token : admit(event, route, token),
    );
  };
}

/** Requires a token with the scope `admin` for a page that is not a call of the API. */
export function adminOnly(page: HttpHandler, authorize: Authorize): HttpHandler {
  return async (request) => {
    try {
      const authorization = authorizationOf(request);
      const token = await authorize(authorization);
      if (token === undefined) return authorization === undefined ? unauthorized : badToken;
      return covers(token.scopes, 'admin') ? await page(request) : forbidden('admin', token.scopes);
    } catch (error) {
      if (isStateStoreError(error)) return unavailable;
      throw error;
    }
  };
}

/** The one Authorization header; two of them count as none. */
function authorizationOf({ headers }: HttpRequest): string | undefined {
  const values: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'authorization') values.push(headers[index + 1] ?? '');
  }
  return values.length === 1 ? values[0] : undefined;
}

function methodArn({ httpMethod, path, requestContext }: APIGatewayProxyEvent): string {
  const { accountId, apiId, stage } = requestContext;
  return `arn:aws:execute-api:local:${accountId}:${apiId}/${stage}/${httpMethod}${path}`;
}
