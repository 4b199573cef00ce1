import { addUp } from '../load/measure/add-up.ts';
import { Histogram } from '../load/measure/histogram.ts';
import { tableOf } from '../load/measure/table.ts';
import type { Ledgers } from './ledger/ledgers.ts';

export type PhaseReport = Readonly<ReturnType<typeof reportOf>>;

export function reportOf(
  phase: string,
  { findings, tally, tokens, ads, events }: Ledgers,
  durationMs: number,
) {
  const { kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused, restartsMs } = tally;
  return {
    phase,
    seconds: Math.round(durationMs / 1000),
    ...{ kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused },
    tokens: tokens.handedOut,
    versions: ads.versionSeen,
    events: { ...events.sums(), ...tally.events },
    findings: findings.counts,
    messages: findings.messages,
    restartsMs,
  };
}

export function sumOf(reports: readonly PhaseReport[]): PhaseReport {
  return {
    ...addUp(reports),
    phase: 'together',
    messages: reports.flatMap(({ messages }) => messages),
    restartsMs: reports.flatMap(({ restartsMs }) => restartsMs),
  };
}

export function findingCount({ findings }: PhaseReport): number {
  return Object.values(findings).reduce((sum, count) => sum + count, 0);
}

/** Impressions and clicks in three lines: what was sent, in which numbers it is, and how many goals were reached. */
export function eventsText({ events }: PhaseReport): string {
  const of = (name: keyof PhaseReport['events']): string => events[name].toLocaleString('en');
  return (
    `${of('tokens')} decision tokens; reports of them: ${of('acknowledged')} acknowledged, ${of('uncertain')} uncertain (all redirects are)\n` +
    `counted ${of('impressions')} impressions, ${of('clicks')} clicks; ` +
    `apart ${of('duplicate')} duplicate, ${of('invalid')} invalid, ${of('late')} late\n` +
    `${of('goals')} ads with a goal, ${of('reached')} of them reached, none passed or it is among the findings`
  );
}

const columns = [
  ...['phase', 'kills', 'restarts', 'jumps', 'pauses', 'requests', 'acknowledged', 'ambiguous', 'refused'],
  ...['lost', 'double', 'other', 'restart p50 / p99 ms', 'seconds'],
];

/** The table at the end, a row a phase. */
export function reportTable(reports: readonly PhaseReport[]): string {
  return tableOf([columns, ...reports.map(cells)]);
}

function cells(report: PhaseReport): string[] {
  const { kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused, findings } = report;
  const { lost, double } = findings;
  const counts = [kills, restarts, jumps, pauses, requests, acknowledged, ambiguous, refused, lost, double];
  const restartsMs = new Histogram();
  for (const ms of report.restartsMs) restartsMs.record(ms);
  return [
    report.phase,
    ...[...counts, findingCount(report) - lost - double].map((count) => count.toLocaleString('en')),
    [0.5, 0.99].map((share) => restartsMs.quantile(share)).join(' / '),
    String(report.seconds),
  ];
}
