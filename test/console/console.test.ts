import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import type { Stats } from '../../client/index.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { eventually } from './eventually.ts';
import { makeQuarantinedFolder } from './quarantined-folder.ts';
import { createAds, startTraffic, type Traffic } from './traffic.ts';

/** What somebody would write who wants to run a script in an operator's browser. */
const hostileTitle = '<img src=x onerror="alert(1)">';
const hostileKey = '"><script>alert(2)</script>/views';

/** More than a page. */
const spoilt = Array.from({ length: 24 }, (_, i) => `spoilt ${String(i).padStart(2, '0')}`);

let world: ConsoleWorld;
let traffic: Traffic;

beforeAll(async () => {
  world = await createConsoleWorld({
    prepare: (folder) => makeQuarantinedFolder(folder, { good: ['mended'], spoilt: [...spoilt, hostileKey] }),
  });
  await createAds(world.url, 12, [hostileTitle]);
  traffic = startTraffic(world.url, [hostileKey]);
}, 60_000);

afterAll(async () => {
  await traffic.stop();
  await world.stop();
}, 60_000);

// Whatever a test does, the page complains of nothing and asks nobody else.
afterEach(async () => {
  await world.closePages();
});

async function live(page: Page): Promise<void> {
  await page.getByText(/^Live, as of/).waitFor();
}

/** The cells of a table's body, as text. */
async function cells(page: Page, name: string): Promise<string[][]> {
  const rows = await page.getByRole('table', { name, exact: true }).locator('tbody tr').all();
  return Promise.all(rows.map(async (row) => row.locator('td').allInnerTexts()));
}

/** Waits until there are so many. */
async function expectCount(found: Locator, count: number): Promise<void> {
  await eventually(async () => {
    expect(await found.count()).toBe(count);
  });
}

const numberOf = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));

describe('the figures', () => {
  it('show rates, balance, freshness, streams and readers', async () => {
    const page = await world.open();
    await live(page);
    await eventually(async () => {
      const accepted = await page.locator('#tiles p', { hasText: 'Accepted' }).locator('b').innerText();
      expect(numberOf(accepted)).toBeGreaterThan(0);
    });
    expect(await page.locator('#stage').innerText()).toBe('local');

    const balance = new Map((await cells(page, 'Balance')).map(([name, number]) => [name, numberOf(number)]));
    expect([...balance.keys()][0]).toBe('Accepted');
    const [accepted, ...parts] = balance.values();
    expect(accepted).toBeGreaterThan(0);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(accepted);

    const fresh = await cells(page, 'Freshness');
    expect(fresh.map(([name]) => name).slice(0, 2)).toEqual(['≤ 16 ms', '≤ 32 ms']);
    expect(fresh.reduce((sum, row) => sum + numberOf(row[2]), 0)).toBeGreaterThan(0);

    const shards = await cells(page, 'Shards of increments');
    expect(shards.map(([shard]) => shard)).toEqual(['0', '1', '2', '3']);
    expect(await page.locator('#streams .lane').count()).toBe(9);
    expect(await cells(page, 'Warm readers')).toEqual([
      ['npm start', '12', '12', expect.stringContaining('ago')],
    ]);
    expect(await cells(page, 'Releases')).toEqual([['0.1.0', '100 %', '1 container']]);
    const picture = await page.locator('#picture-text').textContent();
    expect(picture).toMatch(/increments accepted and .* counted per second/);
  });

  it('are drawn and told in a table', async () => {
    const page = await world.open();
    await live(page);
    await page.locator('#rates canvas').waitFor();
    await page.locator('#rates summary').click();
    await eventually(async () => {
      const rows = await cells(page, 'Increments per second');
      expect(rows.length).toBeGreaterThan(1);
      expect(Math.max(...rows.map((row) => numberOf(row[1])))).toBeGreaterThan(0);
    });
  });

  it('stand still while paused, and nothing is asked', async () => {
    const page = await world.open();
    await live(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused\. Last data: /).waitFor();
    let asked = 0;
    page.on('request', () => (asked += 1));
    await page.waitForTimeout(2500);
    expect(asked).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await live(page);
    expect(asked).toBeGreaterThan(0);
  });
});

