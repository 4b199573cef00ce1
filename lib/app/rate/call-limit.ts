import { liveRate } from '../control/effective-settings.ts';
import type { Ports } from '../ports.ts';
import { createLeasedRate, type TakeCall } from './leased-rate.ts';

/**
 * The exact limit of a stage's tokens, with the rate as of each call. A token's own rate is exact in every
 * stage, because the usage plan in front has one rate for all. While the settings ask for no exact limit,
 * every other call is allowed and nothing is written for it.
 */
export function createCallLimit(deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>): TakeCall {
  const { settings } = deps;
  const take = createLeasedRate(deps, liveRate(settings));
  return (principal, own) => (own !== undefined || settings.tokens.exactLimit ? take(principal, own) : 0);
}
