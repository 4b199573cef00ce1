import { createRedrive } from '../../lib/app/quarantine/redrive.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { isPortError } from '../../lib/ports/port-error.ts';
import type { Prng } from '../support/prng.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';
import { failAtCall, type FailingCall } from './operators/failing-ports.ts';
import type { PendingWork } from './ports/port-call.ts';

export interface OperatorsOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly pending: PendingWork;
  /** The ports as an operator's machine sees them; it can fail like any container. */
  readonly open: () => Ports;
}

const pageSize = 50;
/** Beyond the calls of a list and of two redrives or drops. */
const failingCalls = 14;
/** A run dies with its container, so nobody waits for it longer. */
const runMaxMs = 120_000;

/** People who redrive the quarantine, all of it, again and again, and at times two of them at once. */
export class Operators {
  readonly #options: OperatorsOptions;
  readonly #prng: Prng;
  redriven = 0;
  #runs: number;

  constructor(options: OperatorsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('operators');
    this.#runs = options.kernel.seed;
  }

  /** Resolves when the run is over, or has taken too long. */
  async redriveAll(options: { readonly dropSome: boolean }): Promise<void> {
    const { kernel, pending } = this.#options;
    const machines = this.#prng.int(1, 2);
    pending.count += 1;
    const runs = Array.from({ length: machines }, () => this.#redriveAsOne(options));
    await Promise.race([Promise.all(runs), kernel.sleep(runMaxMs)]);
    pending.count -= 1;
  }

  /** Each run fails one call later than the one before it, until it is past the end of a command. */
  #nextFailure(): FailingCall {
    this.#runs += 1;
    return { index: this.#runs % failingCalls, takesEffect: this.#prng.chance(0.5) };
  }

  async #redriveAsOne({ dropSome }: { readonly dropSome: boolean }): Promise<void> {
    const opened = this.#options.open();
    const ports = dropSome ? failAtCall(opened, this.#nextFailure()) : opened;
    const redrive = createRedrive(ports);
    try {
      let after: string | undefined;
      for (;;) {
        const page = await ports.quarantine.list({ limit: pageSize, ...(after !== undefined && { after }) });
        for (const record of page.records) {
          const { stream, epoch, shardId, sequenceNumber } = record;
          after = `${stream}/${epoch}/${shardId}/${sequenceNumber}`;
          const isDropped = dropSome && this.#prng.chance(0.02);
          const result = isDropped ? await redrive.drop(record) : await redrive.redrive(record);
          if (result.status === 'counted' || result.status === 'redriven') this.redriven += 1;
        }
        if (!page.more) return;
      }
    } catch (error) {
      // Told to ask again: the next run does.
      if (!isPortError(error)) throw error;
    }
  }
}
