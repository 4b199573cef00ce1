/** So long after its creation an ad may be on its way from the log to the store (G2). */
const youngMs = 10_000;

/**
 * An id may lie ahead of this clock by as much as clocks differ, or as this one was set back: ids never go back. A
 * removed ad that lies ahead has left a tombstone, which lasts as long (ad-commit.ts), so it is not waited for.
 */
const aheadMsMax = 3_600_000;

/** How long an unknown young id is waited for. */
export const youngIdWaitMs = 2000;

const uuidv7Pattern = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The id is a UUIDv7 whose time is near or to come: if it is unknown, that may be because it is not there yet. */
export function isYoungId(adId: string, nowMs: number): boolean {
  const match = uuidv7Pattern.exec(adId);
  if (match === null) return false;
  const createdAtMs = Number.parseInt(`${match[1] ?? ''}${match[2] ?? ''}`, 16);
  return createdAtMs > nowMs - youngMs && createdAtMs < nowMs + aheadMsMax;
}
