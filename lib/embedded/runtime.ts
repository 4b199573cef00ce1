import { joinFolder } from '../adapters/lmdb/join-folder.ts';
import { openLmdb, type LmdbStores } from '../adapters/lmdb/open-lmdb.ts';
import { createConsoleLog } from '../adapters/system/console-log.ts';
import { createMeteredTelemetry } from '../adapters/system/metered-telemetry.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemIds } from '../adapters/system/system-ids.ts';
import { createCatalogReader } from '../app/ads/catalog-reader.ts';
import { createTopKeysWriter } from '../app/counters/hot/top-keys-writer.ts';
import { createAuthorize } from '../app/tokens/authorize.ts';
import { createTokenStore } from '../app/tokens/token-store.ts';
import type { Ports } from '../app/ports.ts';
import type { StreamName } from '../core/streams.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import { noUsageKeys } from '../ports/usage-keys.ts';
import type { Log } from '../ports/telemetry.ts';
import type { FunctionName, RateSettings, StageSettings } from '../stages.ts';
import { createAccessControl } from './access/access-control.ts';
import { createGuard } from './access/guard.ts';
import { guardPage } from './access/guard-page.ts';
import { createGuestRules } from './access/guest-rules.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { createConsoleSource } from './console-source.ts';
import { consumers, createDeliveries, type Deliveries } from './delivery/deliveries.ts';
import type { MappingStats } from './delivery/event-source-mapping.ts';
import { createFunctions } from './functions.ts';
import { createGateway } from './http/gateway.ts';
import { createHousekeeping } from './housekeeping/housekeeping.ts';
import { createPeriodic } from './housekeeping/periodic.ts';
import { defaultHttpLimits, openHttpDoor, type HttpDoor, type HttpLimits } from './http/http-server.ts';
import { createEmbeddedStats, sampleEveryMs } from './metrics/embedded-stats.ts';
import { createMetricsPage, withMetricsPage } from './metrics/metrics-page.ts';
import { limitShards } from './shard-limits.ts';
import { openTracing, type TracingOptions } from './trace/tracing.ts';

/** How long the list of hot keys may lag in a quiet process, milliseconds. */
const keepEveryMs = 1000;

export interface RuntimeOptions {
  /** Created if absent; one process at a time. */
  readonly folder: string;
  readonly settings: StageSettings;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /**
   * Whether calls need a token, as in a deployed stage. Default: once the data folder has had one; until then
   * everybody who reaches the port may do anything.
   */
  readonly tokens?: boolean;
  /** Host names that a server without tokens answers to, besides those of this machine. Default: none. */
  readonly allowHosts?: readonly string[];
  /** Origins whose pages may read answers. Default: of a server without tokens this machine's, else the stage's. */
  readonly corsOrigins?: readonly string[];
  /** Limits calls without a token, by address. Default: none. */
  readonly rate?: RateSettings;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Takes the lines; by default the console does. Metrics are on `/metrics`. */
  readonly log?: Log;
  /** false: no expiry schedule fires. Ads end on time all the same. */
  readonly timer?: boolean;
  readonly limits?: Partial<HttpLimits>;
  /**
   * The disk has failed: reads are answered still, every write is refused, and only a new start on a sound disk helps.
   * By default that is an error in the log and no more.
   */
  readonly onBroken?: (cause: unknown) => void;
  /** Refuses what the shards of Kinesis would refuse (shard-limits.ts). Default: no such limit. */
  readonly shardLimits?: boolean;
  /** Measures requests and batches, and exports a sample, the slowest and the failed. Default: none, at no cost. */
  readonly trace?: TracingOptions;
}

export interface Runtime {
  /** Without a slash at its end. */
  readonly url: string;
  /** The data folder, with every symbolic link resolved. */
  readonly folder: string;
  /** Calls need a token, as of now. */
  readonly guarded: boolean;
  /** Resolves when everything acknowledged before the call has been counted or projected. */
  idle(): Promise<void>;
  stats(): RuntimeStats;
  /** Finishes the requests and batches under way, then closes; what is logged and not yet counted keeps. */
  stop(): Promise<void>;
}

export interface RuntimeStats {
  readonly http: HttpDoor['stats'];
  readonly deliveries: { readonly [Name in keyof Deliveries]: MappingStats };
}

