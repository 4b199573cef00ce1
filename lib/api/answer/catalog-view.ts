import type { CatalogView } from '../../app/ads/catalog-reader.ts';
import type { Ports } from '../../app/ports.ts';
import type { StageSettings } from '../../stages.ts';
import { problem, type ProblemOf } from './answer.ts';

export type FoundView = Extract<CatalogView, { status: 'ok' }>;

/**
 * The headers that name the catalog version and, if the catalog is older than the stage normally allows, its
 * age.
 */
export function catalogHeaders(
  view: FoundView,
  settings: StageSettings,
): Readonly<Record<'Catalog-Version' | 'Consistency-Token', string>> &
  Readonly<Partial<Record<'Catalog-Stale-Ms', string>>> {
  const headers: ReturnType<typeof catalogHeaders> = {
    'Catalog-Version': String(view.catalog.version),
    'Consistency-Token': view.token,
  };
  return isStale(view, settings)
    ? { ...headers, 'Catalog-Stale-Ms': String(Math.round(view.staleMs)) }
    : headers;
}

/** The store failed when the version was last read, so the catalog is older than the normal staleness. */
export function isStale(view: FoundView, settings: StageSettings): boolean {
  return view.staleMs > settings.reader.maxStalenessMs;
}

/** The longest wait that an answer without a catalog asks for. */
const retryAfterSecondsMax = 5;

export function unansweredView(
  view: Exclude<CatalogView, FoundView>,
  { ids, settings }: Pick<Ports, 'ids' | 'settings'>,
): ProblemOf<'not-caught-up' | 'state-unavailable'> {
  if (view.status === 'not-caught-up') return problem('not-caught-up');
  if (view.status === 'unchecked') {
    return problem('state-unavailable', {
      detail:
        'The state store does not answer, so nobody knows whether the catalog is current. Try again, or read without `consistency=strong`.',
    });
  }
  const seconds = settings.reader.staleServeMaxMs / 1000;
  return problem('state-unavailable', {
    // At random: callers of containers that became cold together would come back together.
    headers: { 'Retry-After': String(1 + Math.floor(ids.random() * retryAfterSecondsMax)) },
    detail: `The state store does not answer, and the catalog is older than ${seconds} s. Try again.`,
  });
}