const idle = { records_behind: 0, oldest_age_ms: null, busy: false };

describe('the picture', () => {
  it('moves where anything flows, but not for who wants less motion', async () => {
    const animation = async (reducedMotion: 'reduce' | 'no-preference'): Promise<unknown> => {
      const page = await world.open({ reducedMotion });
      await page.locator('.flow.flowing').first().waitFor({ state: 'attached' });
      return page.evaluate("getComputedStyle(document.querySelector('.flow.flowing')).animationName");
    };
    expect(await animation('no-preference')).toBe('flow');
    expect(await animation('reduce')).toBe('none');
  });

  it('has the lanes of each log, coloured by how long records wait, and strokes by rate', async () => {
    const page = await world.open();
    await live(page);
    expect(await page.locator('.picture .cell').count()).toBe(9);
    await page.route('**/api/v1/stats', async (route) => {
      const stats = (await (await route.fetch()).json()) as Stats;
      const increments = stats.streams.find(({ stream }) => stream === 'increments');
      for (const shard of increments?.shards ?? []) for (const lane of shard.lanes) Object.assign(lane, idle);
      Object.assign(increments?.shards?.[0]?.lanes[0] ?? {}, { records_behind: 3, oldest_age_ms: 20 });
      Object.assign(increments?.shards?.[1]?.lanes[1] ?? {}, { records_behind: 9, oldest_age_ms: 9000 });
      Object.assign(increments ?? {}, { records_behind: 12, oldest_age_ms: 9000 });
      Object.assign(stats.rates, { accepted: 9999, counted: 99, ad_changes: 0 });
      await route.fulfill({ json: stats });
    });
    await page.locator('.picture .note', { hasText: '12 waiting, up to 9 s' }).waitFor();
    const classes = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.picture .cell')].map((e) => e.className.baseVal)",
    );
    expect(classes).toEqual(['cell waiting', 'cell', 'cell', 'cell late', ...Array<string>(5).fill('cell')]);
    const widths = await page.evaluate<number[]>(
      "[...document.querySelectorAll('.picture .flow')].map((e) => parseFloat(e.style.strokeWidth))",
    );
    expect(widths.slice(1, 4).map(Math.round)).toEqual([10, 6, 6]);
    expect(widths[6]).toBe(1.5);
    expect(await page.locator('#picture-text').textContent()).toContain(
      'increments: 4 shards × 2 lanes, 12 waiting, up to 9 s',
    );
    await page.unrouteAll({ behavior: 'wait' });
  });
});

/** Beyond 2^53: as a double it would be told wrong by 1. */
const hugeTotal = 9_007_199_254_740_993n;
const hugeKey = 'huge\u202Etotal';

async function add(key: string, value: number): Promise<void> {
  const answer = await fetch(`${world.url}/increment`, {
    ...{
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key, value }),
    },
  });
  expect(answer.status).toBe(202);
}

