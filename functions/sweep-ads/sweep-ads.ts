import middy from '@middy/core';
import { createAdExpirer } from '../../lib/app/ads/ad-expirer.ts';
import { publishChanges } from '../../lib/app/control/publish-changes.ts';
import { sweepRights, type SweepTurn } from '../../lib/app/delivery/sweep-rights.ts';
import type { Ports } from '../../lib/app/ports.ts';

/**
 * Expires the ads whose schedule never fired, logs the changes of the control item whose operator's command did not
 * come to it, and takes back the rights of ads that nobody asks for. A timer invokes it every five minutes, with any
 * event.
 */
export function createSweepAds(
  deps: Pick<
    Ports,
    'adEvents' | 'increments' | 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry' | 'settings'
  >,
) {
  const expirer = createAdExpirer(deps);
  const turn: SweepTurn = { after: '' };
  return middy<unknown, { appended: number }>().handler(async () => {
    const swept = await expirer.sweep();
    await publishChanges(deps);
    await sweepRights(deps, expirer.goalAds(), turn);
    return swept;
  });
}
