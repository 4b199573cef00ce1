import type { Ad } from '../../core/ads/ad.ts';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import type { Ports } from '../ports.ts';
import { poll } from '../retry.ts';
import { adKey, headKey } from '../state-keys.ts';
import { isTokenMet, parseHead } from './ad-head.ts';
import { parseAdItem } from './ad-items.ts';
import { createProjectionPointer, type ProjectionPointer } from './projection-pointer.ts';
import { isRecentId } from './recent-id.ts';

export type AdReadResult =
  | { readonly status: 'found'; readonly ad: Ad }
  /**
   * Unknown, deleted or ended. An ad has ended from its end on, whether or not its expiry has been logged.
   */
  | { readonly status: 'not-found' }
  /** A token is not met, or the id is so recent that its ad may still appear. */
  | { readonly status: 'not-caught-up' };

export interface AdReader {
  /** One ad, by consistent reads. Rejects with a StateStoreError. */
  read(adId: string, tokens: readonly ConsistencyToken[]): Promise<AdReadResult>;
}

/** How long a read waits for its tokens. */
export const tokenWaitMs = 2000;

type Deps = Pick<Ports, 'state' | 'clock' | 'settings'>;

export function createAdReader(deps: Deps): AdReader {
  const pointer = createProjectionPointer(deps);
  return {
    read: async (adId, tokens) => {
      // The head first: an ad's item that is read after the head includes everything that the head includes.
      if (!(await waitForTokens(deps, tokens))) return { status: 'not-caught-up' };
      const found = await findAd(deps, pointer, adId);
      if (found.status === 'live') return { status: 'found', ad: found.ad };
      return { status: found.status === 'missing' ? 'not-found' : 'not-caught-up' };
    },
  };
}

async function waitForTokens(deps: Deps, tokens: readonly ConsistencyToken[]): Promise<boolean> {
  const { state, clock, settings } = deps;
  const ours = tokens.filter((token) => token.type === 'ads');
  if (ours.length === 0) return true;
  const retentionMs = settings.streams['ad-events'].retentionHours * 3_600_000;
  const met = await poll(clock, tokenWaitMs, async () => {
    const head = parseHead(await state.get(headKey));
    return ours.every((token) => isTokenMet(head, token, clock.nowMs(), retentionMs)) ? true : undefined;
  });
  return met === true;
}

export type FoundAd =
  | { readonly status: 'live'; readonly ad: Ad }
  | { readonly status: 'missing' }
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
    if (item.status === 'removed' || item.ad.endAt <= clock.nowMs()) return { status: 'missing' };
    return { status: 'live', ad: item.ad };
  });
  return found ?? { status: waitMs > 0 ? 'not-yet' : 'missing' };
}

/** How long a read waits for an unknown id that is recent. */
const recentIdWaitMs = 2000;
