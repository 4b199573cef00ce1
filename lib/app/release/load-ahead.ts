import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import { errorFields } from '../../ports/error-fields.ts';
import type { CatalogReader } from '../ads/catalog-reader.ts';
import type { Ports } from '../ports.ts';

/** Lambda lets a container begin for 10 s; beyond that it starts again, and its first call waits for that. */
const prepareMsMax = 8000;

/** A provisioned container has 130 s. */
const provisionedPrepareMsMax = 110_000;
const prepareTriesMax = 20;
const pauseMsMax = 5000;

export interface LoadAheadDeps extends Pick<Ports, 'clock' | 'ids' | 'telemetry'> {
  readonly catalogs: Pick<CatalogReader, 'current'>;
}

export interface LoadAheadOptions {
  /** No call waits for the container, so it tries again for longer; default false. */
  readonly provisioned?: boolean | undefined;
  /** Makes of the catalog what the first call would make. */
  readonly use?: (catalog: Catalog) => void;
}

/**
 * Loads the catalog before a container's first call. Never rejects: if the store fails or is slow, the first call goes
 * on with it.
 */
export async function loadAhead(
  { clock, ids, telemetry, catalogs }: LoadAheadDeps,
  { provisioned = false, use }: LoadAheadOptions = {},
): Promise<void> {
  const load = async (triesMax: number): Promise<void> => {
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const view = await catalogs.current([]);
      if (view.status === 'ok') {
        use?.(view.catalog);
        return;
      }
      if (tries < triesMax) await clock.sleep(ids.random() * pauseMsMax);
    }
  };
  const timer = new AbortController();
  const late = clock.sleep(provisioned ? provisionedPrepareMsMax : prepareMsMax, timer.signal);
  try {
    await Promise.race([load(provisioned ? prepareTriesMax : 1), late]);
  } catch (error) {
    // A container that ends here is started again, and fails again; one that begins can say what is wrong.
    telemetry.error('the catalog cannot be loaded', errorFields(error));
  } finally {
    timer.abort();
  }
}
