import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { axeFaults } from './axe.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { createDeliveredAd, decideOne, personsAgent, report } from './delivery-traffic.ts';
import { makeQuarantinedFolder } from './quarantined-folder.ts';
import { createAds, startTraffic, type Traffic } from './traffic.ts';

const sizes = {
  desktop: { width: 1280, height: 900 },
  phone: { width: 360, height: 740 },
} as const;

const looks = (['desktop', 'phone'] as const).flatMap((size) =>
  (['light', 'dark'] as const).map((theme) => ({ size, theme })),
);

const longKey = `${'k'.repeat(250)}/views`;
const arabicKey = 'إعلان/نقرات';
const arabicTitle = 'شاي بالنعناع الطازج كل يوم';

let world: ConsoleWorld;

afterEach(async () => {
  await world.closePages(/status of 401/);
});

async function live(page: Page): Promise<void> {
  await page.getByText(/^Live, as of/).waitFor();
}

describe('a console with traffic', () => {
  let traffic: Traffic;

  beforeAll(async () => {
    world = await createConsoleWorld({
      prepare: (folder) => makeQuarantinedFolder(folder, { good: [longKey, arabicKey], spoilt: ['spoilt'] }),
    });
    await createAds(world.url, 42, [arabicTitle, 'x'.repeat(100)]);
    traffic = startTraffic(world.url, [longKey, arabicKey]);
  }, 60_000);

  afterAll(async () => {
    await traffic.stop();
    await world.stop();
  }, 60_000);

  it.each(looks)(
    'has no fault that axe finds, in its panels or in an ad: $size, $theme',
    async ({ size, theme }) => {
      const page = await world.open({
        viewport: sizes[size],
        colorScheme: theme,
        timezoneId: 'Asia/Kolkata',
      });
      await live(page);
      await page.getByRole('table', { name: 'Ads over time' }).waitFor();
      await page.getByRole('table', { name: 'Quarantine' }).waitFor();
      await page.getByRole('table', { name: 'Top keys' }).waitFor();
      await page.getByText(/in the last 60 minutes$/).waitFor();
      for (const key of [longKey, arabicKey]) {
        await page.getByLabel('Key', { exact: true }).fill(key);
        await page.getByRole('button', { name: 'Add', exact: true }).click();
      }
      for (const key of [longKey, arabicKey])
        await page.getByRole('button', { name: `Remove ${key} from the chart` }).waitFor();
      await page.getByRole('button', { name: 'Explain', exact: true }).click();
      await page.getByRole('table', { name: 'Shown now' }).waitFor();
      for (const summary of await page.locator('main summary').all()) await summary.click();
      await page.getByRole('table', { name: 'Increments per second' }).waitFor();
      expect(await axeFaults(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(sizes[size].width);
      // No column shrinks to a letter a line, and no long key fills a phone.
      const highest = await page.evaluate<number>(
        "Math.max(...[...document.querySelectorAll('.link')].map((link) => link.offsetHeight))",
      );
      expect(highest).toBeLessThan(80);

      await page.getByRole('button', { name: arabicTitle }).first().click();
      await page.getByRole('dialog', { name: arabicTitle }).getByText('Platform').waitFor();
      expect(await axeFaults(page)).toEqual([]);
    },
  );

  it('would fail here by a field that loses its label', async () => {
    const page = await world.open();
    await live(page);
    await page.evaluate(
      "document.querySelector('#series-key').closest('label').replaceWith(document.querySelector('#series-key'))",
    );
    expect(await axeFaults(page)).toEqual([
      expect.stringMatching(/^label \(critical\): <input id="series-key"/),
    ]);
  });

  it('shows the whole pipeline at once on a phone', async () => {
    const page = await world.open({ viewport: sizes.phone });
    await live(page);
    await page.evaluate("document.querySelector('#pipeline').scrollIntoView()");
    const seen = await page.evaluate<{ boxes: number; outside: string[]; lapping: string[] }>(`(() => {
      const boxes = [...document.querySelectorAll('.picture .node')].map((e) => e.getBoundingClientRect());
      const texts = [...document.querySelectorAll('.picture text')].filter((e) => e.textContent !== '');
      const top = document.querySelector('.bar-top').getBoundingClientRect().bottom;
      const isOutside = (r) => r.left < 0 || r.right > innerWidth || r.top < top || r.bottom > innerHeight;
      const laps = (text) => {
        const t = text.getBoundingClientRect();
        return boxes.some((b) => t.right > b.left + 0.5 && t.left < b.right - 0.5 && t.bottom > b.top + 0.5 &&
          t.top < b.bottom - 0.5 && (t.left < b.left || t.right > b.right || t.top < b.top || t.bottom > b.bottom));
      };
      return {
        boxes: boxes.length,
        outside: [...boxes, ...texts.map((e) => e.getBoundingClientRect())].filter(isOutside).map((r) => JSON.stringify(r)),
        lapping: texts.filter(laps).map((e) => e.textContent),
      };
    })()`);
    expect(seen).toEqual({ boxes: 12, outside: [], lapping: [] });
    await page.setViewportSize(sizes.desktop);
    await page.locator('.picture.wide').waitFor();
    expect(await page.locator('.picture .title').count()).toBe(12);
  });
});

describe('an ad with numbers, and the demo', () => {
  const title = 'Delivered, and all fields';

  beforeAll(async () => {
    world = await createConsoleWorld();
    await createDeliveredAd(world.url, {
      ...{ title, external_id: 'shop-1', status: 'active', priority: 3, weight: 7, campaign_id: 'summer' },
      ...{ click_url: `https://example.com/${'long/'.repeat(40)}`, image_url: 'https://example.com/tea.png' },
      ...{ width: 300, height: 250, metadata: { colour: 'green', [`k${'e'.repeat(60)}y`]: 'v'.repeat(300) } },
    });
    for (let i = 0; i < 3; i += 1) {
      const ad = await decideOne(world.url);
      await report(ad?.decision.impression_url);
      await report(ad?.decision.click_url);
    }
    await report((await decideOne(world.url))?.decision.impression_url, { purpose: 'prefetch' });
    await world.runtime.idle();
  }, 60_000);

  afterAll(async () => {
    await world.stop();
  }, 60_000);

  it.each(looks)('have no fault that axe finds: $size, $theme', async ({ size, theme }) => {
    const look = { viewport: sizes[size], colorScheme: theme, userAgent: personsAgent };
    const page = await world.open(look);
    await live(page);
    await page.getByRole('button', { name: title }).first().click();
    const dialog = page.getByRole('dialog', { name: title });
    await dialog.getByText('Not counted: 1 fetched ahead.').waitFor();
    await dialog.getByText('As a table').click();
    await dialog.getByRole('table', { name: 'Delivered by hour' }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(sizes[size].width);
    const [inner, outer] = await page.evaluate<[number, number]>(
      "[document.querySelector('dialog').scrollWidth, document.querySelector('dialog').clientWidth]",
    );
    expect(inner).toBe(outer);

    const demo = await world.open(look, '/demo');
    await demo.getByText('Live: the numbers are read every 2 seconds.').waitFor();
    await demo.locator('.creative').first().waitFor();
    await demo.getByRole('table', { name: 'Ads shown' }).waitFor();
    await demo.getByText('impression sent').first().waitFor();
    expect(await axeFaults(demo)).toEqual([]);
    expect(await demo.evaluate('document.documentElement.scrollWidth')).toBe(sizes[size].width);
  });
});

describe('the demo without ads', () => {
  beforeAll(async () => {
    world = await createConsoleWorld();
  }, 60_000);

  afterAll(async () => {
    await world.stop();
  }, 60_000);

  it('has no fault that axe finds, before and after it has made some', async () => {
    const demo = await world.open({ userAgent: personsAgent }, '/demo');
    const create = demo.getByRole('button', { name: /^Create/ });
    await create.waitFor();
    expect(await axeFaults(demo)).toEqual([]);
    await create.click();
    await demo.getByText('impression sent').first().waitFor();
    for (const theme of ['light', 'dark']) {
      await demo.getByLabel('Theme').selectOption(theme);
      expect([theme, await axeFaults(demo)]).toEqual([theme, []]);
    }
  });
});

describe('a console with nothing to show', () => {
  beforeAll(async () => {
    world = await createConsoleWorld();
  }, 60_000);

  afterAll(async () => {
    await world.stop();
  }, 60_000);

  it('has no fault that axe finds', async () => {
    const page = await world.open();
    await live(page);
    await page.getByText('No live ads.').waitFor();
    await page.getByText('No quarantined records.').waitFor();
    await page.getByText(/^Nothing was counted in the last/).waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });
});

describe('a console that needs a token', () => {
  beforeAll(async () => {
    world = await createConsoleWorld({
      async prepare(folder) {
        const stage = await openStage({ stage: 'local', data: folder, create: true });
        await createTokenStore(stage).create({ name: 'admin', scopes: ['admin'] });
        await stage.close();
      },
    });
  }, 60_000);

  afterAll(async () => {
    await world.stop();
  }, 60_000);

  it.each(looks)('has no fault that axe finds: $size, $theme', async ({ size, theme }) => {
    const page = await world.open({ viewport: sizes[size], colorScheme: theme });
    await page.getByRole('heading', { name: 'Create a token' }).waitFor();
    await page.getByRole('status').getByText('The console needs a token').waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });
});
