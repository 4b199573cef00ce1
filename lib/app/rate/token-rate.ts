import type { RateSettings, StageSettings } from '../../stages.ts';

/**
 * The rate that holds for a token: its own, or the stage's. While an operator has lowered the stage's
 * (`rateCeiling`), no token has more, because an emergency has no exceptions.
 */
export function tokenRate(
  own: RateSettings | undefined,
  { tokens }: Pick<StageSettings, 'tokens'>,
): RateSettings {
  const { rate, rateCeiling = {} } = tokens;
  if (own === undefined) return rate;
  const { ratePerSecond = own.ratePerSecond, burst = own.burst } = rateCeiling;
  return {
    ratePerSecond: Math.min(own.ratePerSecond, ratePerSecond),
    burst: Math.min(own.burst, burst),
  };
}