describe('top keys and a key over time', () => {
  it('rank keys, whatever they are called, with every digit', async () => {
    await add(hugeKey, Number.MAX_SAFE_INTEGER);
    await add(hugeKey, 2);
    const page = await world.open();
    // What would turn the letters after it around is spelt out.
    const name = 'huge‹U+202E›total';
    await eventually(async () => {
      const [first, second] = await cells(page, 'Top keys');
      expect(first).toEqual(['1', name, '', '9,007,199,254,740,993', 'exact']);
      expect(second?.slice(0, 3)).toEqual(['2', hostileKey, '']);
      expect(numberOf(second?.[3])).toBeGreaterThan(0);
    });
    await page.getByRole('button', { name: 'all time' }).click();
    await page.getByText('Exact totals of keys that have been hot.').waitFor();
    const all = await cells(page, 'Top keys');
    expect(all[0]).toEqual(['1', name, '', hugeTotal.toLocaleString('en'), 'exact']);
    expect(all.map((row) => row[4])).toEqual(Array(10).fill('exact'));
    await page.getByRole('button', { name: 'recent' }).click();
    await page.getByText(/Estimates in the last \d+ min/).waitFor();

    await page.getByRole('button', { name }).click();
    await page.getByText(/: 9,007,199,254,740,993 in the last 60 minutes$/).waitFor();
    expect(await page.getByLabel('Key', { exact: true }).inputValue()).toBe(hugeKey);
    await page.locator('#series summary').click();
    const rows = await cells(page, 'Counted by minute');
    expect(rows.reduce((sum, row) => sum + BigInt(row[1]?.replaceAll(',', '') ?? 0), 0n)).toBe(hugeTotal);
    await page.getByRole('button', { name: hostileKey }).click();
    await page.locator('#series-text', { hasText: hostileKey }).waitFor();
  });

  it('show a sketch as an estimate', async () => {
    const page = await world.open();
    await page.route('**/api/v1/hot-counters*', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { recent: { keys: unknown[] } };
      body.recent.keys = [{ key: hostileKey, value: 1000, error_max: 250 }];
      await route.fulfill({ json: body });
    });
    await page.reload();
    await eventually(async () => {
      expect(await cells(page, 'Top keys')).toEqual([['1', hostileKey, '', '1,000', '− 250']]);
    });
    expect(await page.evaluate("document.querySelector('.ranking .fill.a').style.width")).toBe('75%');
    expect(await page.evaluate("document.querySelector('.ranking .fill.maybe').style.width")).toBe('25%');
  });

  it('show the hottest key unasked, and another by minute, hour and day', async () => {
    const page = await world.open();
    await page.getByText(/in the last 60 minutes$/).waitFor();
    await page.getByLabel('Key', { exact: true }).fill(hostileKey);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    for (const bucket of ['minute', 'hour', 'day']) {
      await page.locator('#series-bucket').selectOption(bucket);
      await page.getByText(new RegExp(`in the last \\d+ ${bucket}s(?:$|;)`)).waitFor();
      expect(await page.locator('#series-text').innerText()).toContain(hostileKey);
    }
    await page.locator('#series canvas').waitFor();
    await page.locator('#series summary').click();
    const rows = await cells(page, 'Counted by day');
    expect(rows.reduce((sum, row) => sum + numberOf(row[1]), 0)).toBeGreaterThan(0);
    await page.getByLabel('Key', { exact: true }).fill('nobody/counts-this');
    await page.keyboard.press('Enter');
    await page.getByText('This key has no counts.').waitFor();
    expect(await page.locator('#series canvas').isVisible()).toBe(false);
  });

  it('show several keys together, each with its colour, and take them off again', async () => {
    const page = await world.open();
    await Promise.all([add('left', 3), add('right', 40), add('"><b>third</b>', 500)]);
    const [key, shows] = [page.getByLabel('Key', { exact: true }), page.locator('#series-text')];
    await key.fill('left');
    await eventually(async () => {
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      expect(await shows.innerText()).toMatch(/^left: 3 in/);
    });
    expect(await page.locator('#series-keys').isVisible()).toBe(false);
    const more = page.getByRole('button', { name: 'Add', exact: true });
    const legend = page.locator('#series-keys li');
    await key.fill('right');
    await eventually(async () => {
      await more.click();
      expect(await shows.innerText()).toBe('2 keys: 43 in the last 60 minutes');
    });
    await key.fill('"><b>third</b>');
    await more.click();
    await page.getByText('3 keys: 543 in the last 60 minutes').waitFor();
    await key.fill('nobody/counts-this');
    await more.click();
    await page.getByText('3 keys: 543 in the last 60 minutes; 1 without counts').waitFor();
    const names = async (): Promise<string[]> =>
      (await legend.allInnerTexts()).map((text) => text.trim().replace(/\s+/g, ' '));
    expect(await names()).toEqual([
      ...['left: 3 remove', 'right: 40 remove', '"><b>third</b>: 500 remove', 'nobody/counts-this remove'],
    ]);
    const colours = await page.evaluate(
      "[...document.querySelectorAll('#series-keys li')].slice(0, 3).map((one) => getComputedStyle(one, '::before').backgroundColor)",
    );
    expect(new Set(colours as string[]).size).toBe(3);

    await page.locator('#series summary').click();
    const table = page.getByRole('table', { name: 'Counted by minute' });
    expect(await table.locator('th').allInnerTexts()).toEqual([
      ...['From, by minute', 'left', 'right', '"><b>third</b>'],
    ]);
    const rows = await cells(page, 'Counted by minute');
    const sums = [1, 2, 3].map((column) => rows.reduce((sum, row) => sum + numberOf(row[column]), 0));
    expect(sums).toEqual([3, 40, 500]);
    const slider = page.getByRole('slider', { name: 'Counters over time' });
    await slider.focus();
    await page.keyboard.press('End');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(
      /: left \d+, right \d+, "><b>third<\/b> \d+$/,
    );

    await key.fill('fifth');
    await more.click();
    await expectCount(legend, 5);
    await key.fill('sixth');
    await more.click();
    await page.getByText('A chart has at most 5 keys. Remove one first.').waitFor();
    for (const name of ['nobody/counts-this', 'fifth', '"><b>third</b>', 'right']) {
      await page.getByRole('button', { name: `Remove ${name} from the chart` }).click();
    }
    await page.getByText('left: 3 in the last 60 minutes').waitFor();
    expect(await page.locator('#series-keys').isVisible()).toBe(false);
  });

  it('goes on by itself while it is looked at', async () => {
    const page = await world.open();
    await add('once', 5);
    await page.getByLabel('Key', { exact: true }).fill('once');
    await eventually(async () => {
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      expect(await page.locator('#series-text').innerText()).toMatch(/^once: 5 in/);
    });
    await add('once', 37);
    await page.getByText('once: 42 in the last 60 minutes').waitFor();
  });

  it('tells a bar by the pointer, and each by the arrow keys', async () => {
    const page = await world.open();
    await page.getByText(/in the last 60 minutes$/).waitFor();
    const slider = page.getByRole('slider', { name: 'Counters over time' });
    const readout = page.locator('#series .readout');
    await slider.focus();
    await page.keyboard.press('End');
    expect(await slider.getAttribute('aria-valuenow')).toBe('59');
    const last = await readout.innerText();
    expect(last).toMatch(/^(?:\d+ \w+ \d+, )?\d\d:\d\d:00 UTC: [\d,]+$/);
    expect(await slider.getAttribute('aria-valuetext')).toBe(last);
    await page.keyboard.press('ArrowLeft');
    expect(await slider.getAttribute('aria-valuenow')).toBe('58');
    expect(await readout.innerText()).not.toBe(last);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuenow')).toBe('1');
    await page.keyboard.press('Escape');
    expect(await readout.innerText()).toBe('');
    await page.locator('#series .u-over').hover();
    expect(await readout.innerText()).toMatch(/^(?:\d+ \w+ \d+, )?\d\d:\d\d:00 UTC: [\d,]+$/);
  });
});

