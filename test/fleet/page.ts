import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable, replaceTable } from '../bench/tables.ts';
import { toSvg, type Chart } from '../load/plot/chart.ts';
import { quotas } from './quotas.ts';
import type { Outcome, Scenario } from './scenario.ts';

/** Writes the table and the plot of a scenario: `fleet.md` in the folder, and `fleet/NAME.svg`. */
export function writeOutcome(folder: string, { name }: Scenario, { head, rows, chart }: Outcome): void {
  writeOnPage({ folder, page: 'fleet' }, { name, table: markdownTable([head, ...rows]), chart });
}

export function writeQuotas(folder: string): void {
  writeOnPage({ folder, page: 'fleet' }, { name: 'quotas', table: quotasTable() });
}

/** Puts a table into its block of a page, `PAGE.md` in the folder, and its plot into `PAGE/NAME.svg`. */
export function writeOnPage(
  { folder, page }: { readonly folder: string; readonly page: string },
  { name, table, chart }: { readonly name: string; readonly table: string; readonly chart?: Chart },
): void {
  const file = join(folder, `${page}.md`);
  writeFileSync(file, replaceTable(readFileSync(file, 'utf8'), name, table));
  if (chart === undefined) return;
  mkdirSync(join(folder, page), { recursive: true });
  writeFileSync(join(folder, page, `${name}.svg`), toSvg(chart));
}

export function quotasTable(): string {
  const rows = Object.values(quotas).map(({ what, value, unit, source }) => [
    what,
    `${value.toLocaleString('en')} ${unit}`,
    source,
  ]);
  return markdownTable([['quota', 'value', 'source'], ...rows]);
}
