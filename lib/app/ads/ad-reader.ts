import type { Ad } from '../../core/ads/ad.ts';
import { endedUntilMs } from '../../core/ads/ended-ad.ts';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import type { Ports } from '../ports.ts';
import { poll } from '../retry.ts';
import { adKey, endedKey, headKey } from '../state-keys.ts';
import { isTokenMet, parseHead, type AdHead } from './ad-head.ts';
import { parseAdItem } from './ad-items.ts';
import { parseEnded } from './ended-items.ts';
import { createProjectionPointer, type ProjectionPointer } from './projection-pointer.ts';
import { isRecentId } from './recent-id.ts';

export type AdReadResult =
  | { readonly status: 'found' | 'ended'; readonly ad: Ad }
  /**
   * Unknown, deleted or ended. An ad has ended from its end on, whether or not its expiry has been logged.
   */
  | { readonly status: 'not-found' }
  /** A token is not met, or the id is so recent that its ad may still appear. */
  | { readonly status: 'not-caught-up' };

export interface AdReader {
  /**
   * One ad, by consistent reads. `ended`: also one that has ended, as long as the stage keeps it. Rejects with a
   * StateStoreError.
   */
  read(
    adId: string,
    tokens: readonly ConsistencyToken[],
    options?: { readonly ended?: boolean },
  ): Promise<AdReadResult>;
}

/** How long a read waits for its tokens. */
export const tokenWaitMs = 2000;

type Deps = Pick<Ports, 'state' | 'clock' | 'settings'>;

export function createAdReader(deps: Deps): AdReader {
  const pointer = createProjectionPointer(deps);
  return {
    read: async (adId, tokens, { ended = false } = {}) => {
      // The head first: an ad's item that is read after the head includes everything that the head includes.
      if (!(await waitForTokens(deps, tokens))) return { status: 'not-caught-up' };
      const found = await findAd(deps, pointer, adId);
      if (found.status === 'live') return { status: 'found', ad: found.ad };
      // One commit removes the live ad and keeps the ended one, so it is there once the other has gone.
      const ad = ended ? await findEnded(deps, adId, found) : undefined;
      if (ad !== undefined) return { status: 'ended', ad };
      return { status: found.status === 'missing' ? 'not-found' : 'not-caught-up' };
    },
  };
}

async function waitForTokens(deps: Deps, tokens: readonly ConsistencyToken[]): Promise<boolean> {
  const ours = tokens.filter((token) => token.type === 'ads');
  return ours.length === 0 || (await headWith(deps, ours)) !== undefined;
}

/**
 * Reads the head until it includes the writes that the tokens name; undefined: it does not in time. Rejects with a
 * StateStoreError.
 */
export async function headWith(
  { state, clock, settings }: Deps,
  tokens: readonly ConsistencyToken[],
): Promise<AdHead | undefined> {
  const retentionMs = settings.streams['ad-events'].retentionHours * 3_600_000;
  return poll(clock, tokenWaitMs, async () => {
    const head = parseHead(await state.get(headKey));
    return tokens.every((token) => isTokenMet(head, token, clock.nowMs(), retentionMs)) ? head : undefined;
  });
}

/** The ad that has ended, if the stage still keeps it. */
async function findEnded(
  { state, clock, settings }: Deps,
  adId: string,
  found: Exclude<FoundAd, { readonly status: 'live' }>,
): Promise<Ad | undefined> {
  const { endedDays } = settings.ads;
  const nowMs = clock.nowMs();
  if (found.status === 'missing' && found.due !== undefined)
    return nowMs < endedUntilMs(found.due, endedDays) ? found.due : undefined;
  if (endedDays === 0) return undefined;
  return parseEnded(await state.get(endedKey(adId)), endedDays, nowMs);
}

export type FoundAd =
  | { readonly status: 'live'; readonly ad: Ad }
  /** `due`: the ad, if its end has come and it is not yet removed. */
  | { readonly status: 'missing'; readonly due?: Ad }
  /** It did not appear in time, but may appear later. */
  | { readonly status: 'not-yet' };

/** The ad as a client sees it now. Waits for an unknown id that is recent. Rejects with a StateStoreError. */
export async function findAd(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  pointer: ProjectionPointer,
  adId: string,
): Promise<FoundAd> {
  const waitMs = isRecentId(adId, clock.nowMs()) ? recentIdWaitMs : 0;
  const found = await poll(clock, waitMs, async (): Promise<FoundAd | undefined> => {
    const item = parseAdItem(await state.get(adKey(adId, await pointer.current())));
    if (item.status === 'absent') return undefined;
    if (item.status === 'removed') return { status: 'missing' };
    if (item.ad.endAt <= clock.nowMs()) return { status: 'missing', due: item.ad };
    return { status: 'live', ad: item.ad };
  });
  return found ?? { status: waitMs > 0 ? 'not-yet' : 'missing' };
}

/** How long a read waits for an unknown id that is recent. */
const recentIdWaitMs = 2000;
