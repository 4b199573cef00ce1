import type { BackoffPolicy } from '../policy.ts';

/**
 * Milliseconds to pause after attempt number `tries` (from 1), in addition to `Retry-After`. Exponential with
 * full jitter, so that clients that failed together do not retry together.
 */
export function backoffMs(
  { baseMs, maxMs }: BackoffPolicy,
  tries: number,
  random: () => number,
  retryAfterMs = 0,
): number {
  return retryAfterMs + random() * Math.min(maxMs, baseMs * 2 ** (tries - 1));
}

/** `Retry-After` in milliseconds from now: seconds, or a date; undefined: absent or neither. */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse accepts almost any text.
  const atMs = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
