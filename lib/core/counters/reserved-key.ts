/**
 * The counters of the product itself have keys that begin with U+0001. A caller's key contains no control
 * character, so nobody else can name them.
 */
export const reservedPrefix = '\u0001';

/**
 * The counter of the canary (lib/app/canary): the only reserved one with increments in the log. Those of ads
 * (lib/core/delivery/delivery-key.ts) have tracked events.
 */
export const canaryKey = `${reservedPrefix}canary`;

export function isReservedKey(key: string): boolean {
  return key.startsWith(reservedPrefix);
}
