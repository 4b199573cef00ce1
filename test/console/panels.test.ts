import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { openedMs, openScriptedConsole, stats } from './scripted-console.ts';

let world: ConsoleWorld;
beforeAll(async () => {
  world = await createConsoleWorld();
}, 60_000);
afterAll(async () => {
  await world.stop();
}, 60_000);
afterEach(async () => {
  await world.closePages(/status of (?:401|404|500)/);
});

const textsOf = async (page: Page, selector: string): Promise<string[]> =>
  (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());

async function rowsOf(page: Page, panel: string): Promise<string[][]> {
  const rows = await page.locator(`${panel} tbody tr`).all();
  return Promise.all(
    rows.map(async (row) =>
      (await row.locator('td').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()),
    ),
  );
}

async function live(page: Page): Promise<void> {
  await page.locator('#state', { hasText: /^Live/ }).waitFor();
}

/** A list is asked for beside the figures, and may come later. */
async function listed(page: Page, name: 'ads' | 'quarantine'): Promise<void> {
  await live(page);
  await page.locator(`#${name}-hint`, { hasText: /./ }).waitFor();
}

describe('every figure of a process', () => {
  it('is where it belongs, and nowhere else', async () => {
    const { page } = await openScriptedConsole(world);
    await live(page);
    expect(await page.locator('#stage').innerText()).toBe('test');
    expect(await page.locator('#state').innerText()).toBe('Live, as of 12:00:00 UTC');
    expect(await textsOf(page, '#tiles .tile')).toEqual([
      ...['Requests 20/s', 'Accepted 322/s', 'Counted 323/s', 'Freshness, p99 1.3 s', 'Refused, 4xx 21/s'],
      ...['Failed, 5xx 0.4/s', 'Quarantined 600 since start', 'Live ads 42'],
    ]);
    expect(await textsOf(page, '#tiles .tile.bad .label')).toEqual(['Failed, 5xx', 'Quarantined']);
    expect(await page.locator('#balance-since').innerText()).toBe('since 08:30:00 UTC');
    expect(await rowsOf(page, '#balance')).toEqual([
      ['Accepted', '12,345,678'],
      ['Counted', '12,340,000'],
      ['Duplicates, not counted again', '5,000'],
      ['Quarantined', '600'],
      ['In flight', '78'],
    ]);
    expect(await textsOf(page, '#balance-body p.hint')).toEqual([
      '9 quarantined increments were redriven. 4,321 more were added with mode=sync, which are not in the log.',
      'The audit of 1 Jul 2026, 11:30:00 UTC: all 1,234 counters match the log.',
      'The canary of 1 Jul 2026, 11:59:00 UTC was counted once and in time.',
    ]);
    expect(await page.locator('#freshness-hint').innerText()).toBe(
      'POST to counted, last 60 s: 1,012 increments',
    );
    expect(await textsOf(page, '#freshness .tile')).toEqual(['p50 12 ms', 'p90 97 ms', 'p99 1.3 s']);
    expect((await rowsOf(page, '#freshness')).map(([time, , count]) => [time, count])).toEqual([
      ['≤ 16 ms', '700'],
      ['≤ 2 s', '310'],
      ['> 2 s', '2'],
    ]);
    expect(await rowsOf(page, '#readers')).toEqual([
      ['first', '87', '41', '250 ms ago'],
      ['second', '88', '42', 'not yet'],
      ['8', '90 %', '5 containers'],
      ['9', '10 %', 'not awaited'],
    ]);
    expect(await textsOf(page, '#readers-body p.hint')).toEqual([
      '42 live ads; the limit is 100,000. In all: 1,234 created, 3,000 updates, 700 deleted, 498 expired.',
    ]);
    expect(await textsOf(page, '#streams-body p.hint')).toEqual([
      '1 shard × 2 lanes · 1,234 records waiting · oldest 6 s · log 1.5 MB',
      'shards on demand × 1 lane · 0 records waiting · oldest –',
    ]);
    const lanes = 'lane 1: 1 record waiting, oldest 6 s, busy';
    expect(
      (await rowsOf(page, '#streams')).map(([shard, , behind, oldest]) => [shard, behind, oldest]),
    ).toEqual([['12', '1,234', '6 s']]);
    expect(await page.locator('#streams .lane').first().getAttribute('title')).toBe(lanes);
    expect(await page.locator('#picture-text').textContent()).toBe(
      '20 requests per second; 22 increments accepted and 23 counted per second; ' +
        '27 changes and 25 reads of ads per second; increments: 1 shard × 2 lanes, 1,234 waiting, up to 6 s; ' +
        'ad-events: shards on demand × 1 lane, no records waiting; 600 quarantined since start.',
    );
    const flows = ['322/s', '22/s', '23/s', '23/s', '26/s', '', '27/s', '27/s', '27/s', '25/s'];
    expect(await page.locator('.picture .rate').allTextContents()).toEqual(flows);
  });

  it('of CloudWatch says that it is, and of what time', async () => {
    const { page } = await openScriptedConsole(world, {
      '/api/v1/stats': {
        ...stats,
        source: 'cloudwatch',
        totals: { ...stats.totals, in_flight: -5, redriven: 0, added_at_once: 0 },
        freshness: { ...stats.freshness, count: 99 },
        ads: { live: null, live_max: 5, changes: null },
      },
    });
    await page.getByText('Live, from CloudWatch, as of 12:00:00 UTC').waitFor();
    const tiles = await textsOf(page, '#tiles .tile');
    expect([tiles[3], tiles[6], tiles[7]]).toEqual([
      ...['Freshness, slowest > 2 s', 'Quarantined 600 in 24 h', 'Live ads –'],
    ]);
    expect(await rowsOf(page, '#readers')).toEqual([
      ['Most concurrent calls of query-ads', '17'],
      ['Newest catalog version loaded', '88'],
      ['Oldest catalog served while the store failed', '900 ms'],
      ['8', '90 %', '5 containers'],
      ['9', '10 %', 'not awaited'],
    ]);
    expect(await page.locator('#freshness-hint').innerText()).toBe(
      'POST to counted, last 60 s: 99 samples, too few for p99',
    );
    expect(await textsOf(page, '#balance-body p.hint')).toEqual([
      'In flight is negative: records that were logged before this time were counted since.',
      'The audit of 1 Jul 2026, 11:30:00 UTC: all 1,234 counters match the log.',
      'The canary of 1 Jul 2026, 11:59:00 UTC was counted once and in time.',
    ]);
  });
});

