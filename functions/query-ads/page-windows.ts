import type { Catalog } from '../../lib/core/ads/catalog/catalog.ts';

/** The time between two starts or ends of ads. Within it a catalog gives the same answer to a query. */
export interface PageWindow {
  readonly catalog: Catalog;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly version: string;
  /** Identifies the catalog's version and the window; the first part of an entity tag. */
  readonly tag: string;
}

/** Keeps the last window, since the next request is mostly in the same one. */
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
