import { Violation } from './audit/auditor.ts';
import { createAuditors } from './audit/all-auditors.ts';
import { Beacons } from './beacons.ts';
import type { ClientWorld } from './clients/client.ts';
import { createAdNotebook } from './clients/ad-notebook.ts';
import { createGoalNotes } from './clients/goal-editor.ts';
import { createClientKinds, type SharedNotes } from './clients/all-clients.ts';
import { createViewerNotes, reportLate } from './clients/viewer.ts';
import { drawSettings } from './draw-settings.ts';
import { FaultPlan } from './fault-plan.ts';
import { drawGoalStart } from './goal-days.ts';
import { GoalTraffic } from './goal-traffic.ts';
import { Network } from './network.ts';
import { startIncidents } from './incidents.ts';
import { Kernel, SimulationStuck, textHash } from './kernel.ts';
import { ArchiveRuns } from './operators/archive-runs.ts';
import { CanaryRuns } from './operators/canary-runs.ts';
import { ControlChanges } from './operators/control-changes.ts';
import { KeyRotations } from './operators/key-rotations.ts';
import { LedgerLosses } from './operators/ledger-losses.ts';
import { Projections } from './operators/projections.ts';
import { Recounts } from './operators/recounts.ts';
import { Replays } from './operators/replays.ts';
import { Prng } from '../support/prng.ts';
import { Platform, skewMaxMs } from './platform.ts';
import { poisonStream } from './poison.ts';
import { Rest } from './rest.ts';
import { restoreAndCompare, takeBackup, type RestoreOptions } from './restore.ts';
import { Scheduler } from './scheduler.ts';
import type { SeedReport, SeedViolation } from './seed-report.ts';
import { createServices } from './services.ts';
import { StateHistory } from './state-history.ts';
import { enterVirtualTime } from './virtual-time.ts';
import { Witness } from './witness.ts';

export interface SeedOptions {
  /** Only these fault kinds may strike. */
  readonly faults?: ReadonlySet<string>;
  /** As drawn for the seed, but without any other kind: for shrinking. */
  readonly exactly?: ReadonlySet<string>;
  /** Clients by name (`counters-0`); the others are left out. */
  readonly clients?: ReadonlySet<string>;
  /** A part of the time with faults, 0..1; default 1. */
  readonly share?: number;
  readonly recording?: boolean;
  /** See careless-store.ts. */
  readonly canary?: boolean;
  /** Ads may have goals. */
  readonly goals?: boolean;
}

/** Operators and others who act again and again. */
type Comparer =
  | ArchiveRuns
  | Recounts
  | Replays
  | ControlChanges
  | Projections
  | CanaryRuns
  | Beacons
  | KeyRotations
  | LedgerLosses;

/** In a seed without faults: the batching window, a poll, the function, and room. */
const freshWithinMs = 10_000;

/** Requests of one seed before its faults end. */
const requestsMax = 400;
/** The same where ads may have goals. */
const goalRequestsMax = 900;
const goalWorkMs = 40_000;

/** Between two comparisons of the stores with the logs, on average. */
const comparePausesMs = [3000, 10_000, 30_000] as const;

/** Well within the retention, which is an hour at least. */
const archiveEveryMs = 600_000;

/** How often a client looks whether a long pause is over. */
const pausedLookMs = 60_000;

/** How many importers of ads a seed may have; most seeds have none, and so are what they were without them. */
const importersPicks = [0, 0, 0, 2, 3];
/** The same of viewers. */
const viewersPicks = [0, 1, 1, 2, 3];
const goalViewersPicks = [1, 2, 3];
/** Between two of them, time passes in which nobody calls. */
const goalSpells = 3;
/** Epochs pass, they can be closed, and rights come back; minutes. */
const lullMinutes = [0.7, 2, 5.5, 16, 30] as const;
/** So many of these before a pause of 45 minutes: the logs keep what consumers have not read. */
const lullMinutesMax = 3;
/** How often a client looks whether a lull is over. */
const lullLookMs = 2000;

