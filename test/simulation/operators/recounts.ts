import { emptyBook, type AuditBook } from '../../../lib/app/audit/audit-book.ts';
import { auditLimits, type AuditLimits } from '../../../lib/app/audit/audit-limits.ts';
import { audit } from '../../../lib/app/audit/audit.ts';
import type { AuditReport } from '../../../lib/app/audit/audit-report.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import type { Prng } from '../../support/prng.ts';
import { isOfAd } from '../audit/counter-ledger.ts';
import { demand } from '../audit/demand.ts';
import type { Kernel } from '../kernel.ts';
import type { Platform } from '../platform.ts';
import type { ObservedLog } from '../ports/observed-log.ts';
import type { Services } from '../services.ts';
import { alterState, type Alteration } from './altered-state.ts';
import { expectedAudit, movingCounters, uncertainCounters } from './expected-audit.ts';
import { runCommand } from './operator-runs.ts';

export interface RecountsOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** Of the runs while the pipeline works, so many look at a total that somebody has changed. */
const plantedShare = 0.3;
/** Of the seeds, so many are audited once more at their end by somebody who has no book yet. */
const afreshShare = 0.3;

/**
 * Operators who audit the counters again and again, each run going on from the last one that ended. No run
 * may report a difference where there is none, or miss one (G6).
 */
export class Recounts {
  readonly #options: RecountsOptions;
  readonly #prng: Prng;
  readonly #limits: AuditLimits;
  #book: AuditBook | undefined;
  #audits = 0;
  #rests = 0;
  #planted = 0;

  constructor(options: RecountsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('recounts');
    this.#limits = drawLimits(this.#prng);
  }

