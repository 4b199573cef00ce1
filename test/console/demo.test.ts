import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { createDeliveredAd, personsAgent } from './delivery-traffic.ts';
import { eventually } from './eventually.ts';

/** All of the article is in view. */
const person = { userAgent: personsAgent, viewport: { width: 1280, height: 1600 } };
const placements = ['article/top', 'article/middle', 'article/end'];

let world: ConsoleWorld;

async function openDemo(options: object = person): Promise<Page> {
  return world.open(options, '/demo');
}

/** With ads, whichever test comes first. */
async function openWithAds(options: object = person): Promise<Page> {
  const page = await openDemo(options);
  const create = page.getByRole('button', { name: 'Create 6 demo ads' });
  await page.locator('.creative').or(create).first().waitFor();
  if (await create.isVisible()) await create.click();
  await page.locator('.creative').first().waitFor();
  return page;
}

async function live(page: Page): Promise<void> {
  await page.getByText('Live: the numbers are read every 2 seconds.').waitFor();
}

const slot = (page: Page, placement: string): Locator => page.locator(`[data-placement="${placement}"]`);

/** The cells of an ad's row in the report, after its name. */
function row(page: Page, title: string): Locator {
  return page.getByRole('table', { name: 'Ads shown' }).getByRole('row').filter({ hasText: title });
}

/** Waits until an ad's row has these texts: chosen here, impressions, clicks, CTR, not counted. */
async function untilRow(page: Page, title: string, cells: readonly string[]): Promise<void> {
  await eventually(async () => {
    expect((await row(page, title).locator('td').allInnerTexts()).slice(1)).toEqual(cells);
  });
}

async function sums(page: Page): Promise<readonly string[]> {
  return page.locator('#tiles b').allInnerTexts();
}

describe('a visitor', () => {
  beforeAll(async () => {
    world = await createConsoleWorld();
  }, 60_000);
  afterEach(async () => {
    await world.closePages();
  });
  afterAll(async () => {
    await world.stop();
  }, 60_000);

  it('creates ads, and sees each number move as it should', async () => {
    const page = await openDemo();
    await page.getByRole('button', { name: 'Create 6 demo ads' }).click();
    for (const placement of placements) await slot(page, placement).getByText('impression sent').waitFor();
    const titles = await page.locator('.creative .title').allInnerTexts();
    expect(new Set(titles).size).toBe(3);
    const [first = '', second = '', third = ''] = titles;
    for (const title of titles) await untilRow(page, title, ['1', '1', '0', '0%', '–']);
    expect(await sums(page)).toEqual(['3', '0', '0%', '0']);

    await page.getByRole('button', { name: `Send again: ${first}` }).click();
    await untilRow(page, first, ['1', '1', '0', '0%', '1 sent again']);
    await page.getByRole('button', { name: `Fetch ahead: ${second}` }).click();
    await page.getByRole('button', { name: `Fetch ahead: ${second}` }).click();
    await untilRow(page, second, ['1', '1', '0', '0%', '2 fetched ahead']);

    const redirect = page.context().waitForEvent('response', (response) => response.status() === 302);
    await page.getByRole('link', { name: third }).click();
    expect(await (await redirect).headerValue('location')).toMatch(/^https:\/\/example\.com\/[a-z-]+$/);
    await untilRow(page, third, ['1', '1', '1', '100%', '–']);
    expect(await sums(page)).toEqual(['3', '1', '33.3%', '3']);
    expect(await page.locator('#calls li').count()).toBe(10);
    expect(await page.locator('#calls .bad').count()).toBe(0);
  });

  it('sees the numbers that the API has, and a further impression for each further decision', async () => {
    const page = await openWithAds();
    const answered = page.waitForResponse(/\/api\/v1\/decisions$/);
    await page.getByLabel('Country').fill('jp');
    await page.getByLabel('Age', { exact: true }).fill('30');
    await page.getByLabel('Platform').selectOption('ios');
    await page.getByRole('button', { name: 'Reload' }).click();
    await answered;
    const asked = page.waitForRequest(/\/api\/v1\/decisions$/);
    await page.getByRole('button', { name: 'Reload' }).click();
    expect((await asked).postDataJSON()).toEqual({
      ...{ age: 30, country: 'JP', platform: 'ios' },
      placements: placements.map((id) => ({ id })),
    });
    for (const placement of placements) await slot(page, placement).getByText('impression sent').waitFor();
    const list = await (await fetch(`${world.url}/api/v1/ads?limit=100`)).text();
    const { ads } = JSON.parse(list) as { readonly ads: readonly { id: string; title: string }[] };
    const titles = await page.locator('.creative .title').allInnerTexts();
    for (const { id } of ads.filter(({ title }) => titles.includes(title)).slice(0, 3))
      await eventually(async () => {
        const read = await fetch(`${world.url}/api/v1/ad/${id}/delivery?bucket=day`);
        const { impressions, clicks } = (await read.json()) as { impressions: number; clicks: number };
        expect(impressions).toBeGreaterThan(0);
        const { title = '' } = ads.find((one) => one.id === id) ?? {};
        const [, , shown, clicked] = await row(page, title).locator('td').allInnerTexts();
        expect([title, shown, clicked]).toEqual([title, String(impressions), String(clicks)]);
      });
    const all = await page.locator('#report-body td:nth-child(3)').allInnerTexts();
    expect(all.map(Number).reduce((sum, one) => sum + one, 0)).toBe(Number((await sums(page))[0]));
  });

  it('is shown what is refused, in words', async () => {
    const page = await openWithAds();
    await page.locator('.creative').first().waitFor();
    await page.getByLabel('Age', { exact: true }).fill('999');
    await page.getByRole('button', { name: 'Reload' }).click();
    await slot(page, 'article/top').getByText('The request is not valid: age must be').waitFor();
    expect(await page.locator('.creative').count()).toBe(0);
    await page.locator('#calls .bad', { hasText: 'age must be' }).waitFor();
    await world.closePages(/status of 400/);
  });

  it('has not seen an ad until it is in view', async () => {
    const page = await openWithAds({ ...person, viewport: { width: 1280, height: 600 } });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/t/i/')) asked.push(request.url());
    });
    await slot(page, 'article/top').getByText('impression sent').waitFor();
    const last = slot(page, 'article/end');
    expect(await last.getByText('not seen yet').count()).toBe(1);
    const before = asked.length;
    expect(before).toBeLessThan(3);
    const again = last.getByRole('button', { name: /^Send again/ });
    expect(await again.getAttribute('aria-disabled')).toBe('true');
    await last.scrollIntoViewIfNeeded();
    await last.getByText('impression sent').waitFor();
    expect(asked.length).toBeGreaterThan(before);
    expect(new Set(asked).size).toBe(asked.length);
    expect(await again.getAttribute('aria-disabled')).toBe('false');
  });

  it('that names itself a robot is answered alike, and not counted', async () => {
    const page = await openWithAds({ viewport: person.viewport });
    for (const placement of placements) await slot(page, placement).getByText('impression sent').waitFor();
    const [title = ''] = await page.locator('.creative .title').allInnerTexts();
    await row(page, title).getByText('1 from robots').waitFor();
    expect(await page.locator('#calls .bad').count()).toBe(0);
  });

  it('reads what an ad says and runs nothing of it', async () => {
    const title = '<img src=x onerror="alert(1)">';
    const id = await createDeliveredAd(world.url, {
      title,
      content: '<script>alert(2)</script>',
      priority: 1,
    });
    const page = await openWithAds();
    await slot(page, 'article/top').getByText(title, { exact: true }).waitFor();
    await slot(page, 'article/top').getByText('impression sent').waitFor();
    await untilRow(page, title, ['1', '1', '0', '0%', '–']);
    // It leads nowhere.
    expect(await slot(page, 'article/top').getByRole('link').count()).toBe(0);
    await fetch(`${world.url}/api/v1/ad/${id}`, { method: 'DELETE' });
  });

  it('is told when the server is gone, and when it is back', async () => {
    const page = await openWithAds();
    await live(page);
    await page.context().setOffline(true);
    await page.locator('#state', { hasText: 'The server does not answer.' }).waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    await slot(page, 'article/top').getByText('The server does not answer.').waitFor();
    expect(await page.locator('.creative').count()).toBe(0);
    await page.context().setOffline(false);
    await live(page);
    await page.locator('.creative').first().waitFor();
    expect(await page.locator('.creative').count()).toBe(3);
    await world.closePages(/ERR_INTERNET_DISCONNECTED/);
  });
});

