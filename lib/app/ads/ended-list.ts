import type { Ad } from '../../core/ads/ad.ts';
import { dayStartMs, endedUntilMs } from '../../core/ads/ended-ad.ts';
import { matchesContent, type ContentFilter } from '../../core/ads/list-filter.ts';
import { readItemsMax } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { endedDayPartition, endedKey, endedSortKey } from '../state-keys.ts';
import { parseEnded } from './ended-items.ts';

/**
 * Where a list goes on, in the order of ends, newest first: the sort key of the last ad read, or of an instant and
 * of no ad. Compares as text.
 */
export type EndedPlace = string;

export interface EndedPage {
  readonly ads: readonly Ad[];
  /** undefined: no older ad is kept. */
  readonly next: EndedPlace | undefined;
}

/** Days without an end cost a query each; 90 of them are read at once, in under half a second. */
const queriesPerPageMax = 100;

/** The most ads that a page reads to find those of its filter. */
const adsReadPerPageMax = 1000;

/** The clock of the projector that wrote an end may be ahead of the reader's by so much, milliseconds. */
const aheadMsMax = 3_600_000;

/**
 * Ads that have ended, newest end first, from the one after `from` on. A page stops after so many queries or ads
 * read, so it may be short, or empty, and have a `next`. An ad is in the list once the projector has removed it.
 * Reads are strong. Rejects with a StateStoreError.
 */
export async function listEnded(
  { state, clock, settings }: Pick<Ports, 'state' | 'clock' | 'settings'>,
  filter: ContentFilter,
  { from, limit }: { readonly from: EndedPlace | undefined; readonly limit: number },
): Promise<EndedPage> {
  const { endedDays } = settings.ads;
  const nowMs = clock.nowMs();
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const newest = placeBefore(nowMs + aheadMsMax);
  const ads: Ad[] = [];
  let place = from !== undefined && from < newest ? from : newest;
  let read = 0;
  for (let queries = 0; queries < queriesPerPageMax && read < adsReadPerPageMax; queries += 1) {
    const dayMs = dayStartMs(instantOf(place));
    if (endedUntilMs({ endAt: dayMs }, endedDays + 1) <= nowMs) return { ads, next: undefined };
    const pk = endedDayPartition(dayMs);
    // `through` is inclusive, and the ad at the place was on the page before.
    const itemsMax = isFiltered ? readItemsMax : Math.min(limit - ads.length + 1, readItemsMax);
    const range = { table: 'ads', pk, through: place, limit: itemsMax, order: 'descending' } as const;
    const { items, more } = await state.query(range);
    const keys = items.map(({ sk }) => sk).filter((sk) => sk !== place);
    const found = keys.length === 0 ? [] : await state.getMany(keys.map((sk) => endedKey(adIdOf(sk))));
    for (const [index, sk] of keys.entries()) {
      place = sk;
      const ad = parseEnded(found[index], endedDays, nowMs);
      if (ad !== undefined && matchesContent(ad, filter)) ads.push(ad);
      if (ads.length === limit) return { ads, next: place };
    }
    read += keys.length;
    if (!more) place = placeBefore(dayMs);
  }
  return { ads, next: place };
}

/** Whether a text from outside can be a place. */
export function isEndedPlace(text: string): boolean {
  return /^[0-9]{15}[:#]/.test(text);
}

const instantDigits = endedSortKey(0).length;

/** The ends before an instant. A colon sorts after the `#` before an id. */
function placeBefore(instantMs: number): EndedPlace {
  return `${endedSortKey(instantMs - 1)}:`;
}

function instantOf(place: EndedPlace): number {
  return Number(place.slice(0, instantDigits));
}

function adIdOf(sortKey: string): string {
  return sortKey.slice(instantDigits + '#'.length);
}
