import { stringify } from 'csv-stringify/sync';
import type { Ad } from '../../client/index.ts';
import { listSeparator } from './ad-rows.ts';
import { columnNames, madeByApi } from './columns.ts';
import { delimiters, type Delimiter } from './csv-rows.ts';
import { guardFormula } from './formula-guard.ts';

export interface CsvTextOptions {
  readonly delimiter: Delimiter;
  /** Cells as they are: a spreadsheet may run what an ad says. */
  readonly raw: boolean;
}

const names = [...columnNames, ...madeByApi];

/** The row that names the columns. */
export function csvHeader({ delimiter }: CsvTextOptions): string {
  return stringify([[...names]], { delimiter: delimiters[delimiter] });
}

export function csvRows(ads: readonly Ad[], { delimiter, raw }: CsvTextOptions): string {
  const rows = ads.map((ad) => names.map((name) => cellOf(ad[name], raw)));
  return stringify(rows, { delimiter: delimiters[delimiter] });
}

function cellOf(value: Ad[(typeof names)[number]], raw: boolean): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  if (isList(value)) return value.join(listSeparator);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return raw ? text : guardFormula(text);
}

function isList(value: string | object): value is readonly string[] {
  return Array.isArray(value);
}
