import type { Area } from './areas.cjs';

/** The part of a report of Stryker (mutation-testing-report-schema) that counts here. */
export interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly status: string;
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly location: { readonly start: Position; readonly end: Position };
        }[];
      }
    >
  >;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Score {
  readonly area: Area;
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  /** Of the mutants that were tried; 100 if none was. */
  readonly percent: number;
}

/** A mutant that no test reaches has survived. What was ignored, or not drawn, does not count. */
const survivedStatus = new Set(['Survived', 'NoCoverage']);

export function scoreOf(area: Area, report: Report): Score {
  const all = Object.values(report.files).flatMap(({ mutants }) => mutants);
  const count = (...statuses: string[]): number =>
    all.filter(({ status }) => statuses.includes(status)).length;
  const [killed, timedOut, survived] = [count('Killed'), count('Timeout'), count(...survivedStatus)];
  const tried = killed + timedOut + survived;
  return {
    area,
    killed,
    timedOut,
    survived,
    percent: tried === 0 ? 100 : (100 * (killed + timedOut)) / tried,
  };
}

/** A line each: where, what it was and what it became. */
export function survivors({ files }: Report): string[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants
      .filter(({ status }) => survivedStatus.has(status))
      .map(({ location: { start, end }, replacement = '', status }) => {
        const last = start.line === end.line ? end.column - 1 : undefined;
        const was = lines[start.line - 1]?.slice(start.column - 1, last) ?? '';
        const note = status === 'NoCoverage' ? ' (no test reaches it)' : '';
        return `${file}:${start.line}:${start.column}: ${was} -> ${oneLine(replacement)}${note}`;
      });
  });
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 100);

export function table(scores: readonly Score[]): string[] {
  const rows = scores.map(({ area, killed, timedOut, survived, percent }) =>
    [
      `\`${area.name}\``,
      killed + timedOut + survived,
      killed,
      timedOut,
      survived,
      `${percent.toFixed(1)} %`,
    ].join(' | '),
  );
  return [
    '| area | mutants | killed | timed out | survived | score |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row} |`),
  ];
}
