import type { Clock } from '../../ports/clock.ts';
import { metrics, type Telemetry } from '../../ports/telemetry.ts';
import type { RateSettings } from '../../stages.ts';
import type { HttpHandler } from '../http/http-message.ts';
import { addressRange } from './client-address.ts';
import { RateLimiter } from './rate-limiter.ts';
import { tooMany } from './refusals.ts';

export interface AddressLimitOptions {
  readonly rate: RateSettings;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/**
 * Limits all requests of an address, with or without a token, before anything else looks at them: also those
 * that try tokens, and those of documents and of paths that do not exist.
 */
export function limitAddresses(
  handler: HttpHandler,
  { rate, clock, telemetry }: AddressLimitOptions,
): HttpHandler {
  const limiter = new RateLimiter(rate, clock);
  return (request) => {
    const waitMs = limiter.take(addressRange(request.sourceIp));
    if (waitMs === 0) return handler(request);
    telemetry.count(metrics.rateLimited);
    return Promise.resolve(tooMany(rate, Math.ceil(waitMs / 1000), 'address'));
  };
}
