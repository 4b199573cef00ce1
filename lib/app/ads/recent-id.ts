/**
 * An ad takes a moment from the log to the store. A read of an unknown id therefore waits if the time in the
 * id is recent, unless a tombstone says that the ad was removed. These limits belong together: the tombstone
 * must be there as long as a reader may take the id for recent.
 */

/** For this long after its creation an ad may be on its way from the log to the store (G2). */
const recentMs = 10_000;

/**
 * The time in an id may be ahead of a reader's clock, because clocks differ or because one was set back: ids
 * never go back. An id that is further ahead is simply unknown.
 */
const aheadMsMax = 3_600_000;

/** More than `recentMs`, because the clock of a reader may be behind. */
const tombstoneForAgeMs = 60_000;
const tombstoneLifeMs = aheadMsMax + tombstoneForAgeMs;

/**
 * Whether the id is a UUIDv7 whose time is recent or in the future: its ad may not have been projected yet.
 */
export function isRecentId(adId: string, nowMs: number): boolean {
  const idMs = timeOfId(adId);
  return idMs !== undefined && idMs > nowMs - recentMs && idMs < nowMs + aheadMsMax;
}

/** When the tombstone of an ad that is removed now expires; undefined: none is needed. */
export function tombstoneUntil(adId: string, createdAtMs: number, nowMs: number): number | undefined {
  const youngestMs = Math.max(createdAtMs, timeOfId(adId) ?? 0);
  return youngestMs + tombstoneForAgeMs <= nowMs ? undefined : nowMs + tombstoneLifeMs;
}

const uuidv7Pattern = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** undefined: it is not a UUIDv7. */
function timeOfId(adId: string): number | undefined {
  const match = uuidv7Pattern.exec(adId);
  return match === null ? undefined : Number.parseInt(`${match[1] ?? ''}${match[2] ?? ''}`, 16);
}
