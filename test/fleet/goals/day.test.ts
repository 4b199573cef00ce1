import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { markdownTable } from '../../bench/tables.ts';
import { runProgram } from '../run-program.ts';
import { dayAds } from './day-ads.ts';
import { dayPromises, type SeenOfDay } from './day-promises.ts';
import type { AdReport } from './report.ts';

const root = path.join(import.meta.dirname, '../../..');

function demo(...args: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram(path.join(root, 'test/load/demo/main.ts'), '--delivery', ...args);
}

const ads = dayAds(1);

function report(impressions: number, duplicate = 0, today?: number): AdReport {
  return {
    impressions,
    not_counted: { duplicate, late: 0, invalid: { bot: 0 } },
    ...(today !== undefined && { today: { date: '2026-01-01', impressions: today, remaining: 0 } }),
  };
}

/** Each ad has reached what it may at most: its goal. */
function seenOfDay(changes: Partial<SeenOfDay> = {}): SeenOfDay {
  const atLast = ads.map(({ goal }) => report(goal?.impressions.total ?? 7, 3));
  return {
    ads,
    samples: [
      {
        ...{ hour: 1, decisions: 9, asks: 2 },
        reports: ads.map(({ goal }) => report(5, 0, goal?.impressions.daily)),
      },
    ],
    atLast,
    acknowledged: atLast.map(({ impressions }) => impressions + 3),
    tally: { decisions: 9, asks: 2, mostShown: 2, failures: new Map() },
    ...changes,
  };
}

function broken(changes: Partial<SeenOfDay>): readonly string[] {
  return dayPromises(seenOfDay(changes))
    .filter(({ kept }) => !kept)
    .map(({ promise }) => promise);
}

describe('the promises of the day', () => {
  it('hold for ads that have reached their goals', () => {
    expect(broken({})).toEqual([]);
  });

  it('are broken by one impression over a goal in all', () => {
    const atLast = ads.map(({ goal }) => {
      const { total } = goal?.impressions ?? {};
      return total === undefined ? report(7, 3) : report(total + 1, 2);
    });
    expect(broken({ atLast })).toEqual(['no goal is passed, of a day or in all']);
  });

  it('are broken by one impression over the goal of a day that has passed since', () => {
    const [sample] = seenOfDay().samples;
    const reports = ads.map(({ goal }) => report(5, 0, (goal?.impressions.daily ?? 0) + 1));
    expect(
      broken({ samples: [{ hour: 1, decisions: 9, asks: 2, reports }, ...(sample ? [sample] : [])] }),
    ).toEqual(['no goal is passed, of a day or in all']);
  });

  it('are broken by a user who gets a capped ad once more, or if the capped ad is never shown', () => {
    const promise = 'no user gets the capped ad more than 2 times in an hour';
    const { tally } = seenOfDay();
    expect(broken({ tally: { ...tally, mostShown: 3 } })).toEqual([promise]);
    expect(broken({ tally: { ...tally, mostShown: 0 } })).toEqual([promise]);
  });

  it('are broken by an impression that is in no number, and by one that is in two', () => {
    const { acknowledged } = seenOfDay();
    for (const change of [1, -1])
      expect(broken({ acknowledged: acknowledged.with(2, (acknowledged[2] ?? 0) + change) })).toEqual([
        'each acknowledged impression is in one number',
      ]);
  });

  it('are broken by a page that gets an error', () => {
    const { tally } = seenOfDay();
    expect(broken({ tally: { ...tally, failures: new Map([[503, 1]]) } })).toEqual([
      'every page gets its answer',
    ]);
  });
});

describe('npm run demo -- --delivery', () => {
  it('keeps its promises in the quick form, and shows the same for the same seed', async () => {
    const [first, second] = [await demo('--quick', '--seed', '3'), await demo('--quick', '--seed', '3')];
    expect(first.exitCode).toBe(0);
    expect(first.stdout.match(/^kept {3}/gm)).toHaveLength(4);
    expect(first.stdout).not.toContain('BROKEN');
    const withoutTime = ({ stdout }: typeof first): string => stdout.replace(/ in \d+ s;/, '');
    expect(withoutTime(second)).toBe(withoutTime(first));
  });

  it('refuses what it has no use for', async () => {
    expect(await demo('--quick', '--docs', 'docs')).toMatchObject({ exitCode: 2 });
    expect(await runProgram(path.join(root, 'test/load/demo/main.ts'), '--quick')).toMatchObject({
      exitCode: 2,
    });
  });

  it('has its table and its plot in the page of delivery', () => {
    const page = readFileSync(path.join(root, 'docs/delivery.md'), 'utf8');
    const [, table = ''] = /<!-- day -->\n\n(.+?)\n\n<!-- end of day -->/s.exec(page) ?? [];
    for (const { name } of ads) expect(table).toContain(`| ${name} `);
    const rows = table.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(markdownTable(rows.filter((_, i) => i !== 1))).toBe(table);
    expect(page).toContain('(delivery/day.svg)');
  });
});
