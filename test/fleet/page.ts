import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable, replaceTable } from '../bench/tables.ts';
import { toSvg } from '../load/plot/chart.ts';
import { quotas } from './quotas.ts';
import type { Outcome, Scenario } from './scenario.ts';

/** Writes the table and the plot of a scenario: `fleet.md` in the folder, and `fleet/NAME.svg`. */
export function writeOutcome(folder: string, { name }: Scenario, { head, rows, chart }: Outcome): void {
  mkdirSync(join(folder, 'fleet'), { recursive: true });
  writeFileSync(join(folder, 'fleet', `${name}.svg`), toSvg(chart));
  replaceIn(folder, name, markdownTable([head, ...rows]));
}

export function writeQuotas(folder: string): void {
  replaceIn(folder, 'quotas', quotasTable());
}

export function quotasTable(): string {
  const rows = Object.values(quotas).map(({ what, value, unit, source }) => [
    what,
    `${value.toLocaleString('en')} ${unit}`,
    source,
  ]);
  return markdownTable([['quota', 'value', 'source'], ...rows]);
}

function replaceIn(folder: string, name: string, table: string): void {
  const page = join(folder, 'fleet.md');
  writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), name, table));
}
