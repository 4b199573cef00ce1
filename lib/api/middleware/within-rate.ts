import { callsOfWindow, windowMs, type TakeCall } from '../../app/rate/leased-rate.ts';
import { parseRate } from '../../app/rate/rate-text.ts';
import { tokenRate } from '../../app/rate/token-rate.ts';
import { metrics, type Telemetry } from '../../ports/telemetry.ts';
import type { RateSettings, StageSettings } from '../../stages.ts';
import { RefusedRequest } from '../answer/answer.ts';
import { rateHeaders } from '../answer/refusal-headers.ts';
import { principalOf } from '../request/principal.ts';
import type { Edge } from './edge.ts';

const windowSeconds = windowMs / 1000;

/**
 * Refuses calls of a token beyond its rate: its own, which the authorizer names, or the stage's. Calls without
 * a token have no principal to count for; the web ACL limits them by address.
 */
export function withinRate(
  take: TakeCall,
  settings: Pick<StageSettings, 'tokens'>,
  telemetry: Pick<Telemetry, 'count'>,
): Edge {
  const refuse = (waitMs: number, rate: RateSettings): void => {
    if (waitMs === 0) return;
    telemetry.count(metrics.rateLimited);
    const calls = callsOfWindow(rate);
    throw new RefusedRequest('too-many-requests', {
      detail: `The token may make ${calls} calls in each window of ${windowSeconds} seconds. Wait for \`Retry-After\`.`,
      headers: rateHeaders({ calls, windowSeconds }, Math.max(1, Math.ceil(waitMs / 1000))),
    });
  };
  return {
    before: ({ event }) => {
      const authorizer = event.requestContext.authorizer as
        { readonly principalId?: unknown; readonly rate?: unknown } | null | undefined;
      if (typeof authorizer?.principalId !== 'string') return undefined;
      const own = typeof authorizer.rate === 'string' ? parseRate(authorizer.rate) : undefined;
      const rate = tokenRate(own, settings);
      const waitMs = take(principalOf(event), own && rate);
      if (typeof waitMs === 'number') {
        refuse(waitMs, rate);
        return undefined;
      }
      return waitMs.then((laterMs) => {
        refuse(laterMs, rate);
      });
    },
  };
}
