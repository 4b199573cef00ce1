import type { Attributes, ItemKey } from '../../../lib/ports/state-store.ts';
import type { ModelAd, ModelChange } from './ad-model.ts';
import { rowOf, storedRow } from './ad-rows.ts';

/** What a stage keeps of ads that have ended, written from the documents, with plain arithmetic. */

const dayMs = 86_400_000;

/** The first instant at which nobody may be shown the ad any more. */
export function keptUntilMs({ endAt }: Pick<ModelAd, 'endAt'>, endedDays: number): number {
  return endAt + endedDays * dayMs;
}

/** Name -> text of the items that a commit of this change writes. */
export function endedItems(change: ModelChange, endedDays: number): ReadonlyMap<string, string> {
  const items = new Map<string, string>();
  if (change.type !== 'remove' || change.reason !== 'expired' || endedDays === 0) return items;
  const { ad, version } = change;
  const until = `until ${Math.ceil(keptUntilMs(ad, endedDays) / 1000)}`;
  const day = new Date(ad.endAt).toISOString().slice(0, 10);
  items.set(`ended#${ad.id}`, `${rowOf(ad)} ended ${version} ${until}`);
  items.set(`ended#day#${day}/${String(ad.endAt).padStart(15, '0')}#${ad.id}`, until);
  return items;
}

/** The name that `endedItems` gives such an item; undefined: it is none. */
export function endedName({ pk, sk }: Pick<ItemKey, 'pk' | 'sk'>): string | undefined {
  if (!pk.startsWith('ended#')) return undefined;
  return sk === '' ? pk : `${pk}/${sk}`;
}

/** A stored one, comparable with `endedItems`. */
export function storedEnded({ sk }: Pick<ItemKey, 'sk'>, item: Attributes | undefined): string {
  if (item === undefined) return 'gone';
  const until = `until ${String(item['expires_at'])}`;
  return sk === '' ? `${storedRow(item['ad'])} ended ${String(item['ended_version'])} ${until}` : until;
}

/** The newest end first; of one instant the highest id. 0: the same ad. */
export function byEnd(a: ModelAd, b: ModelAd): number {
  if (a.id === b.id) return 0;
  return b.endAt - a.endAt || (a.id < b.id ? 1 : -1);
}