describe('a server that needs tokens', () => {
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    world = await createConsoleWorld({
      async prepare(folder) {
        const stage = await openStage({ stage: 'local', data: folder, create: true });
        const store = createTokenStore(stage);
        const scopes = ['ads:write', 'ads:decide', 'counters:read'] as const;
        tokens['all'] = (await store.create({ name: 'all', scopes })).text;
        tokens['reads'] = (await store.create({ name: 'reads', scopes: ['counters:read'] })).text;
        await stage.close();
      },
    });
  }, 60_000);
  afterEach(async () => {
    await world.closePages(/status of 40[13]/);
  });
  afterAll(async () => {
    await world.stop();
  }, 60_000);

  async function use(page: Page, token: string | undefined): Promise<void> {
    await page.getByLabel('Token', { exact: true }).fill(token ?? '');
    await page.getByRole('button', { name: 'Use token' }).click();
  }

  it('says which command makes one, and does everything with it', async () => {
    const page = await openDemo();
    const create = page.getByRole('button', { name: 'Create 6 demo ads' });
    await create.click();
    await page.getByRole('heading', { name: 'Create a token' }).waitFor();
    expect(await page.locator('#access code').first().innerText()).toBe(
      'npm run tokens -- create --name demo --scopes ads:write,ads:decide,counters:read',
    );
    await use(page, tokens['reads']);
    await page.locator('.nothing').getByText('The token does not allow this').waitFor();
    await use(page, tokens['all']);
    await create.click();
    await slot(page, 'article/top').getByText('impression sent').waitFor();
    await live(page);
    expect(await page.getByRole('heading', { name: 'Create a token' }).count()).toBe(0);
    const kept = await page.evaluate<string>(
      'JSON.stringify(localStorage) + document.cookie + location + document.documentElement.outerHTML',
    );
    expect(kept).not.toContain(tokens['all']);
  });
});

describe('a stage that does not deliver', () => {
  beforeAll(async () => {
    const settings = stageSettings('local');
    world = await createConsoleWorld({
      settings: { ...settings, delivery: { ...settings.delivery, accepts: false } },
    });
  }, 60_000);
  afterEach(async () => {
    await world.closePages(/status of 403/);
  });
  afterAll(async () => {
    await world.stop();
  }, 60_000);

  it('is said to be one', async () => {
    const page = await openDemo();
    await page.locator('#state', { hasText: 'This stage does not deliver ads' }).waitFor();
    await slot(page, 'article/top').getByText('The stage does not deliver ads').waitFor();
    expect(await page.getByRole('heading', { name: 'Create a token' }).count()).toBe(0);
  });
});