  /**
   * One run beside a working pipeline. While an older stream is still being counted, the sums of the new one
   * cannot be compared, and operators do not.
   */
  async run(): Promise<void> {
    if (this.#epochs > 1) return;
    const isPlanted = this.#prng.chance(plantedShare);
    const book = structuredClone(this.#book ?? emptyBook(this.#log.log.epoch));
    const plant = isPlanted && book.whole ? await this.#drawPlant(book) : undefined;
    const report = await this.#audit(book, plant);
    if (report === undefined || this.#epochs > 1) return;
    if (plant === undefined) {
      this.#book = book;
      checkNothingIsTold(report);
      checkSums(report);
    } else if (book.whole) {
      checkOnlyIsTold(report, plant);
    }
  }

  /** When everything is settled: the report is known to the last figure, and a planted difference is told. */
  async atRest(): Promise<void> {
    const book = this.#book?.epoch === this.#log.log.epoch ? this.#book : undefined;
    this.#rests += 1;
    this.#book = await this.#checkAtRest(book);
    if (this.#rests === 1) await this.#checkPlanted(this.#book);
    else if (this.#prng.chance(afreshShare)) await this.#checkAtRest(undefined);
  }

  facts(): Readonly<Record<string, number>> {
    return { audits: this.#audits, auditsOfPlanted: this.#planted };
  }

  async #checkAtRest(known: AuditBook | undefined): Promise<AuditBook> {
    const { epoch } = this.#log.log;
    const book = known ?? emptyBook(epoch);
    const report = await this.#audit(book);
    demand(report !== undefined, 'G6', 'an audit failed although nothing strikes');
    checkNothingIsTold(report);
    if (report.status === 'equal') await this.#checkFigures(report);
    return book;
  }

  async #checkPlanted(book: AuditBook): Promise<void> {
    const plant = await this.#drawPlant(book);
    if (plant === undefined) return;
    const planted = await this.#audit(structuredClone(book), plant);
    demand(planted !== undefined, 'G6', 'an audit failed although nothing strikes');
    checkOnlyIsTold(planted, plant);
  }

  async #checkFigures(report: AuditReport): Promise<void> {
    const { different, ...figures } = report;
    const expected = await expectedAudit(this.#log.records, this.#options.services.memory);
    for (const [name, value] of Object.entries(expected)) {
      demand(figures[name as keyof typeof figures] === value, 'G6', `an audit reports wrong ${name}`, () => ({
        ...{ figures, expected, different },
      }));
    }
  }

  /** `book`: of the runs until now, it is updated. undefined: the run must be made again. */
  async #audit(book: AuditBook, plant?: Plant): Promise<AuditReport | undefined> {
    const { kernel, platform } = this.#options;
    const { ports, history } = platform.operatorMachine();
    const state = plant === undefined ? ports.state : alterState(ports.state, [plant]);
    const report = await runCommand({ kernel, pending: platform.pending }, () =>
      audit({ ...ports, state, history, telemetry: nullTelemetry, limits: this.#limits }, book),
    );
    if (report === undefined) return undefined;
    this.#audits += 1;
    if (plant !== undefined) this.#planted += 1;
    kernel.tell(`an audit: ${report.status}, ${report.counters} counters`);
    if (book.whole || report.different.length === 0) return report;
    const uncertain = await uncertainCounters(
      this.#options.services.increments,
      this.#options.services.memory,
    );
    return { ...report, different: report.different.filter(({ key }) => !uncertain.has(key)) };
  }

  /** Somebody adds to a counter that the book knows, or takes from it. */
  async #drawPlant(book: AuditBook): Promise<Plant | undefined> {
    const uncertain = book.whole
      ? undefined
      : await uncertainCounters(this.#options.services.increments, this.#options.services.memory);
    const moving = await movingCounters(book, this.#options.services.memory);
    // One number of an ad is a part of two sums that are compared.
    const counters = [...book.accounts.keys()].filter(
      (key) => uncertain?.has(key) !== true && !moving.has(key) && !isOfAd(key),
    );
    if (counters.length === 0) return undefined;
    const counter = this.#prng.pick(counters);
    const by = this.#prng.pick([1n, -1n, BigInt(this.#prng.int(2, 1_000_000))]);
    const alter: Alteration = (item) => {
      const total = item?.['total'];
      return { ...item, total: (typeof total === 'bigint' ? total : 0n) + by };
    };
    return { counter, by, key: { table: 'counters', pk: `counter#${counter}`, sk: '' }, alter };
  }

  get #log(): ObservedLog {
    const log = this.#options.services.increments.at(-1);
    if (log === undefined) throw new Error('there is always a stream');
    return log;
  }

  get #epochs(): number {
    return this.#options.services.increments.length;
  }
}

/** Small ones, so that a run has many pages, looks and slices. */
function drawLimits(prng: Prng): AuditLimits {
  return {
    ...auditLimits,
    recordsPerRead: prng.pick([7, 100, auditLimits.recordsPerRead]),
    recordsPerLook: prng.pick([20, 300, auditLimits.recordsPerLook]),
    keysPerSlice: prng.pick([5, 100, auditLimits.keysPerSlice]),
  };
}

interface Plant {
  readonly counter: string;
  readonly by: bigint;
  readonly key: { readonly table: 'counters'; readonly pk: string; readonly sk: '' };
  readonly alter: Alteration;
}

function checkNothingIsTold(report: AuditReport): void {
  demand(report.different.length === 0, 'G6', 'an audit reports a difference where there is none', () => ({
    report,
  }));
}

function checkSums(report: AuditReport): void {
  const { notAuditable, accepted, counted, inFlight, quarantined, dropped } = report;
  const isRight = notAuditable > 0 || accepted === counted + inFlight + quarantined + dropped;
  demand(isRight, 'G6', 'the sums of an audit do not add up', () => ({ report }));
}

function checkOnlyIsTold(report: AuditReport, { counter, by }: Plant): void {
  const [first, ...others] = report.different;
  const isRight = first?.key === counter && first.difference === by && others.length === 0;
  demand(isRight && report.status === 'different', 'G6', 'an audit misses a difference', () => ({
    ...{ counter, by, report },
  }));
}
