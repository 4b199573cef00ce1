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

const noToken = 'A token with the scope admin is needed.';

async function openWithToken(token = tokens.get('admin') ?? ''): Promise<Page> {
  const page = await world.open();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Use', exact: true }).click();
  return page;
}

async function live(page: Page): Promise<void> {
  await page.getByText(/^Live, as of/).waitFor();
}

const state = (page: Page): Promise<string | null> => page.locator('#state').getAttribute('data-kind');

describe('a pipeline with tokens', () => {
  it('shows nothing without one, everything with one, and nothing again when it is forgotten', async () => {
    const page = await world.open();
    await page.getByRole('status').getByText(noToken).first().waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await page.getByLabel('Token').fill(tokens.get('admin') ?? '');
    await page.keyboard.press('Enter');
    await live(page);
    await page.locator('#ads-hint', { hasText: '0 live' }).waitFor();
    await page.getByText('Nothing here: every record was processed.').waitFor();
    expect(await page.getByLabel('Token').inputValue()).toBe('');

    await page.reload();
    await live(page);
    const other = await world.open();
    await other.getByText(noToken).first().waitFor();

    await page.getByRole('button', { name: 'Forget' }).click();
    await page.getByText(noToken).first().waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.locator('#tiles p').count()).toBe(0);
    expect(await page.getByText('Nothing here: every record was processed.').count()).toBe(0);
  });

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

  it('tells of a token that may not, and of one that nobody knows, and does not go on asking', async () => {
    const page = await openWithToken(tokens.get('counters:read'));
    await page.getByText('This token lacks the scope admin.').first().waitFor();
    expect(await state(page)).toBe('failed');
    await page.getByLabel('Token').fill(`${tokens.get('admin') ?? ''}x`);
    await page.keyboard.press('Enter');
    await page
      .getByText(/^This token is not known here: mistyped, expired or revoked\./)
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
    await page.getByLabel('Token').fill(tokens.get('admin') ?? '');
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
      .getByText(/^The pipeline does not answer\. Figures are of \d\d:\d\d:\d\d; the last came \d+ s ago\.$/)
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
    await page
      .getByText(/^No new figures\. Figures are of \d\d:\d\d:\d\d; the last came [5-9] s ago\.$/)
      .waitFor();
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
    await page.getByText(/^The state store is not available: CloudWatch does not answer\. Figures/).waitFor();
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
