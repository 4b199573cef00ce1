import type { Defect } from './defect.ts';
import type { Hunt } from './hunt.ts';

export interface Trial {
  readonly defect: Defect;
  readonly hunt: Hunt;
  /**
   * Fault kinds without any one of which the seed keeps every promise; undefined: not asked, or not known.
   */
  readonly kinds: readonly string[] | undefined;
}

export interface Summary {
  readonly defects: number;
  readonly caught: number;
  readonly escaped: readonly string[];
  /** Seeds to catch, over those caught. */
  readonly medianSeeds: number;
  readonly worstSeeds: number;
}

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

export const columns = ['defect', 'caught', 'seeds', 'promise', 'fault kinds it needs'] as const;

export function rowOf({ defect, hunt, kinds }: Trial): readonly string[] {
  switch (hunt.status) {
    case 'caught':
      return [
        defect.name,
        'yes',
        String(hunt.seeds),
        hunt.invariant,
        kindsText(kinds) ?? struckText(hunt.struck),
      ];
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

function kindsText(kinds: readonly string[] | undefined): string | undefined {
  return kinds?.length === 0 ? 'none' : kinds?.join(', ');
}

/** All that struck in the seed, needed or not: too many to name. */
function struckText(struck: readonly string[] | undefined): string {
  return struck === undefined ? '' : `(some of ${struck.length} that had struck)`;
}
