import { statfsSync, statSync } from 'node:fs';
import { dataFile } from '../../adapters/lmdb/data-file.ts';
import type { CatalogReader } from '../../app/ads/catalog-reader.ts';
import type { StreamName } from '../../core/streams.ts';
import type { MappingStats } from '../delivery/event-source-mapping.ts';
import type { HttpServer } from '../http/http-server.ts';
import { counterOf, gaugeOf, type Family, type Sample } from './prometheus-text.ts';

/** The current figures of this process's pipeline. */
export interface PipelineFacts {
  /** By the function that a mapping invokes. */
  readonly mappings: Readonly<Record<string, MappingStats>>;
  readonly logBytes: Readonly<Record<StreamName, number>>;
  readonly catalog: CatalogReader['facts'];
}

export interface RuntimeFacts extends PipelineFacts {
  readonly http: HttpServer['stats'];
  /** With this many requests under way, further ones are answered 503. */
  readonly requestsMax: number;
  /** The stage's limit, to compare the size of the catalog with. */
  readonly liveAdsMax: number;
  readonly folder: string;
}

/** The runtime's gauges at this moment. Two of them are read from the file system. */
export function runtimeFamilies(facts: RuntimeFacts): Family[] {
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name: `adtally_${name}`,
    type: 'gauge',
    help,
    samples,
  });
  const one = (name: string, help: string, value: number | undefined): Family =>
    gaugeOf(`adtally_${name}`, help, value);
  const byFunction = (name: string, help: string, value: (stats: MappingStats) => number): Family =>
    gauge(
      name,
      help,
      Object.entries(facts.mappings).map(([label, stats]) => ({
        labels: { function: label },
        value: value(stats),
      })),
    );
  const { catalog, http } = facts;
  return [
    counterOf(
      'adtally_http_requests',
      'Requests that reached the port, also those that no function saw',
      http.requests,
    ),
    one('http_requests_under_way', 'Requests being answered', http.requestsUnderWay),
    one('http_requests_max', 'Requests under way beyond which the answer is 503', facts.requestsMax),
    byFunction('records_behind', 'Records read from the log and not settled', recordsBehind),
    byFunction(
      'oldest_unsettled_seconds',
      'Age of the oldest of them',
      (stats) => oldestUnsettledMs(stats) / 1000,
    ),
    byFunction('shards', 'Shards being read', ({ shards }) => shards.length),
    byFunction('lanes_busy', 'Lanes with a batch in delivery', lanesBusy),
    byFunction('invocations_running', 'Invocations under way', (stats) => stats.invocationsRunning),
    byFunction('zombies', 'Invocations past their time that still run', (stats) => stats.zombies),
    gauge(
      'log_bytes',
      'Bytes that the records of a log take',
      Object.entries(facts.logBytes).map(([stream, value]) => ({ labels: { stream }, value })),
    ),
    one('catalog_ads', 'Ads in the catalog that answers', catalog.ads),
    one('live_ads_max', 'Live ads beyond which none is created', facts.liveAdsMax),
    one(
      'catalog_age_seconds',
      'Since the catalog was last known to be current',
      catalog.ageMs === undefined ? undefined : catalog.ageMs / 1000,
    ),
    one('data_file_bytes', 'Size of the data file', dataFileBytes(facts.folder)),
    one('disk_free_bytes', 'Room left on the disk of the data folder', diskFreeBytes(facts.folder)),
  ];
}

/** undefined: the data folder was removed. The rest of the page does not need it. */
function dataFileBytes(folder: string): number | undefined {
  return statSync(dataFile(folder), { throwIfNoEntry: false })?.size;
}

function diskFreeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

export function recordsBehind({ shards }: Pick<MappingStats, 'shards'>): number {
  return shards.reduce((sum, shard) => sum + shard.recordsBehind, 0);
}

/** The iterator age of a deployed stage. */
export function oldestUnsettledMs({ shards }: Pick<MappingStats, 'shards'>): number {
  return Math.max(0, ...shards.map((shard) => shard.oldestUnsettledAgeMs ?? 0));
}

function lanesBusy({ shards }: MappingStats): number {
  return shards.reduce((sum, shard) => sum + shard.lanesBusy, 0);
}
