import { percentile } from '../../lib/embedded/demo/load.ts';
import type { Books } from './clients/actor.ts';
import type { FindingKind } from './ledger/findings.ts';

export interface PhaseReport {
  readonly phase: string;
  readonly seconds: number;
  readonly kills: number;
  readonly restarts: number;
  readonly jumps: number;
  readonly pauses: number;
  readonly requests: number;
  readonly acknowledged: number;
  readonly ambiguous: number;
  readonly refused: number;
  readonly tokens: number;
  readonly versions: number;
  readonly findings: Readonly<Record<FindingKind, number>>;
  readonly messages: readonly string[];
  readonly restartsMs: readonly number[];
}

export function reportOf(
  phase: string,
  { findings, tally, tokens, ads }: Books,
  durationMs: number,
): PhaseReport {
  const { kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused, restartsMs } = tally;
  return {
    phase,
    seconds: Math.round(durationMs / 1000),
    ...{ kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused },
    tokens: tokens.handedOut,
    versions: ads.versionSeen,
    findings: findings.counts,
    messages: findings.messages,
    restartsMs,
  };
}

export function sumOf(reports: readonly PhaseReport[]): PhaseReport {
  const add = (pick: (report: PhaseReport) => number): number =>
    reports.reduce((sum, report) => sum + pick(report), 0);
  return {
    phase: 'together',
    seconds: add(({ seconds }) => seconds),
    kills: add(({ kills }) => kills),
    restarts: add(({ restarts }) => restarts),
    jumps: add(({ jumps }) => jumps),
    pauses: add(({ pauses }) => pauses),
    requests: add(({ requests }) => requests),
    acknowledged: add(({ acknowledged }) => acknowledged),
    ambiguous: add(({ ambiguous }) => ambiguous),
    refused: add(({ refused }) => refused),
    tokens: add(({ tokens }) => tokens),
    versions: add(({ versions }) => versions),
    findings: {
      lost: add(({ findings }) => findings.lost),
      double: add(({ findings }) => findings.double),
      wrong: add(({ findings }) => findings.wrong),
      late: add(({ findings }) => findings.late),
      token: add(({ findings }) => findings.token),
      answer: add(({ findings }) => findings.answer),
      process: add(({ findings }) => findings.process),
    },
    messages: reports.flatMap(({ messages }) => messages),
    restartsMs: reports.flatMap(({ restartsMs }) => restartsMs),
  };
}

export function findingCount({ findings }: PhaseReport): number {
  return Object.values(findings).reduce((sum, count) => sum + count, 0);
}

const columns = [
  'phase',
  'kills',
  'restarts',
  'jumps',
  'pauses',
  'requests',
  'acknowledged',
  'ambiguous',
  'refused',
  'lost',
  'double',
  'other',
  'restart p50 / p99 ms',
  'seconds',
] as const;

/** The table at the end, a row a phase. */
export function tableOf(reports: readonly PhaseReport[]): string {
  const rows = [[...columns], ...reports.map(cells)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function cells(report: PhaseReport): string[] {
  const { kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused, findings } = report;
  const { lost, double } = findings;
  const counts = [kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused, lost, double];
  const restartsMs = Float64Array.from(report.restartsMs).sort();
  const times = [0.5, 0.99].map((share) => percentile(restartsMs, share).toFixed(0));
  return [
    report.phase,
    ...[...counts, findingCount(report) - lost - double].map((count) => count.toLocaleString('en')),
    times.join(' / '),
    String(report.seconds),
  ];
}
