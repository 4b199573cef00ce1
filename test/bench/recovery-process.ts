import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { ResultHash, startProcessorWatch } from './harness.ts';
import { openBenchLmdb } from './lmdb-stores.ts';
import type { Recovered } from './recovery.bench.ts';

/**
 * A cold reader of the given folder: opens it, makes its catalog, answers one query, and reports how long
 * that took.
 */
const [folder = ''] = process.argv.slice(2);
const startMs = performance.now();
const stores = openBenchLmdb(folder);
const openMs = performance.now();
const stop = startProcessorWatch();
const reader = createCatalogReader({
  state: stores.state,
  clock: systemClock,
  ids: systemIds,
  telemetry: nullTelemetry,
  settings: stageSettings('local'),
});
const view = await reader.current([]);
if (view.status !== 'ok') throw new Error(view.status);
const { items, total } = view.catalog.query({ age: 30 }, adEpochMs, { offset: 0, limit: 10 });
const processorMs = stop();
const readyMs = performance.now() - openMs;
const hash = new ResultHash();
hash.add(total);
for (const item of items) hash.addText(item);
const recovered: Recovered = {
  openedMs: openMs - startMs,
  readyMs,
  processorMs,
  residentMb: process.memoryUsage.rss() / 1e6,
  hash: hash.hex,
};
await stores.close();
process.stdout.write(JSON.stringify(recovered));