describe('ads', () => {
  it('are bars over time, with titles as they were written', async () => {
    const page = await world.open();
    await eventually(async () => {
      const rows = await cells(page, 'Ads over time');
      expect(rows).toHaveLength(12);
      expect(rows.map(([ad]) => ad?.split('\n')[0])).toContain(hostileTitle);
    });
    await createAds(world.url, 1, ['One more ad']);
    await page.locator('#ads-load').click();
    await page.locator('#ads-hint', { hasText: '13 live ads' }).waitFor();
    expect(await page.locator('#ads .timeline .fill').count()).toBe(13);
  });

  it('are explained, now and at an instant, and one by its id', async () => {
    const page = await world.open();
    const form = page.locator('#explain-form');
    await form.getByLabel('Age').fill('24');
    await form.getByLabel('Gender').selectOption('F');
    await form.getByLabel('Country').fill('tw');
    await form.getByLabel('Platform').selectOption('ios');
    await form.getByRole('button').click();
    const left = async (): Promise<number[]> =>
      (await cells(page, 'Ads left after each condition')).map((row) => numberOf(row[2]));
    await page.getByText('… that suit the country').waitFor();
    const now = await left();
    expect(now).toHaveLength(8);
    expect(now).toEqual([...now].sort((a, b) => b - a));

    await form.locator('[name=at]').fill('2020-01-01T00:00:00');
    await form.getByRole('button').click();
    await page.getByText(/at 1 Jan 2020, 00:00:00 UTC\.$/).waitFor();
    expect((await left())[1]).toBe(0);

    const list = (await (await fetch(`${world.url}/api/v1/ads`)).json()) as { ads: { id: string }[] };
    await form.getByLabel('Ad id').fill(list.ads[0]!.id);
    await form.getByRole('button').click();
    await page.getByText(/ has not started yet\. 0 of \d+ live ads match at 1 Jan 2020/).waitFor();

    // The client knows that it is none, and asks nobody.
    await form.getByLabel('Ad id').fill('no id');
    await form.getByRole('button').click();
    await page.locator('#explain-text.error', { hasText: /must be a UUID/ }).waitFor();
    expect(await page.getByRole('table', { name: 'Ads left after each condition' }).count()).toBe(0);
    await world.closePages();
  });
});

