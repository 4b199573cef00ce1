import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { stageSettings } from '../../lib/stages.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';

const settings = stageSettings('local');

let world: ConsoleWorld;

afterEach(async () => {
  await world.closePages(/status of 400/);
});

afterAll(async () => {
  await world.stop();
}, 60_000);

async function start(series: typeof settings.counters.series): Promise<void> {
  world = await createConsoleWorld({
    settings: { ...settings, counters: { ...settings.counters, series, topKeysSaveMs: 0 } },
  });
  const body = JSON.stringify({ key: 'a', value: 3 });
  await fetch(`${world.url}/increment`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
  });
}

describe('a stage that keeps hours and no list of hot keys', () => {
  beforeAll(async () => {
    await start({ hour: 92 });
  }, 60_000);

  it('is shown by hours, and says what it does not have', async () => {
    const page = await world.open();
    await page.getByText('This stage keeps no list of hot keys.').waitFor();
    await page.getByLabel('Key', { exact: true }).fill('a');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('a: 3 in the last 48 hours').waitFor();
    expect(await page.locator('#series-bucket').inputValue()).toBe('hour');
    expect(await page.locator('#series-bucket option:disabled').allInnerTexts()).toEqual(['minute']);
  });
});

describe('a stage that keeps no series', () => {
  beforeAll(async () => {
    await world.stop();
    await start({});
  }, 60_000);

  it('says so', async () => {
    const page = await world.open();
    await page.getByLabel('Key', { exact: true }).fill('a');
    await page.keyboard.press('Enter');
    await page.getByText('This stage keeps no series.').waitFor();
    expect(await page.locator('#series canvas').count()).toBe(0);
  });
});
