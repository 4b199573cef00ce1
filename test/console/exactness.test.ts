import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Ad, AdList, Stats } from '../../client/index.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { createAds } from './traffic.ts';

let world: ConsoleWorld;

beforeAll(async () => {
  world = await createConsoleWorld();
}, 60_000);

afterAll(async () => {
  await world.stop();
}, 60_000);

afterEach(async () => {
  await world.closePages(/status of 404/);
});

async function live(page: Page): Promise<void> {
  await page.getByText(/^Live, as of/).waitFor();
}

/** Changes what the page gets of the figures. */
async function withStats(page: Page, change: (stats: Stats) => object): Promise<void> {
  await page.route('**/api/v1/stats', async (route) => {
    const stats = (await (await route.fetch()).json()) as Stats;
    await route.fulfill({ json: { ...stats, ...change(stats) } });
  });
}

const tilesOf = (page: Page): Promise<string[]> => page.locator('#freshness .tile').allInnerTexts();

/** Freshness of this many increments, all but one of them within 16 ms. */
function freshness(stats: Stats, count: number): object {
  const buckets = stats.freshness.buckets.map((bucket, i) => ({
    ...{ ...bucket, count: i === 0 ? count - 1 : i === 3 ? 1 : 0 },
  }));
  return { freshness: { ...stats.freshness, count, buckets, p50_ms: 9, p90_ms: 14, p99_ms: 99 } };
}