describe('increments per second', () => {
  it('are what was counted between two refreshes of one process, never across a restart', async () => {
    const { page, answer } = await openScriptedConsole(world);
    await live(page);
    await page.locator('#rates summary').click();
    const next = async (
      at: string,
      accepted: number,
      counted: number,
      since = stats.totals.since,
    ): Promise<void> => {
      answer('/api/v1/stats', { ...stats, at, totals: { ...stats.totals, accepted, counted, since } });
      await page.clock.runFor(7000);
      await page.getByText(`as of ${at.slice(11, 19)}`).waitFor();
    };
    await next('2026-01-01T12:00:10.000Z', 12_345_778, 12_340_250);
    await next('2026-01-01T12:00:20.000Z', 50, 60, '2026-01-01T12:00:11.000Z');
    await next('2026-01-01T12:00:24.000Z', 58, 160, '2026-01-01T12:00:11.000Z');
    expect(await rowsOf(page, '#rates-table')).toEqual([
      ['12:00:24 UTC', '2', '25'],
      ['12:00:10 UTC', '10', '25'],
    ]);
    expect(await textsOf(page, '#rates-table p.hint')).toEqual(['2 refreshes']);
  });
});

describe('the polling', () => {
  const asksFor = (asked: readonly string[]): number =>
    asked.filter((one) => one === 'GET /api/v1/stats').length;
  const settled = async (page: Page): Promise<void> => {
    // Answers are on their way through the browser for a moment; the page's own clock stands still.
    await page.waitForTimeout(150);
  };

  it.each([
    [7, 7000],
    [0.2, 1000],
  ])('refreshes after %d s, but not more than once a second', async (refreshSeconds, pauseMs) => {
    const { page, asked } = await openScriptedConsole(world, {
      '/api/v1/stats': { ...stats, refresh_seconds: refreshSeconds },
    });
    await live(page);
    for (let turn = 1; turn < 4; turn++) {
      expect(asksFor(asked)).toBe(turn);
      await page.clock.runFor(pauseMs - 1);
      await settled(page);
      expect(asksFor(asked)).toBe(turn);
      await page.clock.runFor(1);
      await settled(page);
    }
  });

  it('stays paused when an answer comes that was asked for before', async () => {
    const { page } = await openScriptedConsole(world);
    await live(page);
    const answer = Promise.withResolvers<undefined>();
    await page.route('**/api/v1/stats', async (route) => {
      await answer.promise;
      await route.fulfill({ json: stats });
    });
    const asked = page.waitForRequest('**/api/v1/stats');
    await page.clock.runFor(7000);
    const late = (await asked).response();
    await page.getByRole('button', { name: 'Pause' }).click();
    answer.resolve(undefined);
    await (await late)?.finished();
    await settled(page);
    expect(await page.locator('#state').innerText()).toMatch(/^Paused\./);
  });

  it('tries again after 2, 4, 8, 10 and 10 s, and anew from 2 s after it was well', async () => {
    const { page, asked, answer } = await openScriptedConsole(world);
    await live(page);
    const failing = { status: 404, problem: 'not-found' };
    for (const round of [1, 2]) {
      answer('/api/v1/stats', failing);
      let before = asksFor(asked);
      for (const pauseMs of [7000, 2000, 4000, 8000, ...(round === 1 ? [10_000, 10_000] : [])]) {
        await page.clock.runFor(pauseMs - 1);
        await settled(page);
        expect([pauseMs, asksFor(asked) - before]).toEqual([pauseMs, 0]);
        await page.clock.runFor(1);
        await settled(page);
        expect([pauseMs, asksFor(asked) - before]).toEqual([pauseMs, 1]);
        before += 1;
      }
      await page.getByText(/^Refused: Because\. Last data: 12:00:00 UTC, received \d+ s ago\.$/).waitFor();
      expect(await page.title()).toMatch(/^⚠ /);
      answer('/api/v1/stats', stats);
      await page.clock.runFor(10_000);
      await live(page);
      expect(await page.title()).not.toMatch(/⚠/);
    }
  });

  it('stops for a refused token, and begins again with another one, which is kept as it was typed', async () => {
    const { page, asked, answer } = await openScriptedConsole(world, {
      '/api/v1/stats': { status: 401, problem: 'unauthenticated' },
    });
    await page.locator('#state', { hasText: 'The console needs a token with the scope admin.' }).waitFor();
    expect([await page.locator('#panels').isVisible(), await page.locator('#access').isVisible()]).toEqual([
      false,
      true,
    ]);
    const before = asksFor(asked);
    await page.clock.runFor(60_000);
    await settled(page);
    expect(asksFor(asked)).toBe(before);
    await page.locator('#token').fill(' Bearer  wrong ');
    await page.keyboard.press('Enter');
    await page.locator('#state', { hasText: /^This token is not valid/ }).waitFor();
    expect(await page.evaluate("sessionStorage.getItem('adtally-token')")).toBe('wrong');
    answer('/api/v1/stats', stats);
    await page.locator('#token').fill('right');
    await page.keyboard.press('Enter');
    await live(page);
    expect(await page.locator('#panels').isVisible()).toBe(true);
    answer('/api/v1/stats', { status: 401, problem: 'unauthenticated' });
    await page.clock.runFor(7000);
    await page.locator('#state', { hasText: /^This token is not valid/ }).waitFor();
    // What was shown is still there to read.
    expect(await page.locator('#panels').isVisible()).toBe(true);
  });

  it('marks data as old after three refreshes that did not come, or five seconds', async () => {
    const { page } = await openScriptedConsole(world, { '/api/v1/stats': { ...stats, refresh_seconds: 1 } });
    await live(page);
    // The next call has no answer, and is given up only after twelve seconds.
    await page.route('**/api/v1/stats', () => undefined);
    await page.clock.runFor(5900);
    expect(await page.locator('#state').getAttribute('data-kind')).toBe('live');
    await page.clock.runFor(100);
    expect(await page.locator('#state').innerText()).toBe(
      'No new data. Last data: 12:00:00 UTC, received 6 s ago.',
    );
    expect(await page.evaluate('document.body.classList.contains("old")')).toBe(true);
  });
});

