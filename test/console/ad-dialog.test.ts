import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { createDeliveredAd, decideOne, report } from './delivery-traffic.ts';

let world: ConsoleWorld;

beforeAll(async () => {
  world = await createConsoleWorld();
}, 60_000);
afterEach(async () => {
  await world.closePages(/status of 404/);
});
afterAll(async () => {
  await world.stop();
}, 60_000);

async function openAd(title: string): Promise<{ page: Page; dialog: Locator }> {
  const page = await world.open();
  await page.getByRole('button', { name: title, exact: true }).first().click();
  return { page, dialog: page.getByRole('dialog', { name: title }) };
}

const facts = async (dialog: Locator): Promise<Record<string, string>> => {
  const [names, values] = [dialog.locator('dt'), dialog.locator('dd')];
  const texts = await values.allInnerTexts();
  return Object.fromEntries((await names.allInnerTexts()).map((name, index) => [name, texts[index] ?? '']));
};

const figures = (dialog: Locator): Promise<string[]> => dialog.locator('#ad-numbers b').allInnerTexts();

async function exclusionOf(id: string): Promise<string | null | undefined> {
  const response = await fetch(`${world.url}/api/v1/ad/explain?id=${id}`);
  const { ad } = (await response.json()) as { readonly ad?: { readonly excluded_by: string | null } };
  return ad?.excluded_by;
}

