import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime } from '../../lib/embedded/runtime.ts';
import { createConsoleLog } from '../../lib/adapters/system/console-log.ts';
import { parseOptions, runCommand } from '../../lib/options.ts';
import { stageSettings } from '../../lib/stages.ts';
import { findChromium, openBrowser } from './open-browser.ts';
import { logAnHour } from './history.ts';
import { photographDelivery } from './photograph-delivery.ts';
import { photographDocs } from './photograph-docs.ts';
import { makeQuarantinedFolder } from './quarantined-folder.ts';
import { createAds, startTraffic } from './traffic.ts';

/**
 * Goal: docs/console/light.png, dark.png and phone.png, the console as it looks on a pipeline under load, and
 * docs.png and docs-phone.png, the docs page with a call tried, and ad-*.png and demo-*.png
 * (photograph-delivery.ts). A person looks at them; test/console tests what the pages do.
 */
const usage = `Photographs the console, an ad's dialog, the demo and the docs page into docs/console, on a pipeline under load: npm run console:screenshots

The variable CHROMIUM names the browser, CONSOLE_SHOTS another folder, CONSOLE_LOAD_MS how long the load lasts.
Exit codes: 0 written, 1 there is no browser, 2 wrong arguments.
`;

/** Long enough for the chart to have a shape. */
const loadMs = Number(process.env['CONSOLE_LOAD_MS'] ?? 45_000);
/** Until what was logged is counted and ranked. */
const countTriesMax = 100;
/** Until the last of it is counted. */
const settleMs = 500;
const target = process.env['CONSOLE_SHOTS'] ?? 'docs/console';

const log = createConsoleLog({ level: 'error' });
const settings = stageSettings('local');

await runCommand({
  name: 'console:screenshots',
  usage,
  read: (args) => parseOptions(args, {}),
  async run() {
    const executablePath = findChromium();
    if (executablePath !== undefined) return photograph(executablePath);
    process.stderr.write('There is no Chromium: install it, or name it by CHROMIUM.\n');
    return 1;
  },
});

async function photograph(executablePath: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-console-'));
  await makeQuarantinedFolder(folder, { good: ['ad-7/clicks'], spoilt: ['ad-3/views', 'ad-12/views'] });
  await countAnHour(folder);
  const runtime = await startRuntime({ folder, settings, log });
  const browser = await openBrowser(executablePath);
  try {
    await createAds(runtime.url, 36);
    await photographDocs(browser, runtime.url, target);
    await photographDelivery(browser, target);
    const traffic = startTraffic(runtime.url);
    // A zone other than UTC, so that the pictures show both.
    const look = { reducedMotion: 'reduce', timezoneId: 'Asia/Taipei' } as const;
    const page = await browser.newPage({ ...look, viewport: { width: 1360, height: 1000 } });
    await page.goto(`${runtime.url}/console`);
    await page.waitForTimeout(loadMs);
    await page.getByLabel('Age', { exact: true }).fill('24');
    await page.getByLabel('Country', { exact: true }).fill('TW');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.getByText(/in the last 60 minutes$/).waitFor();
    await page.getByRole('table', { name: 'Ads left after each condition' }).waitFor();
    for (const theme of ['light', 'dark']) {
      await page.getByLabel('Theme').selectOption(theme);
      await page.evaluate('window.scrollTo(0, 0)');
      await page.waitForTimeout(1500);
      const path = `${target}/${theme}.png`;
      const last = await page.locator('#quarantine').boundingBox();
      const clip = {
        x: 0,
        y: 0,
        width: 1360,
        height: Math.ceil((last?.y ?? 0) + (last?.height ?? 1000) + 16),
      };
      await page.screenshot({ path, fullPage: true, clip });
      sizeOf(path);
    }
    const phone = await browser.newPage({
      ...look,
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
    });
    await phone.goto(`${runtime.url}/console#pipeline`);
    await phone.locator('.flow.flowing').first().waitFor({ state: 'attached' });
    await phone.waitForTimeout(1500);
    await phone.evaluate("document.getElementById('pipeline').scrollIntoView()");
    await phone.screenshot({ path: `${target}/phone.png` });
    sizeOf(`${target}/phone.png`);
    await traffic.stop();
  } finally {
    await browser.close();
    await runtime.stop();
    rmSync(folder, { recursive: true });
  }
  return 0;
}

function sizeOf(path: string): void {
  console.log(`${path}: ${Math.round(statSync(path).size / 1000)} kB`);
}

/** By a runtime of its own, whose figures of that end with it. */
async function countAnHour(folder: string): Promise<void> {
  const keys = ['ad-1/clicks', 'ad-2/views', 'ad-3/views'];
  await logAnHour(folder, keys);
  const counting = await startRuntime({ folder, settings, log });
  for (let i = 0; i < countTriesMax; i += 1) {
    // Sketches are written when something is counted.
    await fetch(`${counting.url}/increment`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ key: 'ad-60/views', value: 1 }),
    });
    const top = await fetch(`${counting.url}/api/v1/hot-counters?limit=${keys.length}`);
    const ranked = await top.text();
    if (keys.every((key) => ranked.includes(key))) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  await counting.stop();
}
