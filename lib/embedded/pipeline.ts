import type { LmdbStores } from '../adapters/lmdb/open-lmdb.ts';
import type { MeteredTelemetry } from '../adapters/system/metered-telemetry.ts';
import { createCatalogReader } from '../app/ads/catalog-reader.ts';
import type { ControlFollower } from '../app/control/control-follower.ts';
import { liveSettings } from '../app/control/effective-settings.ts';
import { createTopKeysWriter } from '../app/counters/hot/top-keys-writer.ts';
import type { Ports } from '../app/ports.ts';
import type { StoredBook } from '../ports/stored-book.ts';
import { createUsageRecorder } from '../app/usage/usage-recorder.ts';
import type { FunctionName } from '../stages.ts';
import { createDeliveries, type Deliveries } from './delivery/deliveries.ts';
import type { MappingStats } from './delivery/event-source-mapping.ts';
import { createConsoleSource, createFunctions, type EmbeddedFunctions } from './functions.ts';
import { createHousekeeping } from './housekeeping/housekeeping.ts';
import { createPeriodic } from './housekeeping/periodic.ts';
import { createEmbeddedStats, sampleEveryMs } from './metrics/embedded-stats.ts';
import { oldestUnsettledMs, recordsBehind, type PipelineFacts } from './metrics/runtime-families.ts';
import type { Part } from './parts.ts';
import type { Tracing } from './trace/tracing.ts';

/** How long the list of hot keys may lag in a quiet process, milliseconds. */
const saveHotKeysEveryMs = 1000;

/** How far usage may lag, and what a process that is killed loses of it, milliseconds. */
const writeUsageEveryMs = 1000;

/** The store answers without leaving the thread, so the audit leaves it to others after each read, milliseconds. */
const auditPauses = { logMs: 5, stateMs: 0 };

export interface PipelineOptions {
  readonly stores: LmdbStores;
  /** With the settings as deployed. */
  readonly ports: Ports;
  /** What an operator changes; somebody else checks it. */
  readonly control: Pick<ControlFollower, 'current'>;
  readonly telemetries: MeteredTelemetry;
  /** Whether calls need no token, as of now. */
  readonly isOpen: () => boolean;
  /** false: no expiry schedule fires. */
  readonly timer: boolean;
  readonly tracing: Tracing | undefined;
  /** Of the scheduled audit. */
  readonly book: StoredBook;
}

/** All functions, and everything that invokes them except the gateway. */
export interface Pipeline {
  readonly functions: EmbeddedFunctions;
  readonly portsOf: (name: FunctionName) => Ports;
  readonly facts: () => DeliveryFacts;
  /** In the order in which they start; those of a group stop side by side. */
  readonly parts: readonly (readonly Part[])[];
  /** Resolves when everything appended before the call is settled. */
  idle(): Promise<void>;
}

export interface DeliveryFacts extends PipelineFacts {
  readonly mappings: { readonly [Name in keyof Deliveries]: MappingStats };
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { stores, ports, control, telemetries, isOpen, timer, tracing, book } = options;
  const { clock, settings, telemetry } = ports;
  // The server answers browsers for all functions: its answer changes when the first token is made.
  const functionSettings = liveSettings(
    { ...settings, http: { ...settings.http, corsOrigins: [] } },
    () => control.current,
  );
  const portsOf = (name: FunctionName): Ports => ({
    ...ports,
    telemetry: telemetries.of(name),
    settings: functionSettings,
  });
  const catalogs = createCatalogReader(portsOf('query-ads'));
  const topKeys = createTopKeysWriter(portsOf('aggregate-increments'));
  const usage = createUsageRecorder(ports);
  const facts = (): DeliveryFacts => ({
    mappings: {
      'project-ads': deliveries['project-ads'].stats(),
      'aggregate-increments': deliveries['aggregate-increments'].stats(),
    },
    logBytes: { 'ad-events': stores.adEvents.liveBytes(), increments: stores.increments.liveBytes() },
    catalog: catalogs.facts,
  });
  const stats = createEmbeddedStats({ sources: telemetries.sources, clock, settings, facts });
  const stopping = new AbortController();
  const functions = createFunctions(
    portsOf,
    {
      ...{ catalogs, stats, topKeys, consolePage: createConsoleSource() },
      // Calls need not wait for a write: this process makes it by the clock.
      usage: { ...usage, flushIfDue: () => undefined },
      facts: () => Promise.resolve(healthFacts(facts())),
      isWritable: () => stores.isWritable(),
      local: { isOpen },
      audit: {
        ...{ history: stores.increments, book, pauses: auditPauses },
        isStopping: () => stopping.signal.aborted,
      },
      canary: { isStopping: () => stopping.signal.aborted },
    },
    tracing?.call,
  );
  const deliveries = createDeliveries(
    ports,
    { 'ad-events': stores.adEvents, increments: stores.increments },
    functions,
  );

