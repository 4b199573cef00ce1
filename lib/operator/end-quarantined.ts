import { existsSync } from 'node:fs';
import { emptyBook, type AuditBook } from '../app/audit/audit-book.ts';
import { readFailureFile } from '../app/quarantine/failure-file.ts';
import { endFailureRecords } from '../app/quarantine/failure-records.ts';
import { createRedrive, type DropResult, type RedriveResult } from '../app/quarantine/redrive.ts';
import { quarantineKey, type QuarantineId } from '../ports/quarantine.ts';
import { readAuditFile } from './audit-file.ts';
import type { OperatorStage } from './operator-stage.ts';
import { exitCodes, type ExitCode, type Write } from './stage-command.ts';

export interface EndOptions {
  readonly drop: boolean;
  readonly json: boolean;
  readonly state: string | undefined;
  readonly write: Write;
}

const pageSize = 100;

/** Redrives or drops one record. */
export async function endRecord(
  stage: OperatorStage,
  id: QuarantineId,
  options: EndOptions,
): Promise<ExitCode> {
  const outcome = await endOne(stage, id, options.drop);
  tell(options, quarantineKey(id), outcome);
  return outcome.done ? exitCodes.done : exitCodes.found;
}

/** Redrives or drops up to `max` records. Refused records stay in the quarantine. */
export async function endRecords(stage: OperatorStage, max: number, options: EndOptions): Promise<ExitCode> {
  const summary = new Summary();
  let after: string | undefined;
  for (;;) {
    const limit = Math.min(pageSize, max - summary.size);
    if (limit === 0) break;
    const page = await stage.quarantine.list({ limit, ...(after !== undefined && { after }) });
    for (const key of page.unreadable) {
      const outcome = {
        what: 'refused: it cannot be read; inspect the stored entry, then drop it by its id',
        done: false,
      };
      tell(options, key, outcome);
      summary.add(outcome);
    }
    for (const record of page.records) {
      const outcome = await endOne(stage, record, options.drop);
      if (!outcome.done) tell(options, quarantineKey(record), outcome);
      summary.add(outcome);
    }
    after = page.last;
    if (!page.more) break;
  }
  return summary.tell(options);
}

/** Redrives or drops files of the failure destination. A file is removed once all its records are settled. */
export async function endFiles(
  stage: OperatorStage,
  { only, max }: { readonly only?: string; readonly max: number },
  options: EndOptions,
): Promise<ExitCode> {
  const summary = new Summary();
  const { failureFiles } = stage;
  let after: string | undefined;
  while (failureFiles !== undefined && summary.size < max) {
    const limit = Math.min(pageSize, max - summary.size);
    const page =
      only === undefined
        ? await failureFiles.list({ limit, ...(after !== undefined && { after }) })
        : { files: [{ key: only }], more: false };
    for (const { key } of page.files) {
      const outcome = await endFile(stage, key, options);
      tell(options, key, outcome);
      summary.add(outcome);
      after = key;
    }
    if (!page.more || page.files.length === 0) break;
  }
  return only === undefined ? summary.tell(options) : summary.code;
}

interface Outcome {
  readonly what: string;
  /** Nothing is left to do. */
  readonly done: boolean;
}

async function endOne(stage: OperatorStage, id: QuarantineId, drop: boolean): Promise<Outcome> {
  const redrive = createRedrive(stage);
  const result = drop ? await redrive.drop(id) : await redrive.redrive(id);
  return outcomeOf(result);
}

function outcomeOf(result: RedriveResult | DropResult): Outcome {
  switch (result.status) {
    case 'counted':
      return { what: 'counted', done: true };
    case 'counted-before':
      return { what: 'counted before, through another record', done: true };
    case 'redriven':
      return { what: 'appended again', done: true };
    case 'dropped':
      return { what: 'dropped', done: true };
    case 'not-quarantined':
      return result.state === undefined
        ? {
            what: 'not in the quarantine: it was never quarantined, or its consumer still has it',
            done: false,
          }
        : { what: `${result.state} before`, done: true };
    case 'refused':
      return { what: `refused: ${result.reason}`, done: false };
    case 'bytes-missing':
      return { what: 'refused: its content is missing', done: false };
    case 'log-unavailable':
      return { what: 'refused: the log is unavailable, try again', done: false };
  }
}

async function endFile(stage: OperatorStage, key: string, options: EndOptions): Promise<Outcome> {
  const text = await stage.failureFiles?.read(key);
  if (text === undefined) return { what: 'no such file', done: false };
  const content = readFailureFile(text);
  if (content === undefined) return { what: 'not a file of a mapping: not changed', done: false };
  const openBook = (): AuditBook => bookOf(stage, options.state);
  const deps = { ...stage, history: stage.histories.increments, openBook };
  const { outcomes, left } = await endFailureRecords(deps, content, options.drop ? 'dropped' : 'counted');
  const what = Object.entries(outcomes)
    .map(([outcome, records]) => `${records} ${outcome}`)
    .join(', ');
  if (left.length > 0) return { what: `${what}: ${left.join('; ')}`, done: false };
  await stage.failureFiles?.remove(key);
  return { what, done: true };
}

function bookOf(stage: OperatorStage, file = stage.auditFile): AuditBook {
  const { epoch } = stage.histories.increments;
  return existsSync(file) ? readAuditFile(file, stage.settings.stage, epoch) : emptyBook(epoch);
}

function tell({ json, write }: EndOptions, id: string, { what, done }: Outcome): void {
  write(json ? `${JSON.stringify({ id, outcome: what, done })}\n` : `${id}: ${what}\n`);
}

class Summary {
  readonly #counts = new Map<string, number>();
  size = 0;
  code: ExitCode = exitCodes.done;

  add({ what, done }: Outcome): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    this.size += 1;
    if (!done) this.code = exitCodes.found;
  }

  tell({ json, write }: EndOptions): ExitCode {
    if (json) write(`${JSON.stringify({ total: this.size, outcomes: Object.fromEntries(this.#counts) })}\n`);
    else {
      write(`${this.size} in all\n`);
      for (const [what, count] of this.#counts) write(`  ${count} ${what}\n`);
    }
    return this.code;
  }
}
