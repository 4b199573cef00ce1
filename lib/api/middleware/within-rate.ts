import type { TakeCall } from '../../app/rate/leased-rate.ts';
import { parseRate } from '../../app/rate/rate-text.ts';
import { metrics, type Telemetry } from '../../ports/telemetry.ts';
import type { RateSettings } from '../../stages.ts';
import { RefusedRequest } from '../answer/answer.ts';
import { rateHeaders } from '../answer/refusal-headers.ts';
import { principalOf } from '../request/principal.ts';
import type { Edge } from './edge.ts';

/**
 * Refuses calls of a token beyond its rate: its own, which the authorizer names, or `rate`. Calls without a
 * token have no principal to count for; the web ACL limits them by address.
 */
export function withinRate(take: TakeCall, rate: RateSettings, telemetry: Pick<Telemetry, 'count'>): Edge {
  const refuse = (waitMs: number, { ratePerSecond, burst }: RateSettings): void => {
    if (waitMs === 0) return;
    telemetry.count(metrics.rateLimited);
    throw new RefusedRequest('too-many-requests', {
      detail: `The token may make ${ratePerSecond} calls per second on average. Wait for \`Retry-After\`.`,
      headers: rateHeaders({ ratePerSecond, burst }, Math.max(1, Math.ceil(waitMs / 1000))),
    });
  };
  return {
    before: ({ event }) => {
      const authorizer = event.requestContext.authorizer as
        { readonly principalId?: unknown; readonly rate?: unknown } | null | undefined;
      if (typeof authorizer?.principalId !== 'string') return undefined;
      const own = typeof authorizer.rate === 'string' ? parseRate(authorizer.rate) : undefined;
      const waitMs = take(principalOf(event), own);
      if (typeof waitMs === 'number') {
        refuse(waitMs, own ?? rate);
        return undefined;
      }
      return waitMs.then((laterMs) => {
        refuse(laterMs, own ?? rate);
      });
    },
  };
}
