import { createLeasedRate } from '../../app/rate/leased-rate.ts';
import type { Ports } from '../../app/ports.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { RateSettings } from '../../stages.ts';
import { problemAnswer, type Answer } from '../answer/answer.ts';
import type { HttpHandler } from '../answer/http-function.ts';
import { rateHeaders } from '../answer/rate-headers.ts';
import { principalOf } from '../request/principal.ts';

/**
 * Refuses what a token sends beyond its rate, exactly, where the stage wants that (`tokens.exactLimit`). Calls without a
 * token have no principal to count for: addresses are the web ACL's matter.
 */
export function withinRate(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>,
  handler: HttpHandler,
): HttpHandler {
  const { exactLimit, rate } = deps.settings.tokens;
  if (!exactLimit) return handler;
  const take = createLeasedRate(deps, rate);
  const refuse = (waitMs: number): Answer => {
    deps.telemetry.count(metrics.rateLimited);
    return tooManyCalls(rate, Math.max(1, Math.ceil(waitMs / 1000)));
  };
  return (event) => {
    const authorizer = event.requestContext.authorizer as
      { readonly principalId?: unknown } | null | undefined;
    if (typeof authorizer?.principalId !== 'string') return handler(event);
    const waitMs = take(principalOf(event));
    if (waitMs === 0) return handler(event);
    if (typeof waitMs === 'number') return refuse(waitMs);
    return waitMs.then((later) => (later === 0 ? handler(event) : refuse(later)));
  };
}

function tooManyCalls(rate: RateSettings, retryAfterSeconds: number): Answer {
  return problemAnswer('too-many-requests', {
    detail: `The token may make ${rate.ratePerSecond} calls a second on average.`,
    headers: rateHeaders(rate, retryAfterSeconds),
  });
}
