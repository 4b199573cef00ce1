import { archiveLog, type ArchiveResult } from '../../../lib/app/archive/archive-log.ts';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
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
import { alterState } from './altered-state.ts';
import { expectedAudit } from './expected-audit.ts';
import { runCommand } from './operator-runs.ts';

export interface ArchiveRunsOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** Of the seeds with an archive, so many lose a part of it. */
const losingShare = 0.3;

/**
 * The timer of the archiver, which comes at any time, at times twice at once. Audits read the archive in these seeds
 * (Recounts). Here: at rest an audit by somebody who has no book yet compares every total, however much the log has
 * dropped; and once a part has gone, none says equal of what it cannot know.
 */
export class ArchiveRuns {
  readonly #options: ArchiveRunsOptions;
  readonly #prng: Prng;
  readonly #loses: boolean;
  #complete = 0;
  #gaps = 0;
  #lost = 0;
  #audits = 0;

  constructor(options: ArchiveRunsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('archive');
    this.#loses = this.#prng.chance(losingShare);
  }

  async run(): Promise<void> {
    if (!this.#options.platform.archives) return;
    const runs = this.#prng.chance(0.2) ? 2 : 1;
    await Promise.all(Array.from({ length: runs }, () => this.#archive()));
    if (this.#loses && this.#lost === 0 && this.#prng.chance(0.1)) this.#lose();
  }

  async atRest(): Promise<void> {
    if (!this.#options.platform.archives) return;
    const result = await this.#archive();
    demand(result?.status === 'complete', 'G6', 'the archiver failed although nothing strikes', () => ({
      result,
    }));
    // What an older stream counted is in no archive of this one.
    if (this.#options.services.increments.length > 1) return;
    const report = await this.#audit();
    const isProven = this.#gaps === 0 && this.#lost === 0;
    const isRight = report.status === 'equal' || (report.status === 'not-auditable' && !isProven);
    demand(isRight, 'G6', 'an audit of the archive says what is not so', () => ({ report, isProven }));
    if (report.status !== 'equal') return;
    const { different, ...figures } = report;
    const expected = await expectedAudit(this.#log.records, this.#options.services.memory);
    for (const [name, value] of Object.entries(expected)) {
      demand(
        figures[name as keyof typeof figures] === value,
        'G6',
        `an archived audit has a wrong ${name}`,
        () => ({
          ...{ figures, expected, different },
        }),
      );
    }
    await this.#plant();
  }

  facts(): Record<string, number> {
    return { archiveRuns: this.#complete, archiveAudits: this.#audits, archiveLost: this.#lost };
  }

  /** A total that is one too high is told, and nothing else. */
  async #plant(): Promise<void> {
    const counters = await this.#counters();
    if (counters.length === 0) return;
    const counter = this.#prng.pick(counters);
    const { different } = await this.#audit(counter);
    const [first, ...others] = different;
    const isTold = first?.key === counter && first.difference === 1n && others.length === 0;
    demand(isTold, 'G6', 'an archived audit misses a difference', () => ({ counter, different }));
  }

  async #counters(): Promise<string[]> {
    const book = emptyBook('1');
    await this.#audit(undefined, book);
    // One number of an ad is a part of two sums that are compared.
    return [...book.accounts.keys()].filter((account) => !isOfAd(account));
  }

  async #audit(planted?: string, book = emptyBook('1')): Promise<AuditReport> {
    const { kernel, platform } = this.#options;
    const { ports, history } = platform.operatorMachine();
    const state =
      planted === undefined
        ? ports.state
        : alterState(ports.state, [
            {
              key: { table: 'counters', pk: `counter#${planted}`, sk: '' },
              alter: (item) => {
                const total = item?.['total'];
                return { ...item, total: (typeof total === 'bigint' ? total : 0n) + 1n };
              },
            },
          ]);
    const report = await runCommand({ kernel, pending: platform.pending }, () =>
      audit({ ...ports, state, history, telemetry: nullTelemetry }, book),
    );
    demand(report !== undefined, 'G6', 'an archived audit failed although nothing strikes');
    this.#audits += 1;
    return report;
  }

  /** undefined: a port failed, or the machine died, and the next run goes on. */
  async #archive(): Promise<ArchiveResult | undefined> {
    const { kernel, platform } = this.#options;
    const deps = platform.archiverMachine();
    const result = await runCommand({ kernel, pending: platform.pending }, () => archiveLog(deps));
    if (result === undefined) return undefined;
    this.#gaps += result.gaps;
    if (result.status === 'complete') this.#complete += 1;
    kernel.tell(`the archiver: ${result.status}, ${result.records} records`);
    return result;
  }

  #lose(): void {
    const { archive } = this.#options.services.archiveOf(this.#log.log.epoch);
    const parts = archive.all();
    if (parts.length === 0) return;
    archive.remove(this.#prng.pick([...parts]));
    this.#lost += 1;
    this.#options.kernel.tell('the archive loses a part');
  }

  get #log(): ObservedLog {
    const log = this.#options.services.increments.at(-1);
    if (log === undefined) throw new Error('there is always a stream');
    return log;
  }
}
