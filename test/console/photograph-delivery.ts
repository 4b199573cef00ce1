import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createConsoleLog } from '../../lib/adapters/system/console-log.ts';
import { startRuntime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createDeliveredAd, personsAgent } from './delivery-traffic.ts';
import { logAnHourOfAd } from './history.ts';

const looks = [
  { name: 'light', viewport: { width: 1360, height: 1000 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1360, height: 1000 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 360, height: 740 }, colorScheme: 'light', deviceScaleFactor: 2 },
] as const;

/** Charts and figures are read every two seconds. */
const settleMs = 4500;

/**
 * Writes ad-light.png, ad-dark.png and ad-phone.png, the dialog of an ad after an hour of impressions, and
 * demo-light.png, demo-dark.png and demo-phone.png, the demo after some decisions, on servers of their own.
 */
export async function photographDelivery(browser: Browser, folder: string): Promise<void> {
  await withFolder((data) => photographAd(browser, data, folder));
  await withFolder(async (data) => {
    const runtime = await startRuntime(optionsOf(data));
    for (const { name, ...look } of looks) {
      const page = await browser.newPage(pageOptions(look));
      await visit(page, runtime.url);
      await page.evaluate('window.scrollTo(0, 0)');
      await shoot(page, `${folder}/demo-${name}.png`);
    }
    await runtime.stop();
  });
}

async function photographAd(browser: Browser, data: string, folder: string): Promise<void> {
  const title = 'Green tea';
  const before = await startRuntime(optionsOf(data));
  const ad = await createDeliveredAd(before.url, {
    ...{ title, content: 'Two for one, until the evening.', external_id: 'shop/green-tea' },
    ...{ status: 'active', priority: 4, weight: 3, campaign_id: 'tea', country: ['TW'], age_start: 18 },
    ...{ click_url: 'https://shop.example/tea', image_url: 'https://shop.example/tea.png' },
    ...{ width: 300, height: 250, metadata: { colour: 'green', stock: 12 } },
  });
  await before.stop();
  await logAnHourOfAd(data, ad);
  const runtime = await startRuntime(optionsOf(data));
  for (const { name, ...look } of looks) {
    const page = await browser.newPage(pageOptions(look));
    await page.goto(`${runtime.url}/console`);
    await page.getByRole('button', { name: title, exact: true }).first().click();
    const dialog = page.getByRole('dialog', { name: title });
    await page.locator('#ad-bucket').selectOption('minute');
    await dialog.getByText(/^Not counted: .* from robots/).waitFor();
    if (name === 'phone') await dialog.getByText('As a table').scrollIntoViewIfNeeded();
    await page.waitForTimeout(settleMs);
    await shoot(page, `${folder}/ad-${name}.png`);
  }
  await runtime.stop();
}

async function withFolder(use: (data: string) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'adtally-delivery-'));
  try {
    await use(data);
  } finally {
    rmSync(data, { recursive: true });
  }
}

const optionsOf = (folder: string) => ({
  ...{ folder, settings: stageSettings('local'), log: createConsoleLog({ level: 'error' }) },
});

const pageOptions = (look: object): object => ({
  ...{ reducedMotion: 'reduce', timezoneId: 'Asia/Taipei', userAgent: personsAgent },
  ...look,
});

/** Four decisions, a report that is sent again, and one that is fetched ahead. */
async function visit(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/demo`);
  await page.getByLabel('Country').fill('JP');
  await page.getByLabel('Age', { exact: true }).fill('30');
  await page.getByRole('button', { name: 'Reload' }).click();
  const create = page.getByRole('button', { name: 'Create 6 demo ads' });
  const shown = page.locator('.creative').first();
  await shown.or(create).first().waitFor();
  if (await create.isVisible()) await create.click();
  for (let time = 0; time < 3; time += 1) {
    await shown.waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.waitForTimeout(settleMs / 3);
  }
  await page
    .getByRole('button', { name: /^Send again: / })
    .first()
    .click();
  await page
    .getByRole('button', { name: /^Fetch ahead: / })
    .last()
    .click();
  await page.waitForTimeout(settleMs);
}

async function shoot(page: Page, path: string): Promise<void> {
  await page.screenshot({ path });
  console.log(`${path}: ${Math.round(statSync(path).size / 1000)} kB`);
  await page.close();
}
