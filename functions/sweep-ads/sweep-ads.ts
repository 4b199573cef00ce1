import middy from '@middy/core';
import { createAdExpirer } from '../../lib/app/ads/ad-expirer.ts';
import type { Ports } from '../../lib/app/ports.ts';

/** Expires the ads whose schedule never fired. A timer invokes it every five minutes, with any event. */
export function createSweepAds(deps: Pick<Ports, 'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry'>) {
  const expirer = createAdExpirer(deps);
  return middy<unknown, { appended: number }>().handler(async () => expirer.sweep());
}
