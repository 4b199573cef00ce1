import { statSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Writes docs.png and docs-phone.png: the docs page with a call tried, as tall as that call is. */
export async function photographDocs(browser: Browser, url: string, folder: string): Promise<void> {
  const shots = [
    { name: 'docs', viewport: { width: 1360, height: 1000 }, colorScheme: 'light' },
    { name: 'docs-phone', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  ] as const;
  for (const { name, ...options } of shots) {
    const page = await browser.newPage({ ...options, reducedMotion: 'reduce' });
    await page.goto(`${url}/docs#queryAds`);
    const call = page.locator('#queryAds');
    await call.locator('[name="age"]').fill('24');
    await call.locator('[name="limit"]').fill('1');
    await call.locator('.send button').click();
    await call.locator('.answer').waitFor();
    await page.evaluate('window.scrollTo(0, 0)');
    const path = `${folder}/${name}.png`;
    const box = await call.boundingBox();
    const height = Math.ceil((box?.y ?? 0) + (box?.height ?? 1000) + 16);
    const clip = { x: 0, y: 0, width: options.viewport.width, height };
    await page.screenshot({ path, fullPage: true, clip });
    console.log(`${path}: ${Math.round(statSync(path).size / 1000)} kB`);
    await page.close();
  }
}