describe('a form', () => {
  it('keeps what was typed when its call fails', async () => {
    const { page, answer } = await openScriptedConsole(world);
    await live(page);
    answer('/api/v1/ad/explain', { status: 404, problem: 'not-found' });
    const form = page.locator('#explain-form');
    await form.getByLabel('Age').fill('24');
    await form.getByLabel('Country').fill('tw');
    await form.getByRole('button').click();
    await page.locator('#explain-text.error').getByText('Refused: Because.').waitFor();
    expect([
      await form.getByLabel('Age').inputValue(),
      await form.getByLabel('Country').inputValue(),
    ]).toEqual([...['24', 'tw']]);
    const key = page.getByLabel('Key', { exact: true });
    await key.fill('ad/1 ü');
    await page.keyboard.press('Enter');
    await page.locator('#series-text').getByText('Refused: Because.').waitFor();
    expect(await key.inputValue()).toBe('ad/1 ü');
  });
});

describe('the quarantine', () => {
  const record = (id: string, changes: object = {}) => ({
    ...{ id, state: 'quarantined', reason: 'not JSON', bytes: 1500, partition_key: 'k', ...changes },
    ...{ arrived_at: '2026-01-01T09:00:00.000Z', quarantined_at: '2025-12-31T23:59:59.000Z' },
  });
  const list = {
    records: [
      record('increments/1/s/1'),
      record('increments/1/s/2', { partition_key: 'a\u202eb', bytes: 7 }),
    ],
    unreadable: ['increments/1/s/3'],
    next_cursor: 'more',
  };

  it('shows what it holds, and how many more there are', async () => {
    const { page } = await openScriptedConsole(world, { '/api/v1/quarantine': list });
    await listed(page, 'quarantine');
    expect(await page.locator('#quarantine-number').innerText()).toBe('3+');
    expect(await page.locator('#quarantine-hint').innerText()).toBe('Showing 1 to 2; there are more');
    const at = '31 Dec 2025, 23:59:59 UTC';
    expect(await rowsOf(page, '#quarantine')).toEqual([
      ['', 'k', 'not JSON', 'quarantined', '1.5 KB', at, 'increments/1/s/1'],
      ['', 'a‹U+202E›b', 'not JSON', 'quarantined', '7 B', at, 'increments/1/s/2'],
    ]);
    expect(await textsOf(page, '#quarantine p.error')).toEqual(['Unreadable record: increments/1/s/3']);
  });

  it('tells each outcome of a redrive by number and reason; one that fails keeps what was chosen', async () => {
    const { page, answer } = await openScriptedConsole(world, { '/api/v1/quarantine': list });
    await listed(page, 'quarantine');
    const boxes = page.locator('#quarantine').getByRole('checkbox');
    for (const box of await boxes.all()) await box.check();
    answer('/api/v1/quarantine/redrive', { status: 404, problem: 'not-found' });
    await page.getByRole('button', { name: 'Redrive selected' }).click();
    await page.getByText('Refused: Because. It is safe to redrive again: each record counts once.').waitFor();
    expect(await boxes.first().isChecked()).toBe(true);
    const outcome = (name: string, reason: string | null = null) => ({ id: 'x', outcome: name, reason });
    answer('/api/v1/quarantine/redrive', {
      results: [outcome('counted'), outcome('refused', 'value'), outcome('counted'), outcome('unavailable')],
    });
    const sent = page.waitForRequest('**/redrive');
    await page.getByRole('button', { name: 'Redrive selected' }).click();
    expect((await sent).postDataJSON()).toEqual({ ids: ['increments/1/s/1', 'increments/1/s/2'] });
    await page
      .getByText('Redrive: 2 counted, 1 refused (value), 1 not done: a store is unavailable')
      .waitFor();
  });
});