  const sampling = createPeriodic({
    ...{ name: 'sample the figures', everyMs: sampleEveryMs, clock, telemetry },
    task: () => {
      stats.sample();
    },
  });
  // Unlike a Lambda, this process can save the keys of the last batches before a quiet time, and again when
  // it stops.
  const savingHotKeys = createPeriodic({
    ...{ name: 'save the hot keys', everyMs: saveHotKeysEveryMs, clock, telemetry },
    task: () => topKeys.saveAll(),
  });
  const hotKeys: Part = {
    ...savingHotKeys,
    async stop() {
      await savingHotKeys.stop();
      await topKeys.saveAll();
    },
  };
  const writingUsage = createPeriodic({
    ...{ name: 'write usage', everyMs: writeUsageEveryMs, clock, telemetry },
    task: () => usage.flush(),
  });
  const usageOfCallers: Part = {
    ...writingUsage,
    async stop() {
      await writingUsage.stop();
      await usage.flush();
    },
  };
  const checking = createChecks(ports, functions, stopping);
  const mappings = [deliveries['project-ads'], deliveries['aggregate-increments']];
  return {
    functions,
    portsOf,
    facts,
    parts: [
      createHousekeeping(ports, stores, functions, { timer }),
      [sampling],
      [hotKeys],
      [usageOfCallers],
      checking,
      mappings,
    ],
    async idle() {
      await Promise.all(mappings.map((mapping) => mapping.idle()));
    },
  };
}

/**
 * The scheduled audit and the canary, as far as the stage has them. A run that is under way when the process stops
 * ends early.
 */
function createChecks(
  { clock, telemetry, settings }: Ports,
  functions: Pick<EmbeddedFunctions, 'audit-counters' | 'run-canary'>,
  stopping: AbortController,
): readonly Part[] {
  const checks = [
    { name: 'audit the counters', ...settings.audit, task: () => functions['audit-counters']() },
    { name: 'run the canary', ...settings.canary, task: () => functions['run-canary']() },
  ];
  return checks
    .filter(({ everyMinutes }) => everyMinutes > 0)
    .map(({ name, everyMinutes, task }) => {
      const periodic = createPeriodic({ name, everyMs: everyMinutes * 60_000, task, clock, telemetry });
      const stop = (): Promise<void> => {
        stopping.abort('stopped');
        return periodic.stop();
      };
      return { ...periodic, stop };
    });
}

function healthFacts({ mappings, logBytes, catalog }: DeliveryFacts): Record<string, unknown> {
  const behind = (stats: MappingStats): Record<string, number> => ({
    records_behind: recordsBehind(stats),
    oldest_ms: oldestUnsettledMs(stats),
  });
  return {
    catalog: { version: catalog.version, ads: catalog.ads },
    'ad-events': { ...behind(mappings['project-ads']), log_bytes: logBytes['ad-events'] },
    increments: { ...behind(mappings['aggregate-increments']), log_bytes: logBytes.increments },
  };
}