describe('the quarantine', () => {
  it('pages, redrives what can be counted, and says why the rest is refused', async () => {
    const page = await world.open();
    const table = page.getByRole('table', { name: 'Quarantine' });
    await table.waitFor();
    const hint = page.locator('#quarantine-hint');
    expect(await hint.innerText()).toBe('Showing 1 to 20; there are more');
    const first = await cells(page, 'Quarantine');
    await page.getByRole('button', { name: 'Next page' }).click();
    await eventually(async () => {
      expect(await hint.innerText()).toBe('Showing 21 to 26');
    });
    const second = await cells(page, 'Quarantine');
    const keys = [...first, ...second].map((row) => row[1]);
    expect(keys.sort()).toEqual([hostileKey, 'mended', ...spoilt].sort());
    const redrive = page.getByRole('button', { name: 'Redrive selected' });
    expect(await redrive.getAttribute('aria-disabled')).toBe('true');

    const take = async (key: string): Promise<void> => {
      await page.locator('#quarantine-load').click();
      await eventually(async () => {
        expect(await hint.innerText()).toMatch(/^Showing 1 to 20/);
      });
      const row = table.locator('tbody tr', { hasText: key });
      if ((await row.count()) === 0) await page.getByRole('button', { name: 'Next page' }).click();
      await row.getByRole('checkbox').check();
      await redrive.click();
    };
    await take('mended');
    await page.getByText('Redrive: 1 counted').waitFor();
    expect(await (await fetch(`${world.url}/increment/mended`)).json()).toEqual({ mended: 7 });
    await take('spoilt 03');
    await page.getByText(/^Redrive: 1 refused \(/).waitFor();
  });
});

describe('themes', () => {
  it.each(['light', 'dark'] as const)(
    '%s: readable by contrast, as the system or as chosen',
    async (theme) => {
      const other = theme === 'light' ? 'dark' : 'light';
      const page = await world.open({ colorScheme: theme });
      await live(page);
      const bySystem = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(await contrasts(page)).toEqual([]);
      await page.getByLabel('Theme').selectOption(other);
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).not.toBe(bySystem);
      expect(await contrasts(page)).toEqual([]);
      await page.reload();
      expect(await page.getByLabel('Theme').inputValue()).toBe(other);
      await page.getByLabel('Theme').selectOption('auto');
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(bySystem);
    },
  );
});

