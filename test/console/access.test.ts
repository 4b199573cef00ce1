import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import type { Scope } from '../../lib/core/scopes.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';

let world: ConsoleWorld;
const tokens = new Map<Scope, string>();

beforeAll(async () => {
  world = await createConsoleWorld(async (folder) => {
    const stage = await openStage({ stage: 'local', data: folder, create: true });
    const store = createTokenStore(stage);
    for (const scope of ['admin', 'counters:read'] as const) {
      const { text } = await store.create({ name: scope, scopes: [scope] });
      tokens.set(scope, text);
    }
    await stage.close();
  });
}, 60_000);

// The browser notes answers of 401 and 403, and that it is offline; that is what these tests are about.
afterEach(async () => {
  await world.closePages(/status of 40[13]|ERR_INTERNET_DISCONNECTED/);
});

afterAll(async () => {
  await world.stop();
}, 60_000);

describe('a pipeline with tokens', () => {
  it('shows nothing without one, everything with one, and nothing again when it is forgotten', async () => {
    const page = await world.open();
    await page.getByRole('status').getByText('A token with the scope admin is needed.').first().waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await page.getByLabel('Token').fill(tokens.get('admin') ?? '');
    await page.keyboard.press('Enter');
    await page.getByText(/^Live, as of/).waitFor();
    await page.locator('#ads-hint', { hasText: '0 live' }).waitFor();
    await page.getByText('Nothing here: every record was processed.').waitFor();
    expect(await page.getByLabel('Token').inputValue()).toBe('');
    expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).not.toContain('adtally_');

    await page.reload();
    await page.getByText(/^Live, as of/).waitFor();
    const other = await world.open();
    await other.getByText('A token with the scope admin is needed.').first().waitFor();

    await page.getByRole('button', { name: 'Forget' }).click();
    await page.getByText('A token with the scope admin is needed.').first().waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('tells of a token that may not', async () => {
    const page = await world.open();
    await page.getByLabel('Token').fill(tokens.get('counters:read') ?? '');
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    await page.getByText('This token lacks the scope that is needed.').first().waitFor();
    expect(await page.locator('#state').getAttribute('data-kind')).toBe('failed');
  });
});

describe('a pipeline that stops', () => {
  it('is said not to answer, and found again when it does', async () => {
    const page = await world.open();
    await page.getByLabel('Token').fill(tokens.get('admin') ?? '');
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    await page.getByText(/^Live, as of/).waitFor();
    await page.context().setOffline(true);
    await page.getByText('The pipeline does not answer.').first().waitFor();
    expect(await page.locator('#state').getAttribute('data-kind')).toBe('failed');
    await page.context().setOffline(false);
    await page.getByText(/^Live, as of/).waitFor();
    expect(await page.locator('#state').getAttribute('data-kind')).toBe('live');
  });
});
