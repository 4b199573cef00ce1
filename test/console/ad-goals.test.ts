import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';
import { createDeliveredAd, decideOne, report } from './delivery-traffic.ts';

let world: ConsoleWorld;

beforeAll(async () => {
  world = await createConsoleWorld();
}, 60_000);
afterEach(async () => {
  await world.closePages();
});
afterAll(async () => {
  await world.stop();
}, 60_000);

async function openAd(title: string): Promise<Locator> {
  const page = await world.open();
  await page.getByRole('button', { name: title, exact: true }).first().click();
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByText('Created').waitFor();
  await dialog.getByText(/^Goal: /).waitFor();
  return dialog;
}

const texts = async (dialog: Locator): Promise<string[]> => [
  await dialog.locator('#ad-text').innerText(),
  await dialog.locator('#ad-goal').innerText(),
];

/** The container waits for its ledger. */
async function decideAgain(audience: object): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const decided = await decideOne(world.url, audience);
    if (decided !== undefined) return decided.decision.impression_url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no decision in ten seconds');
}

describe('the dialog of an ad with a goal', () => {
  it('says why it waits and until when, and when the goal is reached', async () => {
    const goal = { impressions: { total: 1 }, pacing: 'asap' };
    await createDeliveredAd(world.url, { title: 'One at once', country: ['TW'], goal });
    const before = await openAd('One at once');
    expect(await texts(before)).toEqual([
      'It has a goal, and waits for a decision to draw it for the first time.',
      'Goal: 0 of 1 impressions. 1 planned by now: on plan. Rights: 0 out, 0 came back unseen.',
    ]);
    const impression = await decideAgain({ country: 'TW' });
    const [why, goalText] = await texts(await openAd('One at once'));
    expect(why).toMatch(/^It has a goal that keeps it back until .*\d\d:\d\d/);
    expect(goalText).toBe(
      'Goal: 0 of 1 impressions. 1 planned by now: on plan. Rights: 1 out, 0 came back unseen.',
    );
    await report(impression);
    await world.runtime.idle();
    const done = await openAd('One at once');
    expect(await texts(done)).toEqual([
      'It has reached its goal.',
      'Goal: 1 of 1 impressions. 1 planned by now: reached. Rights: 0 out, 0 came back unseen.',
    ]);
    expect(await done.locator('#ad-planned').isVisible()).toBe(false);
  });

  it('says what was delivered today', async () => {
    const goal = { impressions: { daily: 5, total: 50 }, pacing: 'asap', timezone: 'Asia/Taipei' };
    await createDeliveredAd(world.url, { title: 'Five a day', country: ['FR'], goal });
    expect((await texts(await openAd('Five a day')))[1]).toBe(
      'Goal: 0 of 50 impressions, 0 of 5 today. 5 planned by now: on plan. Rights: 0 out, 0 came back unseen.',
    );
  });

  it('draws the plan beside what was delivered, in the chart and in the table', async () => {
    const goal = { impressions: { total: 150_000 }, pacing: 'even' };
    const startAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
    await createDeliveredAd(world.url, { title: 'Evenly', country: ['JP'], goal, start_at: startAt });
    await report(await decideAgain({ country: 'JP' }));
    await world.runtime.idle();
    // The plan begins with the first decision: about two a second from then on.
    await systemClock.sleep(2000);
    const dialog = await openAd('Evenly');
    expect((await texts(dialog))[1]).toMatch(
      /^Goal: 1 of 150,000 impressions\. \d+ planned by now: on plan\. Rights: \d+ out, 0 came back unseen\.$/,
    );
    await dialog.locator('#ad-planned').waitFor();
    await dialog.getByText('As a table').click();
    const table = dialog.getByRole('table');
    expect(await table.getByRole('columnheader').allInnerTexts()).toContain('Planned');
    const chart = dialog.getByRole('slider', { name: 'Impressions and clicks over time' });
    await chart.focus();
    await chart.press('End');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(
      /: 1 impressions, 0 clicks, [1-9][\d,]* planned$/,
    );
  });
});