describe('ads over time', () => {
  const ad = (n: number, changes: object = {}) => ({
    ...{ id: `id-${n}`, title: `Ad ${n}`, content: 'c', version: n, created_at: '2025-12-01T00:00:00.000Z' },
    start_at: '2026-01-01T11:00:00.000Z',
    end_at: new Date(openedMs + n * 3_600_000).toISOString(),
    ...{ age_start: null, age_end: null, gender: [], country: [], platform: [], ...changes },
  });

  it('are drawn by their end, with their audience', async () => {
    const { page } = await openScriptedConsole(world, {
      '/api/v1/ads': {
        ads: [
          ad(3, { age_start: 18, age_end: 35, gender: ['F', 'M'], platform: ['ios', 'web'] }),
          ad(1, { age_start: 18, country: ['DE', 'FR', 'GB', 'JP', 'TW', 'US'] }),
          ad(2, { age_end: 35, country: ['DE', 'FR', 'GB', 'JP'], start_at: '2026-01-01T12:00:01.000Z' }),
          ad(4, { start_at: '2026-01-01T12:00:00.000Z' }),
        ],
        next_cursor: null,
      },
    });
    await listed(page, 'ads');
    expect(await page.locator('#ads-hint').innerText()).toBe('4 live ads');
    expect((await rowsOf(page, '#ads')).map(([name, , , , audience]) => [name, audience])).toEqual([
      ['Ad 1 id-1', 'age from 18, DE FR GB JP and 2 more'],
      ['Ad 2 id-2', 'age up to 35, DE FR GB JP'],
      ['Ad 3 id-3', 'age 18 to 35, F/M, ios web'],
      ['Ad 4 id-4', 'anyone'],
    ]);
    expect(await page.locator('#ads .timeline .sr').allTextContents()).toEqual([
      ...['started', 'not started', 'started', 'started'],
    ]);
  });
});

