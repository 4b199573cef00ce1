import type { RateSettings } from '../../stages.ts';

/** `200:1000` is 200 calls a second, 1,000 in a burst. */
export function rateText({ ratePerSecond, burst }: RateSettings): string {
  return `${ratePerSecond}:${burst}`;
}

/** What `parseRate` reads, for messages. */
export const rateForm = 'calls a second, as in 200 or 200:1000, each from 1 to 9999999';

/** Reads `n` or `n:b`; the default burst is 5 n, the calls of a window. undefined: neither. */
export function parseRate(text: string): RateSettings | undefined {
  const [, perSecond, burst] = /^(\d{1,7})(?::(\d{1,7}))?$/.exec(text) ?? [];
  const ratePerSecond = Number(perSecond);
  const rate = { ratePerSecond, burst: burst === undefined ? 5 * ratePerSecond : Number(burst) };
  return rate.ratePerSecond > 0 && rate.burst > 0 ? rate : undefined;
}