/**
 * Runs one seed: clients and faults, then neither, then everything must come to rest within stated times and
 * add up. Never rejects: what went wrong is in the report.
 */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedReport> {
  const { startMs } = drawGoalStart(startPrng(seed));
  const kernel = new Kernel({
    ...{ seed, recording: options.recording ?? false },
    ...(options.goals === true && { startMs }),
  });
  const leave = enterVirtualTime(kernel);
  const onCrash = (error: unknown): void => {
    kernel.fail(error);
  };
  process.on('unhandledRejection', onCrash);
  const world = new World(kernel, options);
  try {
    await world.run();
    return world.report(undefined);
  } catch (error) {
    return world.report(toViolation(error, world.healed));
  } finally {
    process.off('unhandledRejection', onCrash);
    leave();
  }
}

/** It is wanted before there is a kernel. */
function startPrng(seed: number): Prng {
  return new Prng(textHash(`${seed}/start`));
}

class World {
  readonly #kernel: Kernel;
  readonly #faults: FaultPlan;
  readonly #auditors;
  readonly #services;
  readonly #platform: Platform;
  readonly #network: Network;
  readonly #scheduler: Scheduler;
  readonly #clients: ReadonlySet<string> | undefined;
  readonly #share: number;
  readonly #rest: Rest;
  readonly #comparers: readonly Comparer[];
  readonly #archiving: ArchiveRuns;
  readonly #restoring: RestoreOptions;
  readonly #history = new StateHistory();
  readonly #running: Promise<void>[] = [];
  readonly #names: string[] = [];
  readonly #notes: SharedNotes;
  readonly #keyRotations: KeyRotations;
  /** Numbers of those who report long after. */
  readonly #late;
  readonly #goals: boolean;
  readonly #traffic: GoalTraffic | undefined;
  #open = true;
  #paused = false;
  #isLull = false;
  /** Runs of operators and of the canary that are under way, without those of the archiver. */
  #comparing = 0;
  #clientsRunning = 0;
  healed = false;

