import type { ArchiveLogDeps } from '../../lib/app/archive/archive-log.ts';
import { archiveLimits, type ArchiveLimits } from '../../lib/app/archive/archive-limits.ts';
import { createArchivedHistory } from '../../lib/app/archive/archived-history.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createFailureDestination } from '../../lib/embedded/delivery/failure-destination.ts';
import type { FailureRecord } from '../../lib/embedded/delivery/failure-record.ts';
import type { EventLog } from '../../lib/ports/event-log.ts';
import type { LogHistory } from '../../lib/ports/log-history.ts';
import type { FunctionName, StageSettings } from '../../lib/stages.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { Container } from './container.ts';
import { Containers } from './containers.ts';
import { Delivery, type Consumer } from './delivery.ts';
import type { FaultPlan } from './fault-plan.ts';
import { hostileInvoke } from './hostile-invoke.ts';
import type { Kernel } from './kernel.ts';
import { Operators } from './operators.ts';
import { Outage } from './outage.ts';
import type { ObservedLog } from './ports/observed-log.ts';
import { Latency, PendingWork, type PortWorld } from './ports/port-call.ts';
import { simulateArchive, simulateBook } from './ports/simulated-archive.ts';
import { simulateHistory, type HistoryOptions } from './ports/simulated-history.ts';
import { simulateLog } from './ports/simulated-log.ts';
import { laterRelease, runsLaterRelease } from './ports/later-release.ts';
import {
  simulateBlobs,
  simulateClock,
  simulateIds,
  simulateQuarantine,
  simulateSchedule,
} from './ports/simulated-rest.ts';
import { simulateState } from './ports/simulated-state.ts';
import type { Services } from './services.ts';

export interface PlatformOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly services: Services;
  readonly settings: StageSettings;
}

/** Of a container's wall clock from the true time, either way. */
export const skewMaxMs = 300_000;

/**
 * Everything between the services and the code under test: containers and their ports, pollers, operators'
 * machines.
 */
export class Platform {
  readonly outage = new Outage();
  readonly pending = new PendingWork();
  readonly containers: Containers;
  readonly operators: Operators;
  readonly latency: Latency;
  readonly deliveries: Delivery[] = [];
  /** In half of the seeds there is an archive of the increments. */
  readonly archives: boolean;
  readonly #archiveLimits: ArchiveLimits;
  readonly #options: PlatformOptions;
  readonly #history: HistoryOptions;
  #opened = 0;

