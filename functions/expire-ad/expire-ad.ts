import middy from '@middy/core';
import * as z from 'zod';
import { createAdExpirer } from '../../lib/app/ads/ad-expirer.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { ExpiryInput } from '../../lib/ports/expiry-schedule.ts';

const inputSchema = z.object({
  adId: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  endAtMs: z.int().min(0),
});

/**
 * Appends the expiry of an ad; a schedule invokes it. Rejects if the log does not accept the event, so that
 * the invocation is retried, and with a ZodError for an input that is not from our schedules.
 */
export function createExpireAd(deps: Pick<Ports, 'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry'>) {
  const expirer = createAdExpirer(deps);
  return middy<ExpiryInput, undefined>().handler(async (event) => {
    await expirer.expire(inputSchema.parse(event));
    return undefined;
  });
}
