import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { policyAllows } from '../../api/access/access-policy.ts';
import type { Route } from '../../api/routes.ts';
import { parseRate } from '../../app/rate/rate-text.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RateSettings } from '../../stages.ts';

/** The authorizer's answer for a token. */
export class KnownToken {
  readonly principal: string;
  readonly scopes: readonly string[];
  /** Its own; undefined: the stage's. */
  readonly rate: RateSettings | undefined;
  /** As a function finds it in `requestContext.authorizer`. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly untilMs: number;
  readonly #policy: APIGatewayAuthorizerResult['policyDocument'];
  readonly #decisions = new Map<Route, boolean>();

  constructor({ principalId, context, policyDocument }: APIGatewayAuthorizerResult, untilMs: number) {
    this.principal = principalId;
    this.scopes = String(context?.['scopes'] ?? '').split(' ');
    this.rate = parseRate(String(context?.['rate'] ?? ''));
    this.context = { ...context, principalId };
    this.untilMs = untilMs;
    this.#policy = policyDocument;
  }

  /** A policy decides alike for every path of a route: it is evaluated once for each route. */
  allows(route: Route, methodArn: () => string): boolean {
    let decision = this.#decisions.get(route);
    if (decision === undefined) {
      decision = policyAllows(this.#policy, methodArn());
      this.#decisions.set(route, decision);
    }
    return decision;
  }
}

/** More tokens than this are hardly used within the cache's life. */
const tokensMax = 10_000;

/** Answers of the authorizer by Authorization header. Refusals are not kept. */
export class AuthorizerCache {
  readonly #lifeMs: number;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Oldest first. */
  readonly #known = new Map<string, KnownToken>();

  constructor(lifeMs: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.#lifeMs = lifeMs;
    this.#clock = clock;
  }

  find(authorization: string): KnownToken | undefined {
    const known = this.#known.get(authorization);
    if (known === undefined || this.#clock.monotonicMs() < known.untilMs) return known;
    this.#known.delete(authorization);
    return undefined;
  }

  keep(authorization: string, result: APIGatewayAuthorizerResult): KnownToken {
    const known = new KnownToken(result, this.#clock.monotonicMs() + this.#lifeMs);
    this.#known.delete(authorization);
    this.#known.set(authorization, known);
    if (this.#known.size > tokensMax) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return known;
  }
}
