import type { StageSettings } from '../../lib/stages.ts';
import { Violation, type Auditor, type HttpAnswer, type RestView } from './audit/auditor.ts';
import type { Network } from './network.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { GoalTraffic } from './goal-traffic.ts';
import type { Kernel } from './kernel.ts';
import type { Platform } from './platform.ts';
import type { Services } from './services.ts';

export interface RestOptions {
  readonly kernel: Kernel;
  readonly platform: Platform;
  readonly services: Services;
  readonly faults: FaultPlan;
  readonly settings: StageSettings;
  readonly auditors: readonly Auditor[];
  readonly network: Network;
  /** Operators who compare the stores with the logs. */
  readonly comparers: readonly { atRest(): Promise<void> }[];
  /** How many of their runs are under way. */
  readonly comparing: () => number;
  /** What pages report of ads long after they were shown; undefined: nothing, which is the default. */
  readonly reportLate?: () => Promise<void> | undefined;
  /** Of a seed with goals: pages that want them reached. */
  readonly goals?: GoalTraffic;
}

/**
 * After the last fault: an invocation that hangs runs into its 60 s, a late write takes two minutes, a pause
 * between tries 5 s; the rest is backlog, of which there is little.
 */
const restWithinMs = 300_000;
/** G2, for what is asked for when all is well again. */
const freshWithinMs = 10_000;
/**
 * The sweep comes every five minutes for what ended two minutes ago by its clock, which may be five behind.
 */
const sweptWithinMs = 20 * 60_000;
/** Then impressions of the last decisions still count by a clock that is right, and not by one that is ahead. */
const reportedAfterMs = 8 * 60_000;
/** A sweep comes this often. */
const sweepEveryMs = 5 * 60_000;
/**
 * Beyond the time for which impressions count: an epoch, what a report has to reach the log, what the sweep leaves to
 * containers, two sweeps that order and take back, and two clocks, each five minutes off.
 */
const returnedMinutes = 3 + 3 + 20 + 3 * 5 + 2 * 5;
/** Each leaves a few rights with containers that nobody asks again. */
const goalRoundsMax = 6;
/** All that takes hours, and a log that forgets within them could not be delivered once more. */
const goalRetentionHoursMin = 24;
const probeKey = 'probe';
const probes = 3;

/** The end of a seed: everything must come to rest in time, add up, and stay as it is. */
export class Rest {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** Waits for what must come about; a Violation of I14 when it does not. */
  async until(what: string, done: () => boolean): Promise<void> {
    if (await this.#options.kernel.run(done, restWithinMs)) return;
    throw new Violation('I14', `not in time: ${what}`, { withinMs: restWithinMs });
  }

  /**
   * Hours in which nobody calls: retention and time to live take what is theirs. A consumer that is off for
   * longer than the retention loses data by the platform's rules, so either all is read before or the pause
   * is shorter.
   */
  async longPause(): Promise<void> {
    const { kernel, services, platform, settings, faults } = this.#options;
    const prng = kernel.fork('pause');
    const { retentionHours } = settings.streams.increments;
    const isOff = prng.chance(0.5);
    const hours = isOff ? 0.75 : prng.pick([2, 3, 26, 30]);
    if (!isOff) {
      await this.#quiet();
      await this.drain();
    }
    for (const delivery of platform.deliveries) await this.settled('a poller stops', delivery.stop());
    kernel.tell(`nobody calls for ${hours} hours`);
    await kernel.run(() => false, hours * 3_600_000);
    await this.#forget(retentionHours);
    for (const delivery of platform.deliveries) delivery.start();
    if (isOff) await this.drain();
    const lateHours = prng.pick([0, 1, 48]);
    const swept = await services.memory.sweepExpired(kernel.nowMs() / 1000 - lateHours * 3600, Infinity);
    if (swept > 0) faults.count('ttl-late');
  }

  async come(): Promise<void> {
    const { platform, kernel, auditors } = this.#options;
    await this.#quiet();
    await this.drain();
    for (let round = 0; round < 2; round += 1) {
      await this.settled('operators redrive', platform.operators.redriveAll({ dropSome: false }));
    }
    await this.drain();
    const removedBeforeMs = kernel.nowMs();
    await this.#sweep();
    await this.#reachGoals();
    await this.#probe();
    await this.#audit(removedBeforeMs);
    // I12: everything once more, from the beginning of the log.
    for (const delivery of platform.deliveries) {
      await this.settled('a poller stops', delivery.stop());
      delivery.forget(Infinity);
      delivery.start();
    }
    kernel.tell('everything is delivered again');
    await this.drain();
    await this.#audit(removedBeforeMs);
    if (auditors.length === 0) throw new Error('nobody looked');
  }

  /** Nobody appends any more: the canary and bursts of reports do, too. */
  async #quiet(): Promise<void> {
    const { network, comparing } = this.#options;
    await this.until('requests and runs end', () => network.underWay === 0 && comparing() === 0);
  }

  /** Whatever is under way ends, and everything in the logs is settled. */
  async drain(): Promise<void> {
    const { platform } = this.#options;
    for (const delivery of platform.deliveries) delivery.start();
    await this.until('late writes are done', () => platform.pending.count === 0);
    for (const delivery of platform.deliveries) {
      await this.settled(`${delivery.options.consumer} has settled its log`, delivery.idle());
    }
    await this.until('late writes are done', () => platform.pending.count === 0);
  }

