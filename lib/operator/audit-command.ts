import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { audit } from '../app/audit/audit.ts';
import { safeText } from '../core/safe-text.ts';
import type { AuditReport, Difference } from '../app/audit/audit-report.ts';
import { parseDeliveryKey } from '../core/delivery/delivery-key.ts';
import { commandLine, UsageError } from '../options.ts';
import { readAuditFile, writeAuditFile } from './audit-file.ts';
import {
  exitCodes,
  fileOption,
  parseStageArguments,
  stageOptionsHelp,
  type ExitCode,
  type StageCommand,
} from './stage-command.ts';

export interface AuditOptions {
  readonly json: boolean;
  /** undefined: the default file of the stage. */
  readonly file: string | undefined;
}

const help = `Recounts the increments in the log and compares every total: ${commandLine('audit')} [options]

${stageOptionsHelp}  --state <file>   keeps the position and the sums between runs
                   (default: audit.ndjson in the data folder, .adtally-audit-<stage>.ndjson here)

accepted = counted + in flight + quarantined + dropped, as sums of values. A run continues after the previous one.
Exit codes: 0 equal, 1 a total differs, 2 wrong arguments, 3 nothing differs but the log no longer holds the whole
history of some counters, 4 the stage cannot be opened or does not answer.
`;

const ownOptions = { state: fileOption };

export const auditCommand: StageCommand<AuditOptions> = {
  name: 'audit',
  help,
  parse(args) {
    const { location, values } = parseStageArguments(args, ownOptions);
    const { state } = values;
    if (state !== undefined && !isFolder(dirname(state)))
      throw new UsageError(
        `--state must be the name of a file in a folder that exists; the folder ${dirname(state)} does not exist`,
      );
    return { location, options: { json: values.json, file: state } };
  },
  async run(stage, { json, file = stage.auditFile }, write) {
    const history = stage.histories.increments;
    const { settings } = stage;
    const book = readAuditFile(file, settings.stage, history.epoch);
    const report = await audit({ ...stage, history }, book);
    writeAuditFile(file, settings.stage, book);
    write(json ? `${JSON.stringify(toJson(report))}\n` : toText(report));
    return codeOf(report);
  },
};

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function codeOf({ status }: AuditReport): ExitCode {
  switch (status) {
    case 'equal':
      return exitCodes.done;
    case 'different':
      return exitCodes.found;
    case 'not-auditable':
      return exitCodes.undecidable;
  }
}

/** Sums as strings: they may exceed 2^53. */
function toJson(report: AuditReport): Record<string, unknown> {
  const { status, counters, notAuditable, accepted, counted, inFlight, quarantined, dropped, unreadable } =
    report;
  return {
    status,
    counters,
    not_auditable: notAuditable,
    accepted: String(accepted),
    counted: String(counted),
    in_flight: String(inFlight),
    quarantined: String(quarantined),
    dropped: String(dropped),
    unreadable_records: unreadable,
    tracked_events: String(report.tracked),
    different: report.different.map(({ key, number, expected, difference }) => ({
      key,
      ...(number !== undefined && { number }),
      expected: String(expected),
      difference: String(difference),
    })),
  };
}

const shownMax = 20;
const keyCharactersMax = 80;

function toText(report: AuditReport): string {
  const { accepted, counted, inFlight, quarantined, dropped } = report;
  const lines = [
    `counters      ${report.counters}`,
    `accepted      ${accepted}`,
    `counted       ${counted}`,
    `in flight     ${inFlight}`,
    `quarantined   ${quarantined}`,
    `dropped       ${dropped}`,
    `unreadable    ${report.unreadable} records`,
  ];
  if (report.tracked > 0n) lines.push(`tracked       ${report.tracked} events of ads`);
  for (const difference of report.different.slice(0, shownMax)) {
    const { expected } = difference;
    lines.push(
      `DIFFERENT     ${nameOf(difference)}: ${expected + difference.difference} instead of ${expected}`,
    );
  }
  if (report.different.length > shownMax) {
    lines.push(`              and ${report.different.length - shownMax} more (--json lists up to 1000)`);
  }
  lines.push(conclusion(report));
  return `${lines.join('\n')}\n`;
}

function nameOf({ key, number = 'counted' }: Difference): string {
  const ad = parseDeliveryKey(key);
  if (ad === undefined) return safeText(key, keyCharactersMax);
  return `${ad.kind === 'click' ? 'clicks' : 'impressions'} of ad ${ad.adId}, ${number}`;
}

function conclusion({ status, different, notAuditable }: AuditReport): string {
  switch (status) {
    case 'equal':
      return 'equal: every total matches the log';
    case 'different':
      return `different: ${different.length} ${different.length === 1 ? 'total does' : 'totals do'} not match the log`;
    case 'not-auditable':
      return `not auditable: the log no longer holds the whole history of ${notAuditable} counters; nothing differs since their first audit`;
  }
}
