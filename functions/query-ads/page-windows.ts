import type { Catalog } from '../../lib/core/ads/catalog/catalog.ts';

/** The time between two starts or ends of ads, within which a catalog answers a query always the same. */
export interface PageWindow {
  readonly catalog: Catalog;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly version: string;
  /** Names the catalog's version and the window; first part of an entity tag. */
  readonly tag: string;
}

/** Remembers the last window: the next request mostly falls into it again. */
export function createPageWindows(): { at(catalog: Catalog, nowMs: number): PageWindow } {
  let last: PageWindow | undefined;
  return {
    at(catalog, nowMs) {
      if (last?.catalog === catalog && last.fromMs <= nowMs && nowMs < last.untilMs) return last;
      const fromMs = catalog.lastInstant(nowMs);
      const untilMs = catalog.nextInstant(nowMs) ?? Number.MAX_SAFE_INTEGER;
      const version = String(catalog.version);
      last = { catalog, fromMs, untilMs, version, tag: `${version}-${fromMs.toString(36)}-` };
      return last;
    },
  };
}
