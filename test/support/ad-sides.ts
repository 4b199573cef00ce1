import type { MemoryStateStore } from './memory/memory-state-store.ts';

/** What one projection of the ads holds, read from the raw items. */
export interface SideSeen {
  /** Row by ad id, of live ads. */
  readonly ads: Readonly<Record<string, string>>;
  /** Versions with a complete snapshot. */
  readonly snapshots: readonly number[];
  /** Every item under its prefix but tombstones, by partition key and sort key. */
  readonly items: readonly string[];
}

/** `prefix`: '' of the first projection, 'p2.' of the second. */
export function seeSide(store: MemoryStateStore, prefix: '' | 'p2.'): SideSeen {
  const ads: Record<string, string> = {};
  const snapshots: number[] = [];
  const items: string[] = [];
  for (const { key, attributes } of store.all()) {
    const name = key.pk.startsWith(prefix) ? key.pk.slice(prefix.length) : '';
    if (key.table !== 'ads' || !/^(?:ad#|chunk#|snapshots$)/.test(name)) continue;
    const isTombstone = name.startsWith('ad#') && attributes['ad'] === undefined;
    if (isTombstone) continue;
    items.push(`${key.pk}/${key.sk}`);
    if (name.startsWith('ad#')) ads[name.slice('ad#'.length)] = String(attributes['ad']);
    if (name === 'snapshots' && attributes['state'] === 'complete') snapshots.push(Number(key.sk));
  }
  return { ads, snapshots, items };
}
