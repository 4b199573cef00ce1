import { join } from 'node:path';
import { joinFolder } from '../adapters/lmdb/join-folder.ts';
import { openLmdb, type LmdbStores, type OpenLmdbOptions } from '../adapters/lmdb/open-lmdb.ts';
import { createFileStoredBook } from '../adapters/system/file-stored-book.ts';
import { createConsoleLog } from '../adapters/system/console-log.ts';
import { createMeteredTelemetry } from '../adapters/system/metered-telemetry.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemIds } from '../adapters/system/system-ids.ts';
import { createControlFollower } from '../app/control/control-follower.ts';
import { liveSettings } from '../app/control/effective-settings.ts';
import type { Ports } from '../app/ports.ts';
import type { StreamName } from '../core/streams.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, Telemetry } from '../ports/telemetry.ts';
import type { RateSettings, StageSettings } from '../stages.ts';
import { createTokenRequirement } from './access/token-requirement.ts';
import { startApiServer } from './api-server.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { consumers } from './delivery/deliveries.ts';
import type { HttpLimits, HttpServer } from './http/http-server.ts';
import { startParts } from './parts.ts';
import { createPipeline, type DeliveryFacts } from './pipeline.ts';
import { limitLogs } from './shard-limits.ts';
import { openTracing, type Tracing, type TracingOptions } from './trace/tracing.ts';

export interface RuntimeOptions {
  /** Created if absent; one process at a time. */
  readonly folder: string;
  readonly settings: StageSettings;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /**
   * Whether calls need a token, as in a deployed stage. Default: once the data folder has had one. Until then
   * anyone who reaches the port may do anything.
   */
  readonly tokens?: boolean;
  /** Host names that a server without tokens answers to, besides those of this machine. Default: none. */
  readonly allowHosts?: readonly string[];
  /**
   * Origins whose pages may read answers. Default: without tokens those of this machine, else those of the
   * stage.
   */
  readonly corsOrigins?: readonly string[];
  /** Limits calls without a token, by address. Default: none. */
  readonly rate?: RateSettings;
  /** Limits all requests of an address, with or without a token. Default: none. */
  readonly ratePerAddress?: RateSettings;
  /** Addresses of proxies whose `X-Forwarded-For` names the client. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Default 0: any free port. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Receives the log lines. Default: the console. Metrics are on `/metrics`. */
  readonly log?: Log;
  /** false: no expiry schedule fires. Ads still end on time. */
  readonly timer?: boolean;
  readonly limits?: Partial<HttpLimits>;
  /**
   * Called when the disk has failed. Reads are still answered and every write is refused, until a restart on
   * a working disk. Default: an error in the log.
   */
  readonly onBroken?: (cause: unknown) => void;
  /** Refuses what the shards of Kinesis would refuse (shard-limits.ts). Default: false. */
  readonly shardLimits?: boolean;
  /**
   * Measures requests and batches, and exports a sample, the slowest and the failed. Default: none, at no
   * cost.
   */
  readonly trace?: TracingOptions;
}

export interface Runtime {
  /** Without a slash at its end. */
  readonly url: string;
  /** The data folder, with every symbolic link resolved. */
  readonly folder: string;
  /** Calls need a token, as of now. */
  readonly requiresToken: boolean;
  /** false: the disk of the folder has no room, and every write is refused. */
  isWritable(): boolean;
  /** Resolves when everything acknowledged before the call has been counted or projected. */
  idle(): Promise<void>;
  stats(): RuntimeStats;
  /**
   * Finishes the requests and batches under way, then closes. Increments that are not counted yet stay in the
   * log.
   */
  stop(): Promise<void>;
}

export interface RuntimeStats {
  readonly http: HttpServer['stats'];
  readonly deliveries: DeliveryFacts['mappings'];
}

/**
 * The whole pipeline in this process, durable in one folder. Rejects with a DataFolderInUseError when another
 * process has the folder, with a FolderBusyError, with a DataFolderUnusableError, with a DataFormatError, with a
 * NoTokensError, with a TraceFileError, and with the system's error (EADDRINUSE, EACCES) when the address is not
 * available.
 */
export function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { settings, host = '127.0.0.1', clock = systemClock } = options;
  const telemetries = createMeteredTelemetry(options.log ?? createConsoleLog());
  const telemetry = telemetries.of('runtime');
  const own = { clock, ids: systemIds, telemetry, settings };
  return startParts(telemetry, async (parts) => {
    const { folder } = await parts.open(
      'lock of the data folder',
      () => lockDataFolder(options.folder, clock),
      (lock) => lock.release(),
    );
    const { trace } = options;
    const tracing = trace && (await parts.open('trace', () => openTracing(trace, own), closeTracing));
    const stores = await parts.open(
      'stores',
      () => openStores(folder, options, { clock, telemetry, tracing }),
      (opened) => opened.close(),
    );
    const logs = options.shardLimits === true ? limitLogs(stores, settings, clock) : {};
    const plainPorts: Ports = { ...stores, ...logs, ...own };
    const ports = tracing?.ports(plainPorts) ?? plainPorts;
    // Each look reads it: the store is in this process.
    const control = createControlFollower({ ...own, state: stores.state }, 0);
    const tokens = createTokenRequirement(ports, options.tokens, control);
    tracing?.follow(() => control.current.content.trace_share);
    const pipeline = createPipeline({
      ...{ stores, ports, control, telemetries, tracing },
      isOpen: () => !tokens.isRequired,
      timer: options.timer ?? true,
      // That of npm run audit.
      book: createFileStoredBook(join(folder, 'audit.ndjson')),
    });
    for (const group of pipeline.parts) await parts.start(...group);
    await parts.start(tokens);
    const server = await startApiServer(parts, {
      ports: { ...ports, settings: liveSettings(settings, () => control.current) },
      ...{ telemetries, pipeline, tracing, host, folder },
      port: options.port ?? 0,
      requiresToken: () => tokens.isRequired,
      hosts: options.allowHosts ?? [],
      origins: options.corsOrigins ?? [],
      rate: options.rate,
      ratePerAddress: options.ratePerAddress,
      trustedProxies: options.trustedProxies ?? [],
      limits: options.limits,
    });
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
      folder,
      get requiresToken() {
        return tokens.isRequired;
      },
      isWritable: () => stores.isWritable(),
      idle: () => pipeline.idle(),
      stats: () => ({ http: server.stats, deliveries: pipeline.facts().mappings }),
      stop: () => parts.stop(),
    };
  });
}

function closeTracing(tracing: Tracing): Promise<void> {
  return tracing.stop();
}

function openStores(
  folder: string,
  { settings, onBroken }: Pick<RuntimeOptions, 'settings' | 'onBroken'>,
  { clock, telemetry, tracing }: { clock: Clock; telemetry: Telemetry; tracing: Tracing | undefined },
): Promise<LmdbStores> {
  const log = (stream: StreamName): OpenLmdbOptions['streams'][StreamName] => ({
    epoch: settings.streams[stream].epoch,
    shardCount: settings.streams[stream].shardCount,
    retentionMs: settings.streams[stream].retentionHours * 3_600_000,
    consumers: [consumers[stream]],
  });
  return joinFolder(folder, clock, () =>
    openLmdb({
      ...{ folder, clock, commitStep: tracing?.commitStep },
      streams: { 'ad-events': log('ad-events'), increments: log('increments') },
      onBroken(cause) {
        telemetry.error('the disk failed: nothing can be written from here on', { error: String(cause) });
        onBroken?.(cause);
      },
    }),
  );
}