describe('without a mouse, and without eyes', () => {
  it('every control is reached by Tab, in order, and shows that it is', async () => {
    const page = await world.open();
    await live(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('table', { name: 'Quarantine' }).waitFor();
    await page.getByRole('table', { name: 'Ads over time' }).waitFor();
    await page.evaluate('document.activeElement.blur()');
    const wanted =
      await page.evaluate<number>(`[...document.querySelectorAll('a, button, input, select, summary')]
      .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true })).length`);
    expect(wanted).toBeGreaterThan(40);
    await page.evaluate('window.met = new Set()');
    const unseen: unknown[] = [];
    for (let i = 0; i < wanted * 2; i += 1) {
      await page.keyboard.press('Tab');
      const found = await page.evaluate<string>(`(() => {
        const e = document.activeElement;
        if (e === document.body) return 'seen';
        // A date has several stops within.
        if (window.met.has(e)) return 'seen';
        window.met.add(e);
        return getComputedStyle(e).outlineStyle === 'none' ? e.outerHTML.slice(0, 80) : 'seen';
      })()`);
      if (found !== 'seen') unseen.push(found);
    }
    expect(unseen).toEqual([]);
    const missed = await page.evaluate(`[...document.querySelectorAll('a, button, input, select, summary')]
      .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true }) && !window.met.has(e))
      .map((e) => e.outerHTML.slice(0, 80))`);
    expect(missed).toEqual([]);
  });

  it('the keyboard alone pauses, explains and redrives', async () => {
    const page = await world.open();
    await live(page);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the data');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Space');
    await page.getByText(/^Paused\./).waitFor();
    await page.locator('#explain-form').getByLabel('Age').focus();
    await page.keyboard.type('30');
    await page.keyboard.press('Enter');
    await page.getByText('… that suit the age').waitFor();
    await page.getByRole('checkbox').last().focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Redrive selected' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^Redrive: 1 /).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('quarantine-redrive');
  });

  it('every control, panel and table has a name', async () => {
    const page = await world.open();
    await page.getByRole('table', { name: 'Quarantine' }).waitFor();
    const nameless =
      await page.evaluate(`[...document.querySelectorAll('button, input, select, table, section, [role=region], nav, form')]
      .filter((e) => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length || e.textContent.trim() && e.matches('button'))
        && !e.querySelector('[required], label'))
      .map((e) => e.outerHTML.slice(0, 80))`);
    expect(nameless).toEqual([]);
    for (const landmark of ['banner', 'main', 'navigation', 'contentinfo'] as const)
      expect(await page.getByRole(landmark).count()).toBe(1);
    const titles = await page.locator('h1').count();
    expect(titles).toBe(1);
  });

  it('fits a narrow screen', async () => {
    const page = await world.open({ viewport: { width: 360, height: 740 } });
    await live(page);
    await page.getByRole('table', { name: 'Ads over time' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});

/** Texts of less than 4.5:1 against what is behind them (WCAG AA). */
async function contrasts(page: Page): Promise<unknown> {
  return page.evaluate(`(() => {
    const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => {
      for (; e !== null; e = e.parentElement) {
        const colour = rgb(getComputedStyle(e).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
      }
      return [255, 255, 255];
    };
    const poor = [];
    for (const e of document.querySelectorAll('body *:not(script, style, svg *, option)')) {
      const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== '');
      if (!own || e.disabled || !e.checkVisibility() || e.closest('.sr')) continue;
      const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) poor.push(e.outerHTML.slice(0, 80) + ' ' + ratio.toFixed(2));
    }
    return poor;
  })()`);
}
