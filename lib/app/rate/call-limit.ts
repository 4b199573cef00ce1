import { liveRate } from '../control/effective-settings.ts';
import type { Ports } from '../ports.ts';
import { createLeasedRate, type TakeCall } from './leased-rate.ts';

/**
 * The exact limit of a stage's tokens, with the rate as of each call. While the settings have none, every call is
 * allowed and nothing is written.
 */
export function createCallLimit(deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>): TakeCall {
  const { settings } = deps;
  const take = createLeasedRate(deps, liveRate(settings));
  return (...call) => (settings.tokens.exactLimit ? take(...call) : 0);
}
