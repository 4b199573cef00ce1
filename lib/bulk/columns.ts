import { nearestName } from '../options.ts';

/**
 * How a cell is read: as it is, without the space around it, as a time, as a whole number, as a code or a list of
 * codes in lower or upper case, or as JSON.
 */
export type ColumnKind =
  'text' | 'trimmed' | 'time' | 'number' | 'lower' | 'lower-list' | 'upper-list' | 'json';

interface Column {
  readonly kind: ColumnKind;
  readonly isRequired: boolean;
}

/** The columns of a file of ads, in the order of an export; the names are the fields of the API. */
export const columns = {
  external_id: { kind: 'text', isRequired: true },
  title: { kind: 'text', isRequired: true },
  content: { kind: 'text', isRequired: true },
  start_at: { kind: 'time', isRequired: true },
  end_at: { kind: 'time', isRequired: true },
  age_start: { kind: 'number', isRequired: false },
  age_end: { kind: 'number', isRequired: false },
  gender: { kind: 'upper-list', isRequired: false },
  country: { kind: 'upper-list', isRequired: false },
  platform: { kind: 'lower-list', isRequired: false },
  status: { kind: 'lower', isRequired: false },
  priority: { kind: 'number', isRequired: false },
  weight: { kind: 'number', isRequired: false },
  click_url: { kind: 'trimmed', isRequired: false },
  image_url: { kind: 'trimmed', isRequired: false },
  width: { kind: 'number', isRequired: false },
  height: { kind: 'number', isRequired: false },
  campaign_id: { kind: 'text', isRequired: false },
  metadata: { kind: 'json', isRequired: false },
  goal: { kind: 'json', isRequired: false },
  frequency: { kind: 'json', isRequired: false },
} as const satisfies Readonly<Record<string, Column>>;

export type ColumnName = keyof typeof columns;
export const columnNames = Object.keys(columns) as ColumnName[];
export const requiredNames = columnNames.filter((name) => columns[name].isRequired);

/** The API makes these itself: an export has them, and an import reads over them. */
export const madeByApi = ['id', 'version', 'created_at'] as const;

/** What an import reads over: of an ad that has ended, NDJSON says so; in a CSV file `end_at` says enough. */
export const readOver: readonly string[] = [...madeByApi, 'ended_at'];

const known: readonly string[] = [...columnNames, ...madeByApi];

/** The name without what people write otherwise: upper case, spaces, hyphens. */
function squeeze(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

const bySqueezed = new Map(known.map((name) => [squeeze(name), name]));

/** The column that a header names, as people write it: `Start At`, `start-at`, `startAt`. */
export function columnOf(header: string): string | undefined {
  return bySqueezed.get(squeeze(header));
}

/** For an error message: what was probably meant, and if nothing is near, all there is. */
export function meantInstead(header: string): string {
  const nearest = nearestName(squeeze(header), [...bySqueezed.keys()]);
  const name = nearest === undefined ? undefined : bySqueezed.get(nearest);
  return name === undefined ? `known are ${known.join(', ')}` : `did you mean ${name}?`;
}

export function isColumnName(name: string): name is ColumnName {
  return Object.hasOwn(columns, name);
}