/**
 * The whole pipeline in this process, durable in one folder. Rejects with a DataFolderInUseError when another process
 * has the folder, with a NoTokensError, with a TraceFileError, and with the system's error (EADDRINUSE, EACCES) when the address cannot be had.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { settings, host = '127.0.0.1', port = 0, clock = systemClock, ids = systemIds } = options;
  const telemetries = createMeteredTelemetry(options.log ?? createConsoleLog());
  const telemetry = telemetries.of('runtime');
  // Run backwards, at the stop or when the start fails half way.
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      try {
        await close();
      } catch (error) {
        // The next ones must have their turn, the lock above all.
        telemetry.error('a part did not stop', { error: String(error) });
      }
    }
  };
  try {
    const lock = await lockDataFolder(options.folder, clock);
    closers.push(() => lock.release());
    const tracing = options.trace && (await openTracing(options.trace, { clock, ids, telemetry, settings }));
    if (tracing) closers.push(() => tracing.stop());
    const stores = await joinFolder(lock.folder, clock, () =>
      openLmdb({
        folder: lock.folder,
        streams: logSettings(settings),
        clock,
        onBroken(cause) {
          telemetry.error('the disk failed: nothing can be written from here on', { error: String(cause) });
          options.onBroken?.(cause);
        },
        commitStep: tracing?.commitStep,
      }),
    );
    closers.push(() => stores.close());

    const logs = options.shardLimits === true ? limitedLogs(stores, settings, clock) : {};
    const plainPorts: Ports = { ...stores, ...logs, clock, ids, telemetry, settings };
    const ports = tracing?.ports(plainPorts) ?? plainPorts;
    // The door speaks to browsers for all functions: what it says changes when the first token is made.
    const functionSettings = { ...settings, http: { ...settings.http, corsOrigins: [] } };
    const portsOf = (name: FunctionName): Ports => ({
      ...ports,
      telemetry: telemetries.of(name),
      settings: functionSettings,
    });
    const catalogs = createCatalogReader(portsOf('query-ads'));
    const facts = (): Promise<Record<string, unknown>> =>
      Promise.resolve(healthFacts(catalogs.facts, deliveries, stores));
    const logBytes = (): Record<StreamName, number> => ({
      'ad-events': stores.adEvents.liveBytes(),
      increments: stores.increments.liveBytes(),
    });
    const stats = createEmbeddedStats({
      ...{ sources: telemetries.sources, clock, settings, logBytes },
      mappings: () => mappingStats(deliveries),
      catalog: () => catalogs.facts,
    });
    const topKeys = createTopKeysWriter(portsOf('aggregate-increments'));
    const functions = createFunctions(
      portsOf,
      {
        ...{ catalogs, facts, stats, consolePage: createConsoleSource(), topKeys },
        local: { isOpen: () => !guard.isClosed },
      },
      tracing?.call,
    );
    const readers = { 'ad-events': stores.adEvents, increments: stores.increments };
    const deliveries = createDeliveries(ports, readers, functions);

    const clockwork = createHousekeeping(ports, stores, functions, {
      timer: options.timer ?? true,
    });
    for (const part of clockwork) part.start();
    closers.push(() => Promise.all(clockwork.map((part) => part.stop())));
    const sampling = createPeriodic({
      ...{ name: 'sample the figures', everyMs: sampleEveryMs, clock, telemetry },
      task: () =>
        Promise.try(() => {
          stats.sample();
        }),
    });
    sampling.start();
    closers.push(() => sampling.stop());
    // No Lambda can do that: what the last batches before a silence brought shows at once, and is kept at the stop.
    const keeping = createPeriodic({
      ...{ name: 'keep the hot keys', everyMs: keepEveryMs, clock, telemetry },
      task: () => topKeys.saveAll(),
    });
    keeping.start();
    closers.push(async () => {
      await keeping.stop();
      await topKeys.saveAll();
    });
    const mappings = Object.values(deliveries) as Deliveries[keyof Deliveries][];
    for (const mapping of mappings) mapping.start();
    closers.push(() => Promise.all(mappings.map((mapping) => mapping.stop())));

    if (options.tokens === true) await assertTokens(ports);
    const guard = await createGuard(ports, { open: options.tokens === false });
    guard.start();
    closers.push(() => guard.stop());
    const isGuarded = (): boolean => guard.isClosed;
    const { rate } = options;
    const access = createAccessControl({
      ...{ settings, clock, ids, telemetry, isGuarded },
      authorizer: functions['authorize-request'],
      ...(rate && { anonymousRate: rate }),
    });
    const gateway = createGateway({
      stage: settings.stage,
      functions: functions.http,
      clock,
      ids,
      telemetry,
      // Where anybody may do anything, no call pays for being asked.
      access: (event) => (guard.isClosed || rate !== undefined ? access(event) : undefined),
    });
    closers.push(() => {
      gateway.close();
      return Promise.resolve();
    });
    const metricsPage = createMetricsPage({
      ...portsOf('describe-api'),
      sources: telemetries.sources,
      facts: () => ({
        http: door.stats,
        requestsMax: options.limits?.requestsMax ?? defaultHttpLimits.requestsMax,
        mappings: mappingStats(deliveries),
        logBytes: logBytes(),
        catalog: catalogs.facts,
        liveAdsMax: settings.ads.liveAdsMax,
        folder: lock.folder,
      }),
    });
    closers.push(() => {
      metricsPage.stop();
      return Promise.resolve();
    });
    const guardedMetricsPage = guardPage(metricsPage.handle, createAuthorize(ports));
    const door = await openHttpDoor({
      host,
      port,
      handler: withMetricsPage(gateway.handle, (request) =>
        guard.isClosed ? guardedMetricsPage(request) : metricsPage.handle(request),
      ),
      clock,
      guest: createGuestRules({
        isGuarded,
        hosts: options.allowHosts ?? [],
        origins: options.corsOrigins ?? [],
        stageOrigins: settings.http.corsOrigins,
      }),
      ...(options.limits && { limits: options.limits }),
      ...(tracing && { around: tracing.server }),
    });
    closers.push(() => door.stop());

    let stopped: Promise<void> | undefined;
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${door.port}`,
      folder: lock.folder,
      get guarded() {
        return guard.isClosed;
      },
      async idle() {
        await Promise.all(mappings.map((mapping) => mapping.idle()));
      },
      stats: () => ({ http: door.stats, deliveries: mappingStats(deliveries) }),
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `no-tokens`: calls must have a token, and there is none that could be sent. */
export class NoTokensError extends Error {
  override readonly name = 'NoTokensError';
  readonly code = 'no-tokens';
}

