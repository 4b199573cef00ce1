import { problem, type ProblemOf } from '../../lib/api/answer/answer.ts';
import type { CatalogView } from '../../lib/app/ads/catalog-reader.ts';
import type { StageSettings } from '../../lib/stages.ts';

export type FoundView = Extract<CatalogView, { status: 'ok' }>;

/** Says which catalog answered and, when it is older than the stage normally allows, how old. */
export function catalogHeaders(
  view: FoundView,
  settings: StageSettings,
): Readonly<Record<'Catalog-Version' | 'Consistency-Token', string>> &
  Readonly<Partial<Record<'Catalog-Stale-Ms', string>>> {
  return {
    'Catalog-Version': String(view.catalog.version),
    'Consistency-Token': view.token,
    ...(isStale(view, settings) && { 'Catalog-Stale-Ms': String(Math.round(view.staleMs)) }),
  };
}

/** The store failed when the version was last asked for: this is older than a reader's normal staleness. */
export function isStale(view: FoundView, settings: StageSettings): boolean {
  return view.staleMs > settings.reader.maxStalenessMs;
}

export function unansweredView(
  view: Exclude<CatalogView, FoundView>,
  settings: StageSettings,
): ProblemOf<'not-caught-up' | 'state-unavailable'> {
  if (view.status === 'not-caught-up') return problem('not-caught-up');
  const seconds = settings.reader.staleServeMaxMs / 1000;
  return problem('state-unavailable', {
    detail: `The state store does not answer, and there is no catalog younger than ${seconds} s to serve.`,
  });
}