  constructor(options: PlatformOptions) {
    this.#options = options;
    const { kernel, faults, services } = options;
    const prng = kernel.fork('platform');
    this.latency = new Latency(kernel.fork('latency'), prng.pick([1, 4, 12]));
    this.#history = {
      knows: kernel.fork('history').pick(['numbers', 'times']),
      retentionMs: options.settings.streams.increments.retentionHours * 3_600_000,
    };
    const archive = kernel.fork('archive-limits');
    this.archives = archive.chance(0.5);
    this.#archiveLimits = {
      ...archiveLimits,
      recordsPerRead: archive.pick([3, 20, archiveLimits.recordsPerRead]),
      recordsPerPart: archive.pick([2, 10, 50, archiveLimits.recordsPerPart]),
      shardsAtOnce: archive.pick([1, 4]),
      partsPerList: archive.pick([2, 10, 1000]),
      unpackedMax: archive.pick([1, 8]),
    };
    const open = (functionName: FunctionName): { container: Container; ports: Ports } =>
      this.#open(functionName);
    this.containers = new Containers({ kernel, faults, open, concurrency: prng.pick([1, 1, 4]) });
    this.operators = new Operators({
      ...{ kernel, faults, pending: this.pending },
      open: () => this.operatorPorts(),
    });
    this.#deliver('project-ads', services.adEvents);
    for (const log of services.increments) this.#deliver('aggregate-increments', log);
  }

  /** The services as an operator's machine sees them. */
  operatorPorts(): Ports {
    return this.operatorMachine().ports;
  }

  /** The same, and the current log of increments from its beginning. */
  operatorMachine(): { readonly ports: Ports; readonly history: LogHistory } {
    const { world, ports } = this.#open('describe-api');
    const log = simulateHistory(world, currentLog(this.#options.services), this.#history);
    if (!this.archives) return { ports, history: log };
    const { archive, book } = this.#archiveOf(world, log.epoch);
    const history = createArchivedHistory({
      ...{ log, archive, book, clock: ports.clock, limits: this.#archiveLimits },
      retentionMs: this.#history.retentionMs,
    });
    return { ports, history };
  }

  /** A run of the archiver of the current log of increments. */
  archiverMachine(): ArchiveLogDeps {
    const { world, ports } = this.#open('archive-increments');
    const history = simulateHistory(world, currentLog(this.#options.services), this.#history);
    return { ...ports, history, ...this.#archiveOf(world, history.epoch), limits: this.#archiveLimits };
  }

  #archiveOf(world: PortWorld, epoch: string) {
    const { archive, book } = this.#options.services.archiveOf(epoch);
    return { archive: simulateArchive(world, archive), book: simulateBook(world, book) };
  }

  /**
   * The next incarnation of the stream: containers made from now on append to it, the older ones go on with
   * theirs.
   */
  recreateIncrements(): void {
    const log = this.#options.services.recreateIncrements();
    this.#deliver('aggregate-increments', log).start();
    const retired = this.#options.kernel.fork(`retired/${log.log.epoch}`);
    this.containers.retire(({ functionName }) => functionName === 'ingest-increments' && retired.chance(0.7));
  }

  #deliver(consumer: Consumer, log: ObservedLog): Delivery {
    const { kernel, faults, settings } = this.#options;
    const { containers, pending } = this;
    const prng = kernel.fork(`delivery/${log.log.stream}/${log.log.epoch}`);
    const delivery = new Delivery({
      ...{ kernel, faults, consumer, log },
      settings: () => {
        const drawn = settings.deliveries[consumer];
        // A mapping that comes back with other settings cuts its batches elsewhere.
        return faults.isOn('batch-recut') && prng.chance(0.5)
          ? {
              ...drawn,
              batchSize: prng.pick([1, 7, 100]),
              parallelizationFactor: drawn.parallelizationFactor,
            }
          : drawn;
      },
      invoke: hostileInvoke({ kernel, faults, containers, consumer, pending }),
      onFailure: (record) => this.#keepFailure(record),
      functionTimeoutMs: settings.functions[consumer].timeoutSeconds * 1000,
    });
    this.deliveries.push(delivery);
    return delivery;
  }

  /** Another machine each time: one that dies must not hold up the next try. */
  async #keepFailure(record: FailureRecord): Promise<void> {
    const { faults } = this.#options;
    const keep = (): Promise<void> => createFailureDestination(this.#open('describe-api').ports)(record);
    const runs = [keep()];
    if (faults.strikes('destination-duplicated')) runs.push(keep());
    await Promise.all(runs);
  }

  #open(functionName: FunctionName): { container: Container; ports: Ports; world: PortWorld } {
    const { kernel, faults, services, settings } = this.#options;
    this.#opened += 1;
    const id = `${functionName}-${this.#opened}`;
    const prng = kernel.fork(`container/${id}`);
    const skewMs = faults.strikes('clock-skew') ? prng.int(-skewMaxMs, skewMaxMs) : 0;
    // Of a machine that was paused while its wall clock jumped back nothing could tell that time has passed.
    const pauses = !faults.isOn('clock-jumps-back') && kernel.fork(`pauses/${id}`).chance(0.5);
    const container = new Container({ kernel, id, functionName, skewMs, prng, pauses });
    const world: PortWorld = { container, faults, latency: this.latency, pending: this.pending };
    const current = currentLog(services);
    const released = runsLaterRelease(kernel, id) ? laterRelease : (log: EventLog): EventLog => log;
    const ports: Ports = {
      adEvents: released(simulateLog(world, services.adEvents, this.outage)),
      increments: released(simulateLog(world, current, this.outage)),
      state: simulateState(world, services.state, this.outage),
      blobs: simulateBlobs(world, services.blobs, this.outage),
      schedule: simulateSchedule(world, services.schedule),
      quarantine: simulateQuarantine(world, services.quarantine),
      clock: simulateClock(container),
      ids: simulateIds(kernel.fork(`ids/${id}`)),
      telemetry: nullTelemetry,
      settings,
    };
    return { container, ports, world };
  }
}

function currentLog({ increments }: Services): ObservedLog {
  const current = increments.at(-1);
  if (current === undefined) throw new Error('there is always a stream');
  return current;
}