  /** A Violation of I14 when it is not settled in time. */
  async settled<T>(what: string, promise: Promise<T>): Promise<T> {
    const result = await this.#options.kernel.settle(promise, restWithinMs);
    if (result === undefined) throw new Violation('I14', `not in time: ${what}`, { withinMs: restWithinMs });
    return result.value;
  }

  /** What is past the retention leaves the logs; all of it was settled. */
  async #forget(retentionHours: number): Promise<void> {
    const { kernel, services } = this.#options;
    const before = kernel.nowMs() - retentionHours * 3_600_000;
    for (const { log } of [services.adEvents, ...services.increments]) await log.dropBefore(before);
  }

  /** Increments sent now are seen within ten seconds, and their tokens are met. */
  async #probe(): Promise<void> {
    const { network } = this.#options;
    for (let i = 0; i < probes; i += 1) {
      const sent = await this.settled('a probe is answered', network.request(probeRequest(i)));
      const token = sent === 'gave-up' ? undefined : sent.headers['consistency-token'];
      if (token === undefined) throw new Violation('I14', 'a probe was refused', { answer: sent });
      const read = this.#readUntilMet(token);
      const seen = await this.#options.kernel.settle(read, freshWithinMs);
      if (seen === undefined) throw new Violation('G2', 'an increment was not seen in time', { token });
    }
  }

  async #readUntilMet(token: string): Promise<HttpAnswer> {
    for (;;) {
      const answer = await this.#options.network.request({
        method: 'GET',
        target: `/api/v1/counters/${probeKey}`,
        headers: { 'consistency-token': token },
      });
      if (answer !== 'gave-up' && answer.status === 200) return answer;
    }
  }

  /**
   * The Scheduler and the sweep log what has ended; nobody polls meanwhile, which would be most of the work.
   */
  async #sweep(): Promise<void> {
    const { kernel, platform } = this.#options;
    for (const delivery of platform.deliveries) await this.settled('a poller stops', delivery.stop());
    await kernel.run(() => false, reportedAfterMs);
    await this.#reportLate();
    await kernel.run(() => false, sweptWithinMs - reportedAfterMs);
    await this.#reportLate();
    await this.drain();
  }

  /** Nobody calls for a while; consumers are off if `isOff`, and faults do not strike. */
  async lull(durationMs: number, isOff: boolean): Promise<void> {
    const { kernel, platform } = this.#options;
    if (isOff)
      for (const delivery of platform.deliveries) await this.settled('a poller stops', delivery.stop());
    kernel.tell(`nobody calls for ${durationMs / 1000} s`);
    await kernel.run(() => false, durationMs);
    for (const delivery of platform.deliveries) delivery.start();
  }

  get #hasTimeForGoals(): boolean {
    return this.#options.settings.streams.increments.retentionHours >= goalRetentionHoursMin;
  }

  /** Pages ask until each goal is reached, and then every right that nobody has seen comes back. */
  async #reachGoals(): Promise<void> {
    const { goals, settings } = this.#options;
    if (goals === undefined || !this.#hasTimeForGoals) return;
    const { impressionMinutes } = settings.delivery;
    if (await this.#polling('pages are answered', () => goals.begin())) {
      for (let rounds = 0; rounds < goalRoundsMax; rounds += 1) {
        if (!(await this.#polling('pages are answered', () => goals.round()))) break;
        await this.#sweeps(impressionMinutes + returnedMinutes);
      }
      await goals.check();
    }
    await this.#sweeps(impressionMinutes + returnedMinutes);
    await this.drain();
  }

  /** Sweeps come while nothing else happens. */
  async #sweeps(minutes: number): Promise<void> {
    const { kernel } = this.#options;
    for (let passedMs = 0; passedMs < minutes * 60_000; passedMs += sweepEveryMs) {
      await kernel.run(() => false, sweepEveryMs);
      await this.#polling('nothing', () => Promise.resolve());
    }
  }

  /** With everything settled afterwards, and the pollers off again. */
  async #polling<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { platform } = this.#options;
    for (const delivery of platform.deliveries) delivery.start();
    const result = await this.settled(what, work());
    await this.drain();
    for (const delivery of platform.deliveries) await this.settled('a poller stops', delivery.stop());
    return result;
  }

  async #reportLate(): Promise<void> {
    const reporting = this.#options.reportLate?.();
    if (reporting === undefined) return;
    await this.#polling('late reports are answered', () => reporting);
  }

  async #audit(removedBeforeMs: number): Promise<void> {
    const { kernel, services, settings, auditors, comparers, goals } = this.#options;
    const view: RestView = {
      state: services.memory,
      quarantine: services.quarantine,
      blobs: services.blobs,
      adEvents: services.recordsOf('ad-events'),
      increments: services.recordsOf('increments'),
      ...{ nowMs: kernel.nowMs(), removedBeforeMs, settings },
      rightsAreBack: goals !== undefined && this.#hasTimeForGoals,
    };
    for (const auditor of auditors) await auditor.atRest(view);
    for (const comparer of comparers) await this.settled('operators compare', comparer.atRest());
  }
}

function probeRequest(i: number) {
  return {
    method: 'POST',
    target: '/increment',
    body: JSON.stringify({ key: probeKey, value: i + 1 }),
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${String(i).padStart(32, 'f')}-${'1'.repeat(16)}-01`,
    },
  };
}
