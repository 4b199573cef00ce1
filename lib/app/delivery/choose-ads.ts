import { andThen, type SoonOrNow } from '../../core/and-then.ts';
import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import {
  adsWanted,
  Choosing,
  type DecisionRequest,
  type Lots,
  type Standings,
} from '../../core/delivery/choose.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Right } from './ad-rights.ts';
import type { RequestRights } from './rights.ts';
import type { RequestWaits } from './request-waits.ts';
import type { Taken, UserCaps } from './user-caps.ts';

/** An ad that has won, and what its decision is signed with. */
export interface Winner {
  readonly row: CatalogRow;
  readonly right: Right;
}

/** What kept ads out that could have been chosen: their ledgers, or the counts of their caps, did not answer. */
export type Degradation = 'leases' | 'frequency';

export interface ChosenAds {
  /** Of the first priority first, and within a priority in the order in which they won. */
  readonly winners: readonly Winner[];
  readonly degraded: readonly Degradation[];
}

export interface ChooseOptions {
  readonly atMs: number;
  readonly draw: Lots;
  readonly rights: Pick<RequestRights, 'isWaiting' | 'isBehind' | 'anyBehind' | 'isDegraded' | 'giveBack'>;
  /** A right for a winner; undefined: there is none, and the next is drawn. */
  readonly take: (row: CatalogRow) => SoonOrNow<Right | undefined>;
  /** undefined: the request names no user. */
  readonly caps: UserCaps | undefined;
  readonly waits: RequestWaits;
}

type IsBarred = (row: CatalogRow) => boolean;

/**
 * Chooses ads, of which some have a goal, a frequency cap, or both. A winner with a goal takes a right first. Then all
 * capped winners are counted at once, before they are shown. If some are refused, their rights go back into the hand,
 * one query tells what else the user has reached, and the missing ads are drawn anew, without those; what is refused
 * after that is drawn from ads without a cap.
 */
export function chooseAds(
  catalog: Catalog,
  request: DecisionRequest,
  options: ChooseOptions,
): SoonOrNow<ChosenAds> {
  const { atMs, draw, rights, take, caps } = options;
  const drawFrom = (kept: Winners, isBarred: IsBarred): SoonOrNow<Winners> => {
    const standings = new RequestStandings(rights, isBarred);
    const choosing = new Choosing(catalog.tickets(request.filter, atMs), request, draw, standings);
    for (const { row } of kept) choosing.keep(row);
    return drawWinners(choosing, adsWanted(request) - kept.length, take);
  };
  const degraded = (isFrequency: boolean): readonly Degradation[] => {
    if (!rights.isDegraded) return isFrequency ? ['frequency'] : [];
    return isFrequency ? ['leases', 'frequency'] : ['leases'];
  };
  if (caps !== undefined) return chooseCapped(drawFrom, degraded, { ...options, caps });
  return andThen(
    drawFrom([], (row) => !row.servesAnonymous),
    (winners) => ({ winners, degraded: degraded(false) }),
  );
}

/** For a user: the capped winners are counted. */
async function chooseCapped(
  drawFrom: (kept: Winners, isBarred: IsBarred) => SoonOrNow<Winners>,
  degraded: (isFrequency: boolean) => readonly Degradation[],
  { rights, caps, waits }: ChooseOptions & { readonly caps: UserCaps },
): Promise<ChosenAds> {
  const refused = new Set<string>();
  const unknown = new Set<string>();
  /** Those that may be shown, once they are counted. */
  const count = async (winners: Winners): Promise<Winners> => {
    const capped = winners.filter(({ row }) => row.capped);
    if (capped.length === 0) return winners;
    // Without a wait left, what is not counted is not shown; that is no failure of the store.
    const unasked: Taken = waits.areLeft ? 'unknown' : 'full';
    const asked = await waits.within(() => caps.take(capped.map(({ row }) => row)));
    const taken: readonly Taken[] = asked ?? capped.map(() => unasked);
    capped.forEach(({ row, right }, index) => {
      if (taken[index] === 'taken') return;
      refused.add(row.id);
      if (taken[index] === 'unknown') unknown.add(row.id);
      if (row.hasGoal) rights.giveBack(row.id, right);
    });
    return winners.filter(({ row }) => !refused.has(row.id));
  };

  const first = await count(await drawFrom([], () => false));
  if (refused.size === 0) return { winners: first, degraded: degraded(false) };
  const mayAsk = unknown.size === 0 && waits.areLeft;
  const isFull = mayAsk ? await waits.within(() => fullOrUnknown(caps)) : undefined;
  const second =
    isFull === undefined
      ? []
      : await count(await drawFrom(first, (row) => refused.has(row.id) || isFull(row)));
  const counted = [...first, ...second];
  // Nothing more is asked for caps.
  const all = [...counted, ...(await drawFrom(counted, (row) => row.capped))];
  return {
    winners: all.toSorted((a, b) => a.row.priority - b.row.priority),
    degraded: degraded(unknown.size > 0 || (mayAsk && isFull === undefined)),
  };
}

type Winners = readonly Winner[];

/** Only ads that have a goal wait or are behind. A class, because a literal with a getter takes a microsecond. */
class RequestStandings implements Standings {
  readonly #rights: Pick<RequestRights, 'isWaiting' | 'isBehind' | 'anyBehind'>;
  readonly #isBarred: IsBarred;

  constructor(rights: Pick<RequestRights, 'isWaiting' | 'isBehind' | 'anyBehind'>, isBarred: IsBarred) {
    this.#rights = rights;
    this.#isBarred = isBarred;
  }

  get anyBehind(): boolean {
    return this.#rights.anyBehind;
  }

  isWaiting(row: CatalogRow): boolean {
    return this.#isBarred(row) || (row.hasGoal && this.#rights.isWaiting(row.id, row));
  }

  isBehind(row: CatalogRow): boolean {
    return row.hasGoal && this.#rights.isBehind(row.id);
  }
}

/** A promise only where a right has to be waited for: most decisions wait for nothing. */
function drawWinners(choosing: Choosing, wanted: number, take: ChooseOptions['take']): SoonOrNow<Winners> {
  const winners: Winner[] = [];
  const add = (row: CatalogRow, right: Right | undefined): void => {
    // The next one is drawn.
    if (right === undefined) return;
    winners.push({ row, right });
    if (winners.length < wanted) choosing.show(row);
  };
  const goOn = (): SoonOrNow<Winners> => {
    while (winners.length < wanted) {
      const row = choosing.next();
      if (row === undefined) break;
      const right = take(row);
      if (right instanceof Promise) {
        return right.then((granted) => {
          add(row, granted);
          return goOn();
        });
      }
      add(row, right);
    }
    choosing.close();
    return winners;
  };
  return goOn();
}

async function fullOrUnknown(caps: UserCaps): Promise<IsBarred | undefined> {
  try {
    return await caps.full();
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    return undefined;
  }
}
