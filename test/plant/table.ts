import type { Trial } from './trial.ts';

export interface Summary {
  readonly defects: number;
  readonly caught: number;
  /** By suite, the most frequent first. */
  readonly by: Readonly<Record<string, number>>;
  readonly areas: Readonly<Record<string, { readonly defects: number; readonly caught: number }>>;
  readonly escaped: readonly string[];
  readonly seconds: number;
}

export function summaryOf(trials: readonly Trial[]): Summary {
  const suites = Map.groupBy(
    trials.flatMap(({ caught }) => (caught === undefined ? [] : [caught])),
    ({ suite }) => suite,
  );
  const areas = Array.from(
    Map.groupBy(trials, ({ planting }) => planting.area),
    ([area, of]) => [area, { defects: of.length, caught: of.filter(isCaught).length }] as const,
  );
  return {
    defects: trials.length,
    caught: trials.filter(isCaught).length,
    by: Object.fromEntries(
      Array.from(suites, ([suite, of]) => [suite, of.length] as const).sort(([, a], [, b]) => b - a),
    ),
    areas: Object.fromEntries(areas),
    escaped: trials.filter((trial) => !isCaught(trial)).map(({ planting }) => planting.name),
    seconds: Math.round(trials.reduce((sum, { seconds }) => sum + seconds, 0)),
  };
}

export function summaryText({ defects, caught, by, areas, escaped }: Summary): string {
  const all = caught === defects ? `all ${defects} caught` : `${caught} of ${defects} caught`;
  const suites = Object.entries(by).map(([suite, count]) => `${count} by ${suite}`);
  const rooms = Object.entries(areas).map(([area, of]) => `${area} ${of.caught}/${of.defects}`);
  const missed = escaped.length === 0 ? [] : [`escaped: ${escaped.join(', ')}`];
  return [[all, ...suites].join(', '), `by area: ${rooms.join(', ')}`, ...missed].join('\n');
}

export const columns = ['defect', 'file', 'caught by', 'first failure', 'seconds'] as const;

export function rowOf({ planting, caught, seconds }: Trial): readonly string[] {
  const { name, files } = planting;
  return [name, files.join(' '), caught?.suite ?? 'NOTHING', caught?.by ?? '', seconds.toFixed(0)];
}

const widths = [42, 46, 12] as const;

export function line(cells: readonly string[]): string {
  const [defect = '', file = '', suite = '', by = '', seconds = ''] = cells;
  return [
    ...[defect, file, suite].map((cell, i) => cell.padEnd(widths[i] ?? 0)),
    seconds.padStart(7),
    by,
  ].join(' ');
}

function isCaught({ caught }: Trial): boolean {
  return caught !== undefined;
}
