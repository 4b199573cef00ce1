import type { SeedReport } from './seed-report.ts';
import { reportJson } from './seed-report.ts';

const linesMax = 60;

/** More names would tell of everything. */
const namesMax = 40;

/** The last steps before a violation, those first that name what its facts name. */
export function storyOf(report: SeedReport): string {
  const { violation, story } = report;
  if (violation === undefined) return '';
  const names = namesIn(violation.facts).slice(0, namesMax);
  const telling = story.filter(
    (line) =>
      names.some((name) => line.includes(name)) || / dies| jumps|poller|faults end|nobody calls/.test(line),
  );
  const shown = telling.slice(-linesMax);
  const left = story.length - shown.length;
  return [
    `what led there (${shown.length} of ${story.length} steps; ${left} left out):`,
    ...shown,
    `then ${violation.message}`,
    facts(report),
  ].join('\n');
}

const factsLengthMax = 4000;

function facts(report: SeedReport): string {
  const { violation } = JSON.parse(reportJson({ ...report, story: [] })) as SeedReport;
  return JSON.stringify(violation?.facts ?? {}, undefined, 2).slice(0, factsLengthMax);
}

/** Texts and numbers in the facts that a step may name too: counters, positions, containers, ids. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.length >= 4 && value.length <= 80 ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => [
      ...namesIn(inner),
      ...(name === 'exchange' && typeof inner === 'number' ? [`request ${inner} `] : []),
    ]);
  }
  return [];
}
