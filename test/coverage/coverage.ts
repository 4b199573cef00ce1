import { relative, sep } from 'node:path';

export const measures = ['lines', 'functions', 'branches'] as const;
export type Measure = (typeof measures)[number];

/** Percent, in tenths. */
export type Share = Readonly<Record<Measure, number>>;

interface Counted {
  readonly total: number;
  readonly covered: number;
}

/** Jest's coverage-summary.json: by absolute path, and `total`. */
export type Summary = Readonly<Record<string, Readonly<Record<Measure, Counted>>>>;

/** A folder and how much of it the tests run. */
export type Shares = Readonly<Record<string, Share>>;

/** These are large, and their parts differ: each folder in them is looked at by itself. */
const divided = ['lib', 'lib/adapters', 'lib/core'];

/** Adds up the files of each folder. */
export function sharesOf(summary: Summary, root: string): Shares {
  const sums = new Map<string, Record<Measure, { total: number; covered: number }>>();
  for (const [file, counts] of Object.entries(summary)) {
    if (file === 'total') continue;
    const folder = folderOf(relative(root, file).split(sep));
    const sum = sums.get(folder) ?? {
      lines: { total: 0, covered: 0 },
      functions: { total: 0, covered: 0 },
      branches: { total: 0, covered: 0 },
    };
    for (const measure of measures) {
      sum[measure].total += counts[measure].total;
      sum[measure].covered += counts[measure].covered;
    }
    sums.set(folder, sum);
  }
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([folder, sum]) => [folder, shareOf(sum)]));
}

/** All files together. */
export function wholeOf(summary: Summary): Share {
  const { total } = summary;
  if (total === undefined) throw new Error('a summary without a total');
  return shareOf(total);
}

function shareOf(counts: Readonly<Record<Measure, Counted>>): Share {
  const percent = ({ total, covered }: Counted): number =>
    total === 0 ? 100 : Math.floor((covered * 1000) / total) / 10;
  const { lines, functions, branches } = counts;
  return { lines: percent(lines), functions: percent(functions), branches: percent(branches) };
}

/** `lib/api/routes.ts` is in lib/api, `lib/core/ads/catalog/row.ts` in lib/core/ads, `lib/stages.ts` in lib. */
function folderOf(parts: readonly string[]): string {
  let depth = 1;
  while (depth < parts.length - 1 && divided.includes(parts.slice(0, depth).join('/'))) depth += 1;
  return parts.slice(0, depth).join('/');
}

/** What falls short of the thresholds, a line each; a folder without one, and a threshold without a folder. */
export function shortfalls(shares: Shares, thresholds: Shares): readonly string[] {
  const missing = Object.keys(shares).filter((folder) => thresholds[folder] === undefined);
  const gone = Object.keys(thresholds).filter((folder) => shares[folder] === undefined);
  const below = Object.entries(shares).flatMap(([folder, share]) =>
    measures
      .filter((measure) => share[measure] < (thresholds[folder]?.[measure] ?? 0))
      .map(
        (measure) =>
          `${folder}: ${share[measure]} % of ${measure} are run by tests, less than ${thresholds[folder]?.[measure] ?? 0} %`,
      ),
  );
  return [
    ...below,
    ...missing.map((folder) => `${folder} has no threshold; write it by npm run coverage -- --update`),
    ...gone.map((folder) => `${folder} has a threshold, and no file of it was looked at`),
  ];
}

/**
 * What the thresholds become: a little less than is run now, since tests with clocks and sockets take now this branch
 * and now that.
 */
export function thresholdsOf(shares: Shares): Shares {
  const less = (percent: number): number => Math.max(0, Math.floor((percent - slackPercent) * 10) / 10);
  return Object.fromEntries(
    Object.entries(shares).map(([folder, { lines, functions, branches }]) => [
      folder,
      { lines: less(lines), functions: less(functions), branches: less(branches) },
    ]),
  );
}

const slackPercent = 1;
