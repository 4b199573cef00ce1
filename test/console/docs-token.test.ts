import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';

let world: ConsoleWorld;
let token: string;

beforeAll(async () => {
  world = await createConsoleWorld({
    async prepare(folder) {
      const stage = await openStage({ stage: 'local', data: folder, create: true });
      token = (await createTokenStore(stage).create({ name: 'admin', scopes: ['admin'] })).text;
      await stage.close();
    },
  });
}, 60_000);

afterEach(async () => {
  await world.closePages(/status of 401/);
});

afterAll(async () => {
  await world.stop();
}, 60_000);

describe('the docs page of a pipeline with tokens', () => {
  it('says where a token goes, sends the one it is given, and no longer when it is forgotten', async () => {
    const page = await world.open({}, '/docs#getStats');
    const card = page.locator('#getStats');
    const state = card.locator('.send [role="status"]');
    await card.locator('.send button').click();
    await state.filter({ hasText: '401' }).waitFor();
    await card.getByRole('link', { name: 'API token' }).click();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await page.keyboard.type(`Bearer ${token}`);
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('API token').inputValue()).toBe('');

    const asked: { url: string; token: string | undefined }[] = [];
    page.on('request', (request) =>
      asked.push({ url: request.url(), token: request.headers()['authorization'] }),
    );
    await card.locator('.send button').click();
    await state.filter({ hasText: '200' }).waitFor();
    expect(asked).toEqual([{ url: `${world.url}/api/v1/stats`, token: `Bearer ${token}` }]);
    const kept = await page.evaluate<string>(
      'JSON.stringify(localStorage) + document.cookie + location + document.documentElement.outerHTML',
    );
    expect(kept).not.toContain(token);

    // The page loads again, so that nothing of what the token was shown stays.
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Forget' }).click()]);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await page.getByRole('link', { name: 'Get the current state of the pipeline' }).click();
    await page.locator('#getStats .send button').click();
    await page.locator('#getStats .send [role="status"]', { hasText: '401' }).waitFor();
  });

  it('shares the token with the console in the same tab', async () => {
    const page = await world.open({}, '/docs');
    await page.getByLabel('API token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'the console' }).click();
    await page.getByText(/^Live, as of/).waitFor();
    expect(await page.locator('#state').getAttribute('data-kind')).toBe('live');
  });
});
