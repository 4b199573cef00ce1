/**
 * What loading a catalog costs on this machine, for the fleet's virtual time (measured.ts):
 *
 *   npm run fleet:measure -- --ads 1000000
 *
 * Goals: processor time of a cold reader, from the chunks in memory to a catalog that answers, and the units that
 * DynamoDB counts for those chunks. Non-goals: the network, which the fleet assumes.
 */
import { attributesBytes } from '../../lib/adapters/items/item-size.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { optionLines, parseOptions, runCommand, whole } from '../../lib/options.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adsDescription } from '../bench/catalog-data.ts';
import { startProcessorWatch } from '../bench/harness.ts';
import { markdownTable } from '../bench/tables.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { writeAds } from './ads-at-rest.ts';

const readUnitBytes = 4096;

async function measure(ads: number): Promise<readonly string[]> {
  const state = createMemoryStateStore();
  await writeAds({ state, clock: systemClock }, { ads, changes: 0 });
  const sizes = state
    .all()
    .filter(({ key }) => key.pk.startsWith('chunk#'))
    .map(({ attributes }) => attributesBytes(attributes));
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
  const units = sizes.reduce((sum, size) => sum + Math.ceil(size / readUnitBytes), 0);
  const deps = { state, clock: systemClock, ids: systemIds, telemetry: nullTelemetry };
  const stop = startProcessorWatch();
  const beganMs = performance.now();
  const view = await createCatalogReader({ ...deps, settings: stageSettings('prod') }).current([]);
  const tookMs = performance.now() - beganMs;
  const processorMs = stop();
  if (view.status !== 'ok' || view.catalog.size !== ads) throw new Error('the catalog was not loaded');
  return [
    ads.toLocaleString('en'),
    `${sizes.length} of ${megabytes.toFixed(1)} MB`,
    units.toLocaleString('en'),
    `${Math.round(processorMs)} (${Math.round(tookMs)} by the clock)`,
    (processorMs / megabytes).toFixed(1),
  ];
}

const options = {
  ads: whole({ about: 'how many the catalog has', min: 1, max: 1_000_000, default: 100_000 }),
};

const usage = `Loads a catalog once and prints what that costs: npm run fleet:measure -- [options]

${optionLines(options)}
Exit codes: 0 measured, 2 wrong arguments, 4 the code crashed.
`;

async function main({ ads }: { readonly ads: number }): Promise<number> {
  const row = await measure(ads);
  console.log(
    `Ads: ${adsDescription}. Node ${process.version}; the process had not loaded a catalog before.`,
  );
  console.log(
    markdownTable([['ads', 'chunks', 'read units, strong', 'processor ms of a load', 'ms per MB'], row]),
  );
  return 0;
}

await runCommand({
  name: 'fleet:measure',
  usage,
  read: (args) => parseOptions(args, options).values,
  run: main,
});