describe('the dialog of an ad', () => {
  it('shows every field that the ad has, and leads away only by name and without a trace', async () => {
    await createDeliveredAd(world.url, {
      ...{ title: 'All fields', external_id: 'shop-1', status: 'active', priority: 3, weight: 7 },
      ...{ click_url: 'https://example.com/tea?a=%3Cb%3E', image_url: 'https://example.com/tea.png' },
      ...{ width: 300, height: 250, campaign_id: 'summer <b>', country: ['TW'] },
      metadata: { colour: '<i>green</i>', stock: 12, organic: true },
    });
    const { dialog } = await openAd('All fields');
    await dialog.getByText('Picture').waitFor();
    expect(await facts(dialog)).toMatchObject({
      ...{ 'External id': 'shop-1', Status: 'active', Priority: '3', Weight: '7', Campaign: 'summer <b>' },
      ...{ 'Click leads to': 'https://example.com/tea?a=%3Cb%3E', Picture: 'https://example.com/tea.png' },
      ...{ Size: '300 × 250 pixels', Country: 'TW' },
      Metadata: 'colour: <i>green</i>\norganic: true\nstock: 12',
    });
    for (const link of await dialog.getByRole('link').all())
      expect([await link.getAttribute('rel'), await link.getAttribute('target')]).toEqual([
        'noopener noreferrer',
        '_blank',
      ]);
    expect(await dialog.getByRole('link').count()).toBe(2);
    expect(await dialog.getByText('Nothing was reported of this ad.').count()).toBe(1);
    expect(await figures(dialog)).toEqual(['0', '0', '–', '0']);
    expect(await dialog.getByRole('slider').isVisible()).toBe(false);
  });

  it('shows what was counted and why the rest was not, in figures, a chart and a table', async () => {
    const id = await createDeliveredAd(world.url, {
      ...{ title: 'Delivered', priority: 1, country: ['JP'], click_url: 'https://example.com/' },
    });
    for (let turn = 0; turn < 5; turn += 1) {
      const ad = await decideOne(world.url, { country: 'JP' });
      expect(ad?.id).toBe(id);
      const { impression_url: impression, click_url: click } = ad!.decision;
      await report(impression);
      if (turn < 2) await report(impression);
      if (turn === 2) await report(impression, { 'sec-purpose': 'prefetch' });
      if (turn === 3) await report(impression, { 'user-agent': 'Googlebot/2.1' });
      if (turn === 4) await report(click);
    }
    await world.runtime.idle();
    const { page, dialog } = await openAd('Delivered');
    await dialog.getByText('Not counted: 2 sent again, 1 from robots, 1 fetched ahead.').waitFor();
    expect(await figures(dialog)).toEqual(['5', '1', '20%', '4']);
    await dialog.getByText('As a table').click();
    for (const bucket of ['minute', 'hour', 'day']) {
      await page.locator('#ad-bucket').selectOption(bucket);
      const table = dialog.getByRole('table', { name: `Delivered by ${bucket}` });
      await table.waitFor();
      const cells = await table.locator('tbody td.number').allTextContents();
      const numbers = cells.map(Number);
      const sumOf = (column: number): number =>
        numbers.filter((_, index) => index % 2 === column).reduce((sum, one) => sum + one, 0);
      expect([bucket, sumOf(0), sumOf(1)]).toEqual([bucket, 5, 1]);
    }
    const chart = dialog.getByRole('slider', { name: 'Impressions and clicks over time' });
    await chart.focus();
    await page.keyboard.press('End');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/: 5 impressions, 1 clicks$/);

    await report((await decideOne(world.url, { country: 'JP' }))?.decision.impression_url);
    // The dialog reads again while it is open.
    await dialog.locator('#ad-numbers b', { hasText: /^6$/ }).waitFor();
  });

  it('says why an ad is not shown, or what a decision does with it', async () => {
    await createDeliveredAd(world.url, { title: 'On hold', status: 'paused' });
    await createDeliveredAd(world.url, { title: 'Often drawn', priority: 2, weight: 3 });
    await createDeliveredAd(world.url, { title: 'Seldom drawn', priority: 2, weight: 1 });
    await createDeliveredAd(world.url, { title: 'House of last', priority: 16 });
    const first = await decideOne(world.url, { country: 'US' });
    expect(first).toBeDefined();
    const texts: Record<string, string> = {};
    for (const title of ['On hold', 'Seldom drawn', 'House of last']) {
      const { page, dialog } = await openAd(title);
      await dialog.getByText('Created').waitFor();
      texts[title] = await dialog.locator('#ad-text').innerText();
      await page.getByRole('button', { name: 'Explain for an audience' }).click();
      await page.getByLabel('Country', { exact: true }).fill('us');
      await page.getByRole('button', { name: 'Explain', exact: true }).click();
      await page.locator('#explain-text', { hasText: 'A decision for this audience' }).waitFor();
      const [, ...decided] = (await page.locator('#explain-text').innerText()).split('A decision ');
      texts[`${title}, US`] = decided.join('');
    }
    const higher = 'does not choose it: it comes after ads of higher priority.';
    expect(texts).toEqual({
      'On hold': 'It is paused.',
      'On hold, US': 'for this audience does not choose it: it is paused.',
      // The delivered ad of priority 1 is for Japan, which a request that names no country may be from.
      'Seldom drawn': `It is shown now. A decision for anyone ${higher}`,
      'Seldom drawn, US': 'for this audience draws one of 2 ads, by weight, and it is among them.',
      'House of last': `It is shown now. A decision for anyone ${higher}`,
      'House of last, US': `for this audience ${higher}`,
    });
  });

  it('shows what an ad delivered that has ended, or was deleted', async () => {
    const endMs = Date.now() + 2500;
    const ended = await createDeliveredAd(world.url, {
      ...{ title: 'Ended soon', priority: 1, country: ['FR'], end_at: new Date(endMs).toISOString() },
    });
    const deleted = await createDeliveredAd(world.url, {
      ...{ title: 'Deleted soon', priority: 1, country: ['DE'] },
    });
    for (const country of ['FR', 'DE'])
      await report((await decideOne(world.url, { country }))?.decision.impression_url);
    const headers = { prefer: 'wait=5' };
    await fetch(`${world.url}/api/v1/ad/${deleted}`, { method: 'DELETE', headers });
    // An ad is answered no more from its end on, and leaves the catalog a little later.
    for (const id of [ended, deleted])
      while ((await exclusionOf(id)) !== 'unknown') await new Promise((resolve) => setTimeout(resolve, 100));
    await world.runtime.idle();
    for (const [id, text] of [
      [ended, /^It ended at /],
      [deleted, /^This ad was deleted, or ended long ago\.$/],
    ] as const) {
      const page = await world.open();
      await page.getByLabel('Ad id').fill(id);
      await page.getByRole('button', { name: 'Explain', exact: true }).click();
      await page.locator('#explain-text', { hasText: `${id} is not a live ad.` }).waitFor();
      await page.getByRole('button', { name: 'Open this ad' }).click();
      await page.locator('#ad-text').getByText(text).waitFor();
      await page.locator('#ad-numbers b').first().waitFor();
      expect(await figures(page.getByRole('dialog'))).toEqual(['1', '0', '0%', '0']);
    }

    const page = await world.open();
    await page.getByLabel('Which ads').selectOption('ended');
    await page.getByText('1 ended ad', { exact: true }).waitFor();
    expect(await page.locator('#ads .timeline .sr').allTextContents()).toEqual(['ended']);
    await page.getByRole('button', { name: 'Ended soon' }).first().click();
    await page
      .locator('#ad-text')
      .getByText(/^It ended at /)
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel('Which ads').selectOption('live');
    await page.getByText(/^\d+ live ads$/).waitFor();
    expect(await page.getByRole('button', { name: 'Ended soon' }).count()).toBe(0);
  });
});
