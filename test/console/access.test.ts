import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import type { Scope } from '../../lib/core/scopes.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';

let world: ConsoleWorld;
const tokens = new Map<Scope, string>();

beforeAll(async () => {
  world = await createConsoleWorld({
    async prepare(folder) {
      const stage = await openStage({ stage: 'local', data: folder, create: true });
      const store = createTokenStore(stage);
      for (const scope of ['admin', 'counters:read'] as const) {
        const { text } = await store.create({ name: scope, scopes: [scope] });
        tokens.set(scope, text);
      }
      await stage.close();
    },
  });
}, 60_000);

// The browser notes answers of 401 and 403, and that it is offline; that is what these tests are about.
afterEach(async () => {
  await world.closePages(/status of (40[13]|503)|ERR_INTERNET_DISCONNECTED/);
});

afterAll(async () => {
  await world.stop();
}, 60_000);

const noToken = 'The console needs a token with the scope admin.';
const command = 'npm run tokens -- create --name me --scopes admin';

async function openWithToken(token = tokens.get('admin') ?? ''): Promise<Page> {
  const page = await world.open();
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Use token' }).click();
  return page;
}

async function live(page: Page): Promise<void> {
  await page.getByText(/^Live, as of/).waitFor();
}

const state = (page: Page): Promise<string | null> => page.locator('#state').getAttribute('data-kind');

describe('a pipeline with tokens', () => {
  it('shows nothing without one, everything with one, and nothing again when it is forgotten', async () => {
    const page = await world.open();
    await page.locator('#state', { hasText: noToken }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await page.getByLabel('Token', { exact: true }).fill(tokens.get('admin') ?? '');
    await page.keyboard.press('Enter');
    await live(page);
    await page.locator('#ads-hint', { hasText: 'No live ads.' }).waitFor();
    await page.getByText('No quarantined records.').waitFor();
    expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe('');

    await page.reload();
    await live(page);
    const other = await world.open();
    await other.locator('#state', { hasText: noToken }).waitFor();

    await page.getByRole('button', { name: 'Forget' }).click();
    await page.locator('#state', { hasText: noToken }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.locator('#tiles p').count()).toBe(0);
    expect(await page.getByText('No quarantined records.').count()).toBe(0);
  });

  it('says which command makes a token, for the stage that it is, and shows no empty panels', async () => {
    const page = await world.open();
    await page.locator('#state', { hasText: noToken }).waitFor();
    expect(await page.locator('#access-command').innerText()).toBe(command);
    expect(await page.getByText('If you started npm start with --data <folder>').isVisible()).toBe(true);
    expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['Create a token']);
    await page.route('**/health', async (route) => {
      const health = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...health, stage: 'staging' } });
    });
    await page.reload();
    await page.getByText(`${command} --stage staging`, { exact: true }).waitFor();
    expect(await page.getByText('If you started npm start with --data <folder>').isVisible()).toBe(false);
    await page.getByText(/AWS credentials and Region/).waitFor();
    await page.getByLabel('Token', { exact: true }).fill(tokens.get('admin') ?? '');
    await page.keyboard.press('Enter');
    await live(page);
    expect(await page.locator('#access').isVisible()).toBe(false);
    expect(await page.getByRole('heading', { level: 2, name: 'Pipeline' }).isVisible()).toBe(true);
  });

  // Covers SCRIPTS.3 (docs/security.md).
  it('keeps the token out of addresses, of what outlives the tab, and of the page', async () => {
    const page = await openWithToken(`Bearer ${tokens.get('admin') ?? ''}`);
    const addresses: string[] = [];
    const headers: (string | undefined)[] = [];
    page.on('request', (request) => {
      addresses.push(request.url());
      headers.push(request.headers()['authorization']);
    });
    await live(page);
    await page.waitForResponse(/stats/);
    expect(headers.length).toBeGreaterThan(0);
    expect(new Set(headers)).toEqual(new Set([`Bearer ${tokens.get('admin') ?? ''}`]));
    const kept = await page.evaluate<string>(
      'JSON.stringify(localStorage) + document.cookie + location + document.documentElement.outerHTML',
    );
    expect(kept + addresses.join()).not.toContain(tokens.get('admin'));
    expect(await page.evaluate('caches.keys().then((names) => names.length)')).toBe(0);
  });

  it('says that a token lacks the scope or is not valid, and does not go on asking', async () => {
    const page = await openWithToken(tokens.get('counters:read'));
    await page.getByText('This token lacks the scope admin.').first().waitFor();
    expect(await state(page)).toBe('failed');
    await page.getByLabel('Token', { exact: true }).fill(`${tokens.get('admin') ?? ''}x`);
    await page.keyboard.press('Enter');
    await page
      .getByText(/^This token is not valid\. It may be mistyped, expired, revoked, or of another stage\./)
      .first()
      .waitFor();
    // What was asked when the token came has been answered.
    await page.waitForLoadState('networkidle');
    let asked = 0;
    page.on('request', () => (asked += 1));
    await page.getByLabel('Theme').focus();
    await page.waitForTimeout(3500);
    expect(asked).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('theme');
    await page.getByLabel('Token', { exact: true }).fill(tokens.get('admin') ?? '');
    await page.keyboard.press('Enter');
    await live(page);
  });
});

describe('a pipeline that stops', () => {
  it('is said not to answer, with the age of what is shown, and found again when it does', async () => {
    const page = await openWithToken();
    await live(page);
    expect(await page.title()).toBe('adtally console');
    await page.context().setOffline(true);
    await page
      .getByText(/^The pipeline does not answer\. Last data: \d\d:\d\d:\d\d UTC, received \d+ s ago\.$/)
      .waitFor();
    expect(await state(page)).toBe('failed');
    expect(await page.title()).toBe('⚠ adtally console');
    expect(await page.evaluate("document.body.classList.contains('old')")).toBe(true);
    await page.context().setOffline(false);
    await live(page);
    expect(await state(page)).toBe('live');
    expect(await page.title()).toBe('adtally console');
    expect(await page.evaluate("document.body.classList.contains('old')")).toBe(false);
  });

  it('is said to be silent while it takes a request and does not answer', async () => {
    const page = await openWithToken();
    await live(page);
    await page.route('**/api/v1/stats', () => undefined);
    await page.getByText(/^No new data\. Last data: \d\d:\d\d:\d\d UTC, received [5-9] s ago\.$/).waitFor();
    expect(await state(page)).toBe('late');
    await page.unrouteAll();
  });

  it('that cannot tell its figures says so in its words, and is asked again', async () => {
    const page = await openWithToken();
    await live(page);
    let asked = 0;
    await page.route('**/api/v1/stats', async (route) => {
      asked += 1;
      if (asked > 3) await route.continue();
      else await route.fulfill({ status: 503, json: problem });
    });
    await page
      .getByText(/^The state store is not available: CloudWatch does not answer\. Last data/)
      .waitFor();
    await live(page);
    expect(asked).toBeGreaterThan(3);
  });
});

const problem = {
  type: 'urn:adtally:problem:state-unavailable',
  title: 'The state store is not available',
  status: 503,
  detail: 'CloudWatch does not answer.',
  errors: [],
};
