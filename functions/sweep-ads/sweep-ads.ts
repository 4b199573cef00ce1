import middy from '@middy/core';
import { createAdExpirer } from '../../lib/app/ads/ad-expirer.ts';
import { publishChanges } from '../../lib/app/control/publish-changes.ts';
import type { Ports } from '../../lib/app/ports.ts';

/**
 * Expires the ads whose schedule never fired, and logs the changes of the control item whose operator's
 * command did not come to it. A timer invokes it every five minutes, with any event.
 */
export function createSweepAds(
  deps: Pick<Ports, 'adEvents' | 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry'>,
) {
  const expirer = createAdExpirer(deps);
  return middy<unknown, { appended: number }>().handler(async () => {
    const swept = await expirer.sweep();
    await publishChanges(deps);
    return swept;
  });
}
