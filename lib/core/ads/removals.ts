import type { AdChange } from './ad-change.ts';

/** How many changes have removed an ad since the first change, by their reason. */
export interface Removals {
  readonly deleted: number;
  readonly expired: number;
}

export const noRemovals: Removals = { deleted: 0, expired: 0 };

export function addRemovals(before: Removals, changes: readonly AdChange[]): Removals {
  let { deleted, expired } = before;
  for (const change of changes) {
    if (change.type === 'put') continue;
    if (change.reason === 'deleted') deleted += 1;
    else expired += 1;
  }
  return { deleted, expired };
}

/** Every change since the first, by what it did to its ad. */
export interface ChangeCounts extends Removals {
  readonly created: number;
  readonly updated: number;
}

/**
 * Each version is one change, and each ad that was created lives or was removed: so the removals say the rest.
 */
export function changeCounts(version: number, liveAds: number, removals: Removals): ChangeCounts {
  const { deleted, expired } = removals;
  const created = liveAds + deleted + expired;
  return { created, updated: version - created - deleted - expired, deleted, expired };
}
