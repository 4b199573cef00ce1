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

/** A container leases a window's quota in this many parts, one write each. */
const leasesPerWindow = 50;

/** The most principals that API Gateway can keep keys for. */
const leasesMax = 10_000;

interface Lease {
  readonly window: number;
  left: number;
  /** The window's quota is used up in all containers. */
  exhausted: boolean;
}

/**
 * An exact limit over all containers; a usage plan's is best effort. With a conditional write, each container
 * leases a fiftieth of a principal's quota for a window and spends it alone. So a window lets through at most
 * its quota, `ratePerSecond` × 5 s (or `burst`, if that is more). A lease that a container does not spend is
 * lost to the others, at most a fiftieth each. Each container uses its own clock for its windows. Costs one
 * write per fiftieth of a quota (20 calls at 200 a second: $0.03 per million calls), and a few milliseconds
 * in the call that makes it. While the store fails, calls are allowed: a limiter that refused them would turn
 * the store's outage into an outage of every call. The usage plan still limits them. A rate that changes
 * holds from the next lease on.
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
      return 0;
    }
    return lease.exhausted ? Math.max(1, (lease.window + 1) * windowMs - nowMs) : undefined;
  };

  return (principal, own = rate) => {
    const nowMs = deps.clock.nowMs();
    const window = Math.floor(nowMs / windowMs);
    const known = leases.get(principal);
    const lease = known?.window === window ? known : { window, left: 0, exhausted: false };
    const waitMs = spend(lease, nowMs);
    if (waitMs !== undefined) return waitMs;
    leases.delete(principal);
    leases.set(principal, lease);
    if (leases.size > leasesMax) leases.delete(leases.keys().next().value ?? '');
    const quota = callsOfWindow(own);
    const size = Math.max(1, Math.floor(quota / leasesPerWindow));
    return renew(deps, { principal, quota, size, window }).then((granted) => {
      if (granted === 'unknown') return 0;
      lease.left += granted;
      lease.exhausted = granted === 0;
      const laterMs = spend(lease, deps.clock.nowMs());
      assert(laterMs !== undefined, 'a lease has something in it, or never will');
      return laterMs;
    });
  };
}

interface LeaseRequest {
  readonly principal: string;
  readonly quota: number;
  readonly size: number;
  readonly window: number;
}

/**
 * The number of leased calls; 0: the quota is spent. The last lease of a quota is what is left of it. If the
 * answer to a write is lost, no container spends that lease.
 */
async function renew(
  { state, telemetry }: Pick<Ports, 'state' | 'telemetry'>,
  { principal, quota, size, window }: LeaseRequest,
): Promise<number | 'unknown'> {
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
    if (result.status !== 'written') return 0;
    const leased = result.item?.['leased'];
    assert(typeof leased === 'bigint', 'a lease that was written is counted');
    return size - Math.max(0, Number(leased) - quota);
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    telemetry.warn('a rate could not be checked; the call is allowed', { code: error.code });
    return 'unknown';
  }
}