describe('an ad that is opened', () => {
  it('is the one whose text and targets are shown, though the answer of another comes later', async () => {
    const [first, second] = [adOf('1', 'The first'), adOf('2', 'The second')];
    const { page } = await openScriptedConsole(world, {
      '/api/v1/ads': { ads: [first, second], next_cursor: null },
      '/api/v1/decisions/explain': explanation,
      [`/api/v1/ad/${second.id}`]: second,
    });
    const answer = Promise.withResolvers<undefined>();
    await page.route(`**/api/v1/ad/${first.id}?*`, async (route) => {
      await answer.promise;
      await route.fulfill({ json: first });
    });
    await live(page);
    await page.locator('#ads-load').click();
    await page.getByRole('button', { name: 'The first' }).click();
    await page.locator('#ad-text', { hasText: 'Loading' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'The second' }).click();
    await page.locator('#ad-title', { hasText: 'The second' }).waitFor();
    const late = page.waitForResponse(`**/api/v1/ad/${first.id}?*`);
    answer.resolve(undefined);
    await (await late).finished();
    await page.clock.runFor(100);
    expect(await page.locator('#ad-id').innerText()).toBe(second.id);
    expect(await page.locator('#ad-title').innerText()).toBe('The second');
  });

  it('comes from the server each time, never from the cache of the browser', async () => {
    const { page } = await openScriptedConsole(world);
    await page.addInitScript(() => {
      const ask = globalThis.fetch;
      const asked: unknown[] = [];
      Object.assign(globalThis, { asked });
      globalThis.fetch = (url, options) => {
        asked.push([options?.cache, options?.redirect]);
        return ask(url, options);
      };
    });
    await page.reload();
    await live(page);
    const asked = await page.evaluate(() => (globalThis as unknown as { asked: unknown[] }).asked);
    expect(asked.length).toBeGreaterThan(0);
    for (const options of asked) expect(options).toEqual(['no-store', 'error']);
  });
});

const adOf = (digit: string, title: string) => ({
  ...{ id: `00000000-0000-7000-8000-00000000000${digit}`, version: 7, title, content: 'Text' },
  ...{ start_at: '2026-01-01T00:00:00.000Z', end_at: '2026-01-02T00:00:00.000Z' },
  ...{ age_start: null, age_end: null, gender: [], country: [], platform: [] },
  created_at: '2025-12-31T00:00:00.000Z',
});

const explanation = {
  ...{ at: '2026-01-01T12:00:00.000Z', live: 2, priorities: [] },
  ad: { id: 'any', excluded_by: null },
};