  constructor(
    kernel: Kernel,
    { faults: only, exactly, clients, share = 1, canary = false, goals = false }: SeedOptions,
  ) {
    this.#kernel = kernel;
    this.#clients = clients;
    this.#share = share;
    this.#goals = goals;
    this.#notes = {
      ...{ ads: createAdNotebook(), viewers: createViewerNotes() },
      goals: goals ? createGoalNotes(drawGoalStart(startPrng(kernel.seed)).timezone) : undefined,
    };
    const faults = new FaultPlan(kernel, only, exactly);
    this.#faults = faults;
    const calm = faults.calm;
    const settings = drawSettings(kernel, faults, goals);
    const disagree = faults.isOn('clock-skew') || faults.isOn('clock-jumps-back');
    this.#auditors = createAuditors({
      settings,
      clocksAheadMaxMs: disagree ? skewMaxMs : 0,
      freshWithinMs: calm ? freshWithinMs : undefined,
    });
    const witness = new Witness(kernel, [...this.#auditors, this.#history]);
    const shardCounts = { 'ad-events': 1, increments: settings.streams.increments.shardCount };
    const services = createServices(kernel, witness, { shardCounts, canary });
    this.#services = services;
    const platform = new Platform({ kernel, faults, services, settings });
    this.#platform = platform;
    const { containers, pending } = platform;
    this.#network = new Network({ kernel, faults, containers, witness, pending });
    this.#scheduler = new Scheduler({
      ...{ kernel, faults, containers, schedule: services.schedule },
      paused: () => this.#paused,
    });
    const network = this.#network;
    this.#archiving = new ArchiveRuns({ kernel, services, platform });
    this.#late = kernel.fork('late reports');
    this.#keyRotations = new KeyRotations({ kernel, services, platform });
    this.#comparers = [
      // First: what it copies at rest, the others read.
      this.#archiving,
      new Recounts({ kernel, services, platform }),
      new Replays({ kernel, services, platform }),
      new ControlChanges({ kernel, services, platform }),
      new Projections({ kernel, platform }),
      new CanaryRuns({ kernel, services, platform }),
      new Beacons({ kernel, services, platform }),
      this.#keyRotations,
      ...(this.#notes.goals === undefined
        ? []
        : [new LedgerLosses({ kernel, services, ads: this.#notes.goals.ads })]),
    ];
    const options = { kernel, faults, platform, services, settings, auditors: this.#auditors, network };
    if (this.#notes.goals !== undefined)
      this.#traffic = new GoalTraffic({
        ...{ world: this.#visiting(kernel.fork('goal traffic')), notes: this.#notes.goals },
        ...{ state: services.memory, clocksDisagree: disagree },
        impressionMinutes: settings.delivery.impressionMinutes,
      });
    this.#rest = new Rest({
      ...{ ...options, comparers: this.#comparers, comparing: () => this.#comparing },
      reportLate: () => this.#reportLate(),
      ...(this.#traffic !== undefined && { goals: this.#traffic }),
    });
    this.#restoring = { ...options, comparers: [], comparing: () => 0, history: this.#history };
  }

  async run(): Promise<void> {
    const kernel = this.#kernel;
    const prng = kernel.fork('phases');
    kernel.tell(`faults ${Object.keys(this.#faults.rates).join(' ')}`);
    await this.#keyRotations.begin();
    this.#begin();
    const wanted = this.#faults.isOn('retention-expiry') || this.#faults.isOn('ttl-late') || prng.chance(0.1);
    // Without faults consumers are not off either: everything is settled at once.
    const pause = wanted && !this.#faults.calm;
    const workMs = prng.pick([3000, 5000, 10_000, 10_000, 20_000, 20_000, 40_000, 80_000]) * this.#share;
    // What a pause takes from the logs cannot be delivered once more.
    const isRestored = !pause && prng.chance(0.4);
    const part = prng.int(1, 9) / 10;
    const lullMs = (): number =>
      prng.pick(pause ? lullMinutes.slice(0, lullMinutesMax) : lullMinutes) * 60_000;
    await this.#work(workMs, part, lullMs);
    const backup = isRestored ? await takeBackup(this.#history, this.#services.quarantine) : undefined;
    if (pause) {
      this.#faults.suspend();
      this.#paused = true;
      await this.#rest.longPause();
      this.#paused = false;
      this.#faults.resume();
    }
    await this.#work(workMs, 1 - part, lullMs);
    await this.#close();
    await this.#rest.come();
    if (backup !== undefined) await restoreAndCompare(this.#restoring, backup);
  }

  report(violation: SeedViolation | undefined): SeedReport {
    const kernel = this.#kernel;
    const facts = Object.assign(
      {},
      ...[...this.#auditors, this.#history, ...this.#comparers].map((each) => each.facts?.() ?? {}),
      this.#traffic?.facts() ?? {},
    ) as Record<string, number>;
    return {
      seed: kernel.seed,
      ok: violation === undefined,
      ...(violation !== undefined && { violation }),
      clients: this.#names,
      traceHash: kernel.trace.hash,
      simulatedMs: kernel.elapsedMs,
      steps: kernel.steps,
      requests: this.#network.requests,
      incrementsChecked: (facts['increments'] ?? 0) + (facts['syncAdditions'] ?? 0),
      adEventsChecked: facts['adEvents'] ?? 0,
      faults: this.#faults.counts,
      facts,
      story: kernel.trace.lines,
    };
  }

  #begin(): void {
    const kernel = this.#kernel;
    const prng = kernel.fork('clients');
    const few: Readonly<Record<string, number>> = {
      'ad-importers': kernel.fork('importers').pick(importersPicks),
      viewers: kernel.fork('viewers').pick(viewersPicks),
      'goal-editors': 1,
      'goal-viewers': kernel.fork('goal viewers').pick(goalViewersPicks),
    };
    for (const delivery of this.#platform.deliveries) delivery.start();
    this.#scheduler.start();
    startIncidents({
      ...{ kernel, faults: this.#faults, services: this.#services, outage: this.#platform.outage },
      containers: this.#platform.containers,
      operators: this.#platform.operators,
      deliveries: () => this.#platform.deliveries,
      recreateIncrements: () => {
        this.#platform.recreateIncrements();
      },
    });
    for (const [kind, client] of Object.entries(createClientKinds(this.#notes))) {
      const count = few[kind] ?? prng.int(1, 3);
      for (let i = 0; i < count; i += 1) this.#startClient(`${kind}-${i}`, client);
    }
    const poison = {
      kernel,
      faults: this.#faults,
      services: this.#services,
      open: () => this.#open,
      paused: () => this.#paused || this.#isLull,
    };
    if (prng.chance(0.7)) this.#running.push(kernel.spawn(() => poisonStream(poison)));
    for (const comparer of this.#comparers) this.#running.push(kernel.spawn(() => this.#compare(comparer)));
  }

  /** Operators compare and change things while everything runs, each again and again. */
  async #compare(comparer: Comparer): Promise<void> {
    const kernel = this.#kernel;
    const prng = kernel.fork('comparing');
    const pauseMs = prng.pick(comparePausesMs);
    const isOpen = (): boolean => this.#open;
    while (isOpen()) {
      // The timer of the archiver does not know that nobody calls.
      const isArchiving = this.#paused && comparer === this.#archiving;
      await kernel.sleep(
        isArchiving ? archiveEveryMs : this.#paused ? pausedLookMs : prng.int(1, 2 * pauseMs),
      );
      if (isArchiving && isOpen()) await comparer.run();
      if (this.#paused || this.#isLull || !isOpen()) continue;
      this.#comparing += 1;
      await comparer.run().finally(() => {
        this.#comparing -= 1;
      });
    }
  }

  /** Pages that were open when all clients ended. */
  #reportLate(): Promise<void> | undefined {
    if (this.#notes.viewers.shown.length === 0) return undefined;
    return reportLate(this.#visiting(this.#late), this.#notes.viewers, this.#notes.ads);
  }

  /** What pages see of the world when all clients have ended. */
  #visiting(prng: Prng): Pick<ClientWorld, 'prng' | 'request' | 'sleep' | 'now'> {
    const kernel = this.#kernel;
    return {
      prng,
      request: (request) => this.#network.request({ headers: {}, ...request }),
      sleep: (durationMs) => kernel.sleep(durationMs),
      now: () => kernel.nowMs(),
    };
  }

  #startClient(name: string, client: (world: ClientWorld) => Promise<void>): void {
    if (this.#clients !== undefined && !this.#clients.has(name)) return;
    this.#names.push(name);
    const kernel = this.#kernel;
    const isOpen = (): boolean => this.#open;
    const world: ClientWorld = {
      prng: kernel.fork(`client/${name}`),
      request: async (request, options) => {
        while (this.#paused || this.#isLull) await kernel.sleep(this.#isLull ? lullLookMs : pausedLookMs);
        return this.#network.request({ headers: {}, ...request }, options?.patienceMs);
      },
      sleep: (durationMs) => kernel.sleep(durationMs),
      now: () => kernel.nowMs(),
      strikes: (fault) => this.#faults.strikes(fault),
      goals: this.#goals,
      get open() {
        return isOpen();
      },
    };
    this.#clientsRunning += 1;
    void kernel.spawn(async () => {
      await client(world);
      this.#clientsRunning -= 1;
    });
  }

  /**
   * A part of the time, or until as much of the work is done: many short seeds tell more than a few long
   * ones.
   */
  async #work(workMs: number, part: number, lullMs: () => number): Promise<void> {
    if (!this.#goals) {
      const requests = this.#network.requests + requestsMax * part;
      await this.#kernel.run(() => this.#network.requests >= requests, workMs * part);
      return;
    }
    // Goals need time: containers lease only as much as an epoch needs.
    const spellMs = (Math.max(workMs, goalWorkMs) * part) / goalSpells;
    for (let spell = 1; spell <= goalSpells; spell += 1) {
      const requests = this.#network.requests + (goalRequestsMax * part) / goalSpells;
      await this.#kernel.run(() => this.#network.requests >= requests, spellMs);
      if (spell < goalSpells) await this.#lull(lullMs());
    }
  }

  async #lull(durationMs: number): Promise<void> {
    this.#faults.suspend();
    this.#isLull = true;
    // Without faults everything is settled at once.
    await this.#rest.lull(durationMs, !this.#faults.calm);
    this.#isLull = false;
    this.#faults.resume();
  }

  /** Clients come to an end, and nothing strikes any more. */
  async #close(): Promise<void> {
    this.#open = false;
    this.healed = true;
    this.#faults.heal();
    this.#platform.outage.endAll();
    this.#kernel.tell('faults end');
    await this.#rest.until('the clients end', () => this.#clientsRunning === 0);
  }
}

function toViolation(error: unknown, healed: boolean): SeedViolation {
  if (error instanceof Violation) {
    const liveness = healed && (error.invariant === 'I14' || error.invariant === 'G2');
    return { invariant: error.invariant, message: error.message, facts: error.facts, liveness };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    invariant: error instanceof SimulationStuck ? 'I14' : 'crash',
    message: String(error),
    facts: { stack },
    liveness: error instanceof SimulationStuck,
  };
}
