import { assert } from '../../core/assert.ts';
import type { RateSettings } from '../../stages.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { rateKey } from '../state-keys.ts';

/**
 * 0: the call is allowed. Otherwise the milliseconds until the next window. `own`: the principal's rate;
 * undefined: the stage's. Never rejects: see `createLeasedRate`.
 */
export type TakeCall = (principal: string, own?: RateSettings) => number | Promise<number>;

/** Long enough for a whole number of calls, short enough to wait for; `RateLimit-Policy` names it. */
export const windowMs = 5000;

/** The calls of a window: those of its seconds, or the burst if that is more. */
export function callsOfWindow({ ratePerSecond, burst }: RateSettings): number {
  return Math.max(1, Math.floor(Math.max((ratePerSecond * windowMs) / 1000, burst)));
}

/** A container may hold this part of what it has spent in this window and the one before. */
const partOfSpent = 8;

/** And this part of what the window has left: near the limit, leases are small again. */
const partOfLeft = 16;

/** 500 a second: half of what DynamoDB takes for one item. Greater quotas begin with greater leases. */
const leasesPerWindowMax = 2500;

/** The most principals that API Gateway can keep keys for. */
const leasesMax = 10_000;

interface Lease {
  readonly window: number;
  /** Calls that this container let through in the window before. */
  readonly before: number;
  spent: number;
  left: number;
  /** Asked for, and not yet answered. */
  coming: number;
  /** Leased by all containers, as far as this one knows. */
  leased: number;
  /** The window's quota is used up in all containers. */
  exhausted: boolean;
}

/**
 * An exact limit over all containers; a usage plan's is best effort. With a conditional write, a container
 * leases some of a principal's quota for a window and spends it alone. So a window lets through at most its
 * quota, `ratePerSecond` × 5 s (or `burst`, if that is more).
 *
 * What a container leases and does not spend is lost to the others until the window ends. So the first lease
 * is one call, and a later one an eighth of the calls that the container has let through in this window and
 * the one before. Then all containers together hold at most that eighth: while no window has had more than
 * four fifths of its quota, none refuses a call, however many containers share it; and no window ever refuses
 * before seven ninths. This is for a quota of up to 2,500; of a greater one each container may hold its first
 * lease too, a 2,500th.
 *
 * A container that dies with a lease loses no more than it may hold. Each uses its own clock for its windows.
 * Costs at most one write a call, and about ten per container and window, each a few milliseconds in the call
 * that makes it. While the store fails, calls are allowed: a limiter that refused them would turn the store's
 * outage into an outage of every call. The usage plan still limits them. A rate that changes holds from the
 * next lease on.
 */
export function createLeasedRate(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry'>,
  rate: RateSettings,
): TakeCall {
  /** Least recently leased first. */
  const leases = new Map<string, Lease>();

  const spend = (lease: Lease, nowMs: number): number | undefined => {
    if (lease.left > 0) {
      lease.left -= 1;
      lease.spent += 1;
      return 0;
    }
    return lease.exhausted ? Math.max(1, (lease.window + 1) * windowMs - nowMs) : undefined;
  };

  return (principal, own = rate) => {
    const nowMs = deps.clock.nowMs();
    const lease = leaseOf(leases.get(principal), Math.floor(nowMs / windowMs));
    const waitMs = spend(lease, nowMs);
    if (waitMs !== undefined) return waitMs;
    leases.delete(principal);
    leases.set(principal, lease);
    if (leases.size > leasesMax) leases.delete(leases.keys().next().value ?? '');
    const quota = callsOfWindow(own);
    const size = sizeOf(lease, quota);
    lease.coming += size;
    return renew(deps, { principal, quota, size, window: lease.window }).then((answer) => {
      lease.coming -= size;
      if (answer === 'unknown') return 0;
      lease.left += answer.granted;
      lease.leased = Math.max(lease.leased, answer.leased);
      lease.exhausted = answer.granted === 0;
      const laterMs = spend(lease, deps.clock.nowMs());
      assert(laterMs !== undefined, 'a lease has something in it, or never will');
      return laterMs;
    });
  };
}

/** What is known of the window, or its beginning. */
function leaseOf(known: Lease | undefined, window: number): Lease {
  if (known?.window === window) return known;
  const before = known?.window === window - 1 ? known.spent : 0;
  return { window, before, spent: 0, left: 0, coming: 0, leased: 0, exhausted: false };
}

/** Calls at once share what a lease may have: all but the first ask for the least. */
function sizeOf({ before, spent, coming, leased }: Lease, quota: number): number {
  const wanted = Math.min((before + spent) / partOfSpent, (quota - leased) / partOfLeft);
  return Math.max(Math.ceil(quota / leasesPerWindowMax), Math.floor(wanted) - coming);
}

interface LeaseRequest {
  readonly principal: string;
  readonly quota: number;
  readonly size: number;
  readonly window: number;
}

/** What a write leased, and what all containers have leased by then. */
interface Renewal {
  /** 0: the quota is spent. */
  readonly granted: number;
  readonly leased: number;
}

/**
 * The last lease of a quota is what is left of it. If the answer to a write is lost, no container spends that
 * lease.
 */
async function renew(
  { state, telemetry }: Pick<Ports, 'state' | 'telemetry'>,
  { principal, quota, size, window }: LeaseRequest,
): Promise<Renewal | 'unknown'> {
  try {
    const result = await state.write({
      type: 'update',
      key: rateKey(principal, window),
      add: { leased: BigInt(size) },
      set: { expires_at: BigInt(Math.ceil(((window + 2) * windowMs) / 1000)) },
      condition: {
        op: 'any',
        of: [
          { op: 'absent', attribute: 'leased' },
          { op: '<', attribute: 'leased', value: BigInt(quota) },
        ],
      },
    });
    if (result.status !== 'written') return { granted: 0, leased: quota };
    const leased = result.item?.['leased'];
    assert(typeof leased === 'bigint', 'a lease that was written is counted');
    return { granted: size - Math.max(0, Number(leased) - quota), leased: Number(leased) };
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    telemetry.warn('a rate could not be checked; the call is allowed', { code: error.code });
    return 'unknown';
  }
}
