import type { WarmContainer } from '../../core/release/release-rules.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CatalogReader } from '../ads/catalog-reader.ts';

/** What a version gets instead of a request before it gets any. No event of API Gateway has this member. */
export interface WarmUpCall {
  readonly warmUp: {
    /**
     * How long the container stays busy once it is warm, 0..5000 ms, so that another call that is under way
     * gets another container.
     */
    readonly holdMs: number;
  };
}

const holdMsMax = 5000;

/** A container's answer to a WarmUpCall. */
export interface WarmUpAnswer {
  readonly container: string;
  readonly version: string;
  /** null: it could not load the catalog. */
  readonly catalogVersion: number | null;
}

export function isWarmUpCall(event: unknown): event is WarmUpCall {
  return typeof event === 'object' && event !== null && 'warmUp' in event;
}

/** Loads the catalog, or brings it up to date, stays busy for a while, and reports. */
export async function warmUp(
  { catalogs, clock, container, version }: WarmUpDeps,
  { warmUp: { holdMs } }: WarmUpCall,
): Promise<WarmUpAnswer> {
  // Strong: the version that it reports was the newest after the call began.
  const view = await catalogs.current([], 'strong');
  const catalogVersion = view.status === 'ok' ? view.catalog.version : null;
  await clock.sleep(Math.min(Math.max(holdMs, 0), holdMsMax));
  return { container, version, catalogVersion };
}

export interface WarmUpDeps {
  readonly catalogs: Pick<CatalogReader, 'current'>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Names this container among all. */
  readonly container: string;
  /** The function's version, as Lambda numbers them. */
  readonly version: string;
}

/** undefined: it is no answer of `warmUp`, so the version does not know the call. */
export function readWarmUpAnswer(answer: unknown): WarmContainer | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { container, version, catalogVersion } = answer as Readonly<Record<string, unknown>>;
  if (typeof container !== 'string' || typeof version !== 'string') return undefined;
  return {
    container,
    version,
    catalogVersion: typeof catalogVersion === 'number' ? catalogVersion : undefined,
  };
}
