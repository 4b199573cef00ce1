import type { Defect } from './defect.ts';
import type { Hunt } from './hunt.ts';

export interface Trial {
  readonly defect: Defect;
  readonly hunt: Hunt;
}

export interface Summary {
  readonly defects: number;
  readonly caught: number;
  readonly escaped: readonly string[];
  /** Seeds to catch, over those caught. */
  readonly medianSeeds: number;
  readonly worstSeeds: number;
}

/** Fault kinds named in a row. */
const kindsShownMax = 6;

export function summaryOf(trials: readonly Trial[]): Summary {
  const seeds = trials
    .flatMap(({ hunt }) => (hunt.status === 'caught' ? [hunt.seeds] : []))
    .sort((a, b) => a - b);
  return {
    defects: trials.length,
    caught: seeds.length,
    escaped: trials.filter(({ hunt }) => hunt.status !== 'caught').map(({ defect }) => defect.name),
    medianSeeds: seeds[Math.floor((seeds.length - 1) / 2)] ?? 0,
    worstSeeds: seeds.at(-1) ?? 0,
  };
}

export function summaryText(summary: Summary): string {
  const { defects, caught, escaped, medianSeeds, worstSeeds } = summary;
  const all = escaped.length === 0 ? `all ${defects} caught` : `${caught} of ${defects} caught`;
  const missed = escaped.length === 0 ? '' : `\nnot caught: ${escaped.join(', ')}`;
  return `${all}; seeds to catch: median ${medianSeeds}, worst ${worstSeeds}${missed}`;
}

export const columns = ['defect', 'caught', 'seeds', 'promise', 'fault kinds that had struck'] as const;

export function rowOf({ defect, hunt }: Trial): readonly string[] {
  switch (hunt.status) {
    case 'caught':
      return [defect.name, 'yes', String(hunt.seeds), hunt.invariant, kindsText(hunt.struck)];
    case 'escaped':
      return [defect.name, 'NO', String(hunt.seeds), '', ''];
    case 'broken':
      return [defect.name, 'BROKEN', '0', '', ''];
  }
}

const widths = [42, 7, 6, 8] as const;

export function line(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' ');
}

export function markdown(trials: readonly Trial[], command: string): string {
  const rows = trials.map((trial) => {
    const [name = '', caught = '', seeds = '', promise = '', kinds = ''] = rowOf(trial);
    return `| ${name} | ${trial.defect.breaks} | ${caught} | ${seeds} | ${promise} | ${kinds} |`;
  });
  return `# Planted defects

Faults planted one at a time in a copy of the product, and what the simulator made of them. The data are in
test/simulation/defects; this page is written by \`${command}\`.

Summary: ${summaryText(summaryOf(trials))}.

| defect | what it would do | caught | seeds | promise | fault kinds that had struck |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function kindsText(kinds: readonly string[]): string {
  const shown = kinds.slice(0, kindsShownMax).join(', ');
  return kinds.length > kindsShownMax ? `${shown} and ${kinds.length - kindsShownMax} more` : shown;
}