async function assertTokens(ports: Ports): Promise<void> {
  const tokens = await createTokenStore({ ...ports, usageKeys: noUsageKeys }).list();
  if (tokens.length === 0) throw new NoTokensError('the data folder has no token');
}

function limitedLogs(
  { adEvents, increments }: LmdbStores,
  { streams }: StageSettings,
  clock: Clock,
): Pick<Ports, 'adEvents' | 'increments'> {
  return {
    adEvents: limitShards(adEvents, { shardCount: streams['ad-events'].shardCount, clock }),
    increments: limitShards(increments, { shardCount: streams.increments.shardCount, clock }),
  };
}

type LogSettings = Parameters<typeof openLmdb>[0]['streams'];

function logSettings({ streams }: StageSettings): LogSettings {
  const of = (stream: StreamName): LogSettings[StreamName] => ({
    epoch: streams[stream].epoch,
    shardCount: streams[stream].shardCount,
    retentionMs: streams[stream].retentionHours * 3_600_000,
    consumers: [consumers[stream]],
  });
  return { 'ad-events': of('ad-events'), increments: of('increments') };
}

function mappingStats(deliveries: Deliveries): RuntimeStats['deliveries'] {
  return {
    'project-ads': deliveries['project-ads'].stats(),
    'aggregate-increments': deliveries['aggregate-increments'].stats(),
  };
}

function healthFacts(
  catalog: { readonly version: number; readonly ads: number },
  deliveries: Deliveries,
  stores: LmdbStores,
): Record<string, unknown> {
  const behind = ({ shards }: MappingStats): Record<string, number> => ({
    records_behind: shards.reduce((sum, shard) => sum + shard.recordsBehind, 0),
    oldest_ms: Math.max(0, ...shards.map((shard) => shard.oldestUnsettledAgeMs ?? 0)),
  });
  const stats = mappingStats(deliveries);
  return {
    catalog: { version: catalog.version, ads: catalog.ads },
    'ad-events': { ...behind(stats['project-ads']), log_bytes: stores.adEvents.liveBytes() },
    increments: { ...behind(stats['aggregate-increments']), log_bytes: stores.increments.liveBytes() },
  };
}