describe('freshness', () => {
  it.each([
    [3, '3 increments, too few for p90 and p99', ['p50\n9 ms', 'p90\n–', 'slowest\n≤ 128 ms']],
    [10, '10 increments, too few for p99', ['p50\n9 ms', 'p90\n14 ms', 'slowest\n≤ 128 ms']],
    [100, '100 increments', ['p50\n9 ms', 'p90\n14 ms', 'p99\n99 ms']],
  ])('of %i increments shows only the percentiles that these can have', async (count, said, tiles) => {
    const page = await world.open();
    await withStats(page, (stats) => freshness(stats, count));
    await page.locator('#freshness-hint').getByText(`: ${said}`).waitFor();
    expect(await page.locator('#freshness-hint').innerText()).toMatch(new RegExp(`${said}$`));
    expect(await tilesOf(page)).toEqual(tiles);
    const last = tiles[2]?.split('\n') ?? [];
    expect(await page.locator('#tiles p', { hasText: 'Freshness' }).innerText()).toBe(
      `Freshness, ${last[0]}\n${last[1]}`,
    );
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('of nothing shows no figure', async () => {
    const page = await world.open();
    await live(page);
    expect(await page.locator('#freshness-hint').innerText()).toMatch(/: 0 increments$/);
    expect(await tilesOf(page)).toEqual(['p50\n–', 'p90\n–', 'slowest\n–']);
  });
});

describe('numbers', () => {
  it('of the balance have all their digits and add up, however great', async () => {
    const page = await world.open();
    const totals = { accepted: 9_007_199_254_740_991, counted: 9_007_199_253_506_423, duplicates: 1_234_567 };
    await withStats(page, (stats) => ({
      totals: { ...stats.totals, ...totals, quarantined: 0, in_flight: 1 },
    }));
    await page.locator('#balance').getByText('9,007,199,254,740,991').waitFor();
    const cells = await page.locator('#balance td.number').allInnerTexts();
    expect(cells).toEqual(['9,007,199,254,740,991', '9,007,199,253,506,423', '1,234,567', '0', '1']);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1280);
    await page.unrouteAll({ behavior: 'wait' });
  });
});

/** The second is on the next day in Kolkata, and the two have different offsets in New York. */
const instants = { start: '2036-07-01T16:30:00.123Z', end: '2036-12-31T23:30:00.000Z' };

async function createAd(title: string): Promise<string> {
  const answer = await fetch(`${world.url}/api/v1/ad`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=5' },
    body: JSON.stringify({ title, content: 'One\n\nTwo', start_at: instants.start, end_at: instants.end }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as Ad).id;
}

const timesOf = async (page: Page): Promise<string[]> =>
  (await page.locator('dialog time').allInnerTexts()).slice(0, 2).map((text) => text.replace(/\s+/g, ' '));

describe('times', () => {
  it.each([
    ['UTC', ['1 Jul 2036, 16:30:00 UTC', '31 Dec 2036, 23:30:00 UTC'], /^Live, as of \d\d:\d\d:\d\d UTC$/],
    [
      'Asia/Kolkata',
      [
        '1 Jul 2036, 22:00:00 UTC+5:30 16:30:00 UTC',
        '1 Jan 2037, 05:00:00 UTC+5:30 31 Dec 2036, 23:30:00 UTC',
      ],
      /^Live, as of \d\d:\d\d:\d\d UTC\+5:30 \((?:\d+ \w+ \d+, )?\d\d:\d\d:\d\d UTC\)$/,
    ],
    [
      'America/New_York',
      ['1 Jul 2036, 12:30:00 UTC−4 16:30:00 UTC', '31 Dec 2036, 18:30:00 UTC−5 23:30:00 UTC'],
      /^Live, as of \d\d:\d\d:\d\d UTC−[45] \((?:\d+ \w+ \d+, )?\d\d:\d\d:\d\d UTC\)$/,
    ],
  ])('in %s name their zone, and have UTC beside it', async (timezoneId, [start, end], state) => {
    const id = await createAd(`Next summer, ${timezoneId}`);
    const page = await world.open({ timezoneId });
    await page.locator('#state').getByText(state).waitFor();
    await page.getByRole('button', { name: `Next summer, ${timezoneId}` }).click();
    await page.locator('dialog').getByText('It has not started yet.').waitFor();
    expect(await timesOf(page)).toEqual([start, end]);
    expect(await page.locator('dialog time').first().getAttribute('datetime')).toBe(instants.start);
    expect(await page.locator('dialog #ad-id').innerText()).toBe(id);
  });

  it('that are typed mean the zone that is chosen beside them', async () => {
    const page = await world.open({ timezoneId: 'Asia/Kolkata' });
    const form = page.locator('#explain-form');
    const answered = page.locator('#explain-text');
    await form.locator('[name=at]').fill('2036-07-02T05:00:00');
    await form.getByRole('button').click();
    const typed = 'at 2 Jul 2036, 05:00:00 UTC+5:30 (1 Jul 2036, 23:30:00 UTC).';
    await answered.getByText(typed).waitFor();
    await form.getByLabel('Time zone').selectOption('UTC');
    await form.getByRole('button').click();
    await answered.getByText('at 2 Jul 2036, 10:30:00 UTC+5:30 (05:00:00 UTC).').waitFor();
    expect(await answered.innerText()).not.toContain(typed);
  });
});

describe('an ad', () => {
  it('carries its id, opens whole by the keyboard, and is explained', async () => {
    const id = await createAd('To be opened');
    const page = await world.open();
    const opener = page.getByRole('button', { name: 'To be opened' });
    await opener.waitFor();
    await page.getByRole('table', { name: 'Ads over time' }).getByText(id).waitFor();
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'To be opened' });
    await dialog.getByText('It has not started yet.').waitFor();
    expect(await dialog.getByRole('region', { name: 'Content' }).innerText()).toBe('One\n\nTwo');
    expect(await dialog.locator('dt').allInnerTexts()).toEqual([
      ...['Start', 'End', 'Age', 'Gender', 'Country', 'Platform', 'Version', 'Created'],
    ]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To be opened');

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Explain for an audience' }).click();
    await page.locator('#explain-text').getByText(`${id} has not started yet.`).waitFor();
    expect(await page.getByLabel('Ad id').inputValue()).toBe(id);
  });

  it('that is gone by then is said to be', async () => {
    const id = await createAd('To be deleted');
    const page = await world.open();
    const opener = page.getByRole('button', { name: 'To be deleted' });
    await opener.waitFor();
    const headers = { prefer: 'wait=5' };
    expect((await fetch(`${world.url}/api/v1/ad/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    await opener.click();
    await page.getByRole('dialog').getByText('This ad was deleted, or ended long ago.').waitFor();
    expect(await page.locator('#ad-body').innerText()).toBe('');
  });
});

describe('what is cut', () => {
  it('says how many there are: ads, and those of the page that is shown', async () => {
    await createAds(world.url, 45);
    const all = (await (await fetch(`${world.url}/api/v1/ads?limit=100`)).json()) as AdList;
    const page = await world.open();
    const hint = page.locator('#ads-hint');
    await hint.getByText(`Showing 40 of ${all.ads.length} live ads: those that end first.`).waitFor();
    expect(await page.locator('#ads tbody tr').count()).toBe(40);

    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page
      .locator('#explain')
      .getByText(/^Showing 10 of \d+\.$/)
      .waitFor();
    expect(await page.getByRole('table', { name: 'Shown now' }).locator('tbody tr').count()).toBe(10);

    // As many pages as it reads, and a cursor for one more.
    await page.route('**/api/v1/ads?**', (route) =>
      route.fulfill({ json: { ads: all.ads.slice(0, 40), next_cursor: 'more' } }),
    );
    await page.getByRole('button', { name: 'Reload ads' }).click();
    await hint
      .getByText('Showing 40 of more than 200 live ads: those of the 200 oldest that end first.')
      .waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('says how many there are: keys and lanes', async () => {
    const page = await world.open();
    await page.route('**/api/v1/hot-counters*', async (route) => {
      const keys = Array.from({ length: 11 }, (_, i) => ({ key: `k${i}`, value: 100 - i, error_max: 0 }));
      await route.fulfill({ json: { recent: { window_ms: 420_000, keys }, all: { keys: keys.slice(1) } } });
    });
    await withStats(page, (stats) => ({
      streams: stats.streams.map((stream) => ({
        ...stream,
        shards: Array.from({ length: 20 }, (_, i) => ({ ...stream.shards?.[0], shard_id: `shardId-${i}` })),
      })),
    }));
    await page.reload();
    await page
      .locator('#keys')
      .getByText(/^The 10 hottest keys; there are more\./)
      .waitFor();
    expect(await page.locator('#keys tbody tr').count()).toBe(10);
    await page.getByRole('button', { name: 'all time' }).click();
    await page
      .locator('#keys')
      .getByText(/^Exact totals/)
      .waitFor();
    // Of 20 shards with 2 lanes each 32 are drawn.
    await page.locator('.picture').getByText('+8', { exact: true }).waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });
});

describe('keys', () => {
  it.each([
    ['two spaces', 'a  b', 'a‹U+0020› b'],
    ['another kind of space', 'a\u00A0b', 'a‹U+00A0›b'],
    ['a letter without a shape', 'a\u3164b', 'a‹U+3164›b'],
    ['a variant of a sign', 'a\uFE0Fb', 'a‹U+FE0F›b'],
    ['the sign that spells', 'a‹U+202E›b', 'a‹U+2039›U+202E›b'],
  ])('with %s look like no other', async (_, key, shown) => {
    const page = await world.open();
    await page.route('**/api/v1/hot-counters*', async (route) => {
      const keys = [{ key, value: 1, error_max: 0 }];
      await route.fulfill({ json: { recent: { window_ms: 420_000, keys }, all: { keys } } });
    });
    await page.reload();
    await page.getByRole('button', { name: shown, exact: true }).waitFor();
    expect(await page.locator('#keys .link').allInnerTexts()).toEqual([shown]);
    await page.unrouteAll({ behavior: 'wait' });
  });
});
