import { assert } from '../../assert.ts';
import { leaseRightsMax } from './ledger.ts';

/** When a container asks the ledger of an ad again, and for how much. */
export interface Asking {
  /** It does not ask before this instant, milliseconds since 1970. */
  readonly askAtMs: number;
  /** The next wait is about this long, unless the plan says more. */
  readonly intervalMs: number;
  /** Rights that it asks for if so many are free. */
  readonly size: number;
  /** When it got its last lease; undefined: the last answer was a refusal, or there was none. */
  readonly grantedAtMs: number | undefined;
}

const intervalMinMs = 250;
/**
 * A container waits no longer than about this after the plan has freed a right: it may be the only one, and what it
 * does not ask for by the end is missed.
 */
const intervalMaxMs = 15 * 60_000;
/** Rights may come back before the plan frees one; a container that is refused asks once in eight of the plan at least. */
const accrualsMax = 8;
/** A lease used up faster than this was too small, and one that lasts longer than that was too large. */
const usedUpMs = 10_000;
const unusedMs = 40_000;
/** A lease takes this part of what is free at most, so that other containers get some. */
const partOfFree = 8;

export const firstAsking: Asking = { askAtMs: 0, intervalMs: 1000, size: 1, grantedAtMs: undefined };

/** How many rights to ask for when the last ones are gone; at least one. `free`: as far as the container knows. */
export function leaseSize({ size, grantedAtMs }: Asking, free: number, nowMs: number): number {
  const lasted = grantedAtMs === undefined ? undefined : nowMs - grantedAtMs;
  const fitting =
    lasted === undefined ? size : lasted < usedUpMs ? size * 2 : lasted > unusedMs ? size / 2 : size;
  return Math.max(1, Math.floor(Math.min(fitting, leaseRightsMax, free / partOfFree)));
}

/**
 * After a lease of that many rights. `part` in [0, 1) is random. A container that got one right waits before it asks for
 * the next, so that containers take turns; with `asap` there is nothing to wait for.
 */
export function afterGrant(
  { intervalMs }: Asking,
  rights: number,
  { nowMs, part, asap }: { readonly nowMs: number; readonly part: number; readonly asap: boolean },
): Asking {
  const half = Math.max(intervalMinMs, intervalMs / 2);
  const waitMs = asap || rights > 1 ? 0 : waitOf(half, part);
  return { askAtMs: nowMs + waitMs, intervalMs: half, size: rights, grantedAtMs: nowMs };
}

/**
 * After a refusal. `nextRightAtMs`: when the plan frees a right; undefined: it does not. `accrualMs`: how long the plan
 * takes for one right.
 */
export function afterRefusal(
  { intervalMs }: Asking,
  {
    nowMs,
    part,
    nextRightAtMs = nowMs,
    accrualMs,
  }: {
    readonly nowMs: number;
    readonly part: number;
    readonly nextRightAtMs: number | undefined;
    readonly accrualMs: number;
  },
): Asking {
  const waitMaxMs = Math.max(intervalMaxMs, accrualsMax * accrualMs);
  const double = Math.min(intervalMaxMs, intervalMs * 2);
  const askAtMs = Math.min(nowMs + waitMaxMs, Math.max(nowMs, nextRightAtMs) + waitOf(double, part));
  return { askAtMs, intervalMs: double, size: 1, grantedAtMs: undefined };
}

/** From a half of the interval to one and a half. */
function waitOf(intervalMs: number, part: number): number {
  assert(part >= 0 && part < 1, 'a part is from 0 to 1');
  return Math.round(intervalMs * (0.5 + part));
}
