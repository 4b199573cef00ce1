import { formatInstant } from '../instant.ts';
import { reservedPrefix } from './reserved-key.ts';

/** What is counted of each caller. */
export const usageKinds = ['calls', 'increments'] as const;
export type UsageKind = (typeof usageKinds)[number];

/** Days for which usage is kept. */
export const usageKeptDays = 400;

/** The counter of a caller's calls, or of its increments, in one day (UTC). */
export function usageCounterKey(day: string, kind: UsageKind, principal: string): string {
  return `${reservedPrefix}usage/${day}/${kind}/${principal}`;
}

/** The day (UTC) of an instant, `2026-07-01`. */
export function dayOf(instantMs: number): string {
  return formatInstant(instantMs).slice(0, 10);
}

export const dayMs = 86_400_000;

/** The first instant of the day (UTC) of an instant. */
export function startOfDayMs(instantMs: number): number {
  return Math.floor(instantMs / dayMs) * dayMs;
}
