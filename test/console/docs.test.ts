import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { axeFaults } from './axe.ts';
import { createConsoleWorld, type ConsoleWorld } from './console-world.ts';

const phone = { width: 360, height: 740 };
const hostile = '<img src=x onerror="alert(1)">';

let world: ConsoleWorld;

beforeAll(async () => {
  world = await createConsoleWorld();
}, 60_000);

// The browser notes answers of 4xx and that it is offline; the tests are about those too.
afterEach(async () => {
  await world.closePages(/status of 4\d\d|ERR_INTERNET_DISCONNECTED/);
});

afterAll(async () => {
  await world.stop();
}, 60_000);

const openDocs = (hash = '', options = {}): Promise<Page> =>
  world.open({ reducedMotion: 'reduce', ...options }, `/docs${hash}`);

const call = (page: Page, id: string): Locator => page.locator(`#${id}`);

async function send(card: Locator): Promise<string> {
  await card.locator('.send button').click();
  return stateOf(card, /^\d{3} /);
}

/** What the line beside the button says, once it matches. */
async function stateOf(card: Locator, wanted: RegExp): Promise<string> {
  const line = card.locator('.send [role="status"]', { hasText: wanted });
  await line.waitFor();
  return line.innerText();
}

const bodyOf = (card: Locator): Promise<string> =>
  card.getByRole('group', { name: 'Response body' }).innerText();

/** What the page asks from here on. */
function requestsOf(page: Page): { method: string; url: string; headers: Record<string, string> }[] {
  const requests: { method: string; url: string; headers: Record<string, string> }[] = [];
  page.on('request', (request) => {
    requests.push({ method: request.method(), url: request.url(), headers: request.headers() });
  });
  return requests;
}

describe('a call tried', () => {
  it('is sent with its parameters, headers and body, and its answer shown', async () => {
    const page = await openDocs('#createAd');
    const requests = requestsOf(page);
    const card = call(page, 'createAd');
    const ad = {
      title: hostile,
      content: 'x',
      start_at: '2026-01-01T00:00:00Z',
      end_at: '2036-01-01T00:00:00Z',
    };
    await card.getByLabel('Prefer').fill('wait=5');
    await card.getByRole('button', { name: 'Make a key' }).click();
    await card.getByLabel('Body of createAd').fill(JSON.stringify(ad));
    expect(await send(card)).toMatch(/^201 Created, \d+ ms$/);
    expect(JSON.parse(await bodyOf(card))).toMatchObject({ title: hostile, content: 'x' });
    expect(requests).toMatchObject([
      {
        ...{ method: 'POST', url: `${world.url}/api/v1/ad` },
        headers: {
          'content-type': 'application/json',
          prefer: 'wait=5',
          'idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      },
    ]);
    await card.getByText(/^\d+ headers$/).click();
    await card.locator('.answer dt', { hasText: 'consistency-token' }).waitFor();

    await call(page, 'queryAds').locator('summary').first().click();
    await send(call(page, 'queryAds'));
    expect(await bodyOf(call(page, 'queryAds'))).toContain(JSON.stringify(hostile));
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('shows totals beyond 2^53 digit for digit', async () => {
    const page = await openDocs('#increment');
    const card = call(page, 'increment');
    await card.getByLabel('mode').selectOption('sync');
    await card.getByLabel('Body of increment').fill('{"key":"large","value":9007199254740991}');
    for (const times of [1n, 2n, 3n]) {
      const answer = page.waitForResponse(/increment\?mode=sync/);
      await card.locator('.send button').click();
      await answer;
      await card.getByText(`"large": ${9007199254740991n * times}`).waitFor();
    }
    expect(await bodyOf(card)).toBe('{\n  "large": 27021597764222973\n}');
  });

  it('names each invalid field in words', async () => {
    const page = await openDocs('#createAd');
    const card = call(page, 'createAd');
    await card.getByLabel('Body of createAd').fill(`{"title":"x","${hostile.replaceAll('"', '\\"')}":1}`);
    expect(await send(card)).toMatch(/^400 Bad Request/);
    const lines = await card.locator('.answer li').allInnerTexts();
    expect(lines.some((line) => line.startsWith('title '))).toBe(true);
    expect(lines.some((line) => line.startsWith('end_at '))).toBe(true);
    expect(await card.locator('.answer').getAttribute('class')).toContain('bad');
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('sends a list as a parameter for each line, and encodes what it puts into addresses', async () => {
    const page = await openDocs('#getCounters');
    const requests = requestsOf(page);
    await call(page, 'getCounters').getByLabel('key').fill('a&b\nü/c');
    await send(call(page, 'getCounters'));
    await call(page, 'getCounter').locator('summary').first().click();
    await call(page, 'getCounter').getByLabel('key').fill('a/b $&?');
    expect(await send(call(page, 'getCounter'))).toMatch(/^404/);
    expect(requests.map(({ url }) => url.slice(world.url.length))).toEqual([
      '/api/v1/counters?key=a%26b&key=%C3%BC%2Fc',
      '/api/v1/counters/a%2Fb%20%24%26%3F',
    ]);
  });

  it('says why it cannot be sent, and goes to the field', async () => {
    const page = await openDocs('#getCounter');
    const requests = requestsOf(page);
    const card = call(page, 'getCounter');
    await card.getByLabel('key').fill('..');
    await card.locator('.send button').click();
    expect(await stateOf(card, /must/)).toBe('key must not be . or .. in a path');
    expect(await page.evaluate('document.activeElement.name')).toBe('key');
    await card.getByLabel('key').fill('a');
    await card.getByLabel('Consistency-Token').fill('ü');
    await card.locator('.send button').click();
    await stateOf(card, /^Consistency-Token must be visible ASCII/);
    await card.getByLabel('key').fill('');
    await card.locator('.send button').click();
    expect(await page.evaluate('document.activeElement.name')).toBe('key');
    expect(requests).toEqual([]);
  });

  it('says that there was no answer, and what that means for a write', async () => {
    const page = await openDocs('#increment');
    await page.context().setOffline(true);
    await call(page, 'increment').locator('.send button').click();
    expect(await stateOf(call(page, 'increment'), /^No answer/)).toMatch(
      /may or may not have taken effect\.$/,
    );
    await page.context().setOffline(false);
    expect(await send(call(page, 'increment'))).toMatch(/^202/);
  });

  it('is sent by Enter in a field, but what cannot be taken back by its button alone', async () => {
    const page = await openDocs('#deleteAd');
    const requests = requestsOf(page);
    await call(page, 'deleteAd').getByLabel('id', { exact: true }).press('Enter');
    await call(page, 'getAd').locator('summary').first().click();
    await call(page, 'getAd').getByLabel('id', { exact: true }).press('Enter');
    await stateOf(call(page, 'getAd'), /^404/);
    expect(requests.map(({ method }) => method)).toEqual(['GET']);
    await send(call(page, 'deleteAd'));
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'DELETE']);
    for (const id of ['deleteAd', 'redriveQuarantine']) {
      expect(await page.locator(`#${id} form[data-careful]`).count()).toBe(1);
    }
    expect(await page.locator('form[data-careful] [type="submit"]').count()).toBe(0);
  });
});

describe('finding a call', () => {
  it('filters by words of path, method, summary and name, says how many, and hides empty headings', async () => {
    const page = await openDocs();
    const all = await page.locator('.call').count();
    await page.getByText(`${all} calls`, { exact: true }).waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.id')).toBe('filter');
    await page.keyboard.type('patch ad');
    await page.getByText(`1 of ${all} calls`).waitFor();
    expect(await page.locator('.call h3:visible').allInnerTexts()).toEqual(['Change an ad']);
    expect(await page.getByRole('heading', { level: 2, name: 'Counters' }).count()).toBe(0);
    expect(await page.locator('nav li:visible').count()).toBe(4);
    await page.keyboard.press('Enter');
    expect(await call(page, 'updateAd').getAttribute('open')).toBe('');
    await page.getByLabel('Filter calls').fill('REDRIVEquarantine');
    await page.getByText(`1 of ${all} calls`).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText(`${all} calls`, { exact: true }).waitFor();
    await page.getByLabel('Filter calls').fill('no such call');
    await page.getByText(`0 of ${all} calls`).waitFor();
  });

  it('does not take / from a field', async () => {
    const page = await openDocs('#getCounter');
    await call(page, 'getCounter').getByLabel('key').fill('');
    await page.keyboard.type('a/b');
    expect(await call(page, 'getCounter').getByLabel('key').inputValue()).toBe('a/b');
  });

  it('opens what an address names, all around it, and what the filter hides', async () => {
    const page = await openDocs('#deleteAd');
    expect(await call(page, 'deleteAd').getAttribute('open')).toBe('');
    expect(await inView(call(page, 'deleteAd').locator('summary').first())).toBe(true);
    await call(page, 'deleteAd').getByRole('link', { name: 'Not found', exact: true }).click();
    expect(await inView(page.locator('#problem-not-found'))).toBe(true);
    await page.getByLabel('Filter calls').fill('increment');
    await page.evaluate("location.hash = '#getAd'");
    await call(page, 'getAd').getByLabel('id', { exact: true }).waitFor();
    expect(await inView(call(page, 'getAd').locator('summary').first())).toBe(true);
    expect(await page.getByLabel('Filter calls').inputValue()).toBe('');
    // Closed and asked for again: the address does not change.
    await call(page, 'getAd').locator('summary').first().click();
    await page.getByRole('link', { name: 'Read one ad' }).click();
    await call(page, 'getAd').getByLabel('id', { exact: true }).waitFor();
  });

  it('shows the fields of a schema where they are asked for', async () => {
    const page = await openDocs('#queryAds');
    const card = call(page, 'queryAds');
    await card.getByText('Fields of AdPage').click();
    await card.locator('dt', { hasText: 'total' }).waitFor();
    expect(await card.getByRole('link', { name: 'Ad', exact: true }).count()).toBeGreaterThan(0);
  });

  it('has every word to be found by the browser, folded or not', async () => {
    const page = await openDocs();
    await page.getByLabel('Filter calls').fill('getHealth');
    expect(await call(page, 'createAd').getAttribute('hidden')).toBe('until-found');
    await page.evaluate(
      "document.querySelector('#createAd').dispatchEvent(new Event('beforematch', { bubbles: true }))",
    );
    expect(await call(page, 'createAd').getAttribute('hidden')).toBeNull();
  });
});

async function inView(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  const height = element.page().viewportSize()?.height ?? 0;
  return box !== null && box.y >= 0 && box.y + box.height <= height;
}

describe('the page', () => {
  it.each([
    ['a desktop in the light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
    ['a desktop in the dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
    ['a phone in the light', { viewport: phone, colorScheme: 'light' }],
    ['a phone in the dark', { viewport: phone, colorScheme: 'dark' }],
  ])('has nothing that axe finds on %s, folded, open and answered', async (_name, options) => {
    const page = await openDocs('', { ...options, reducedMotion: 'reduce' });
    expect(await axeFaults(page)).toEqual([]);
    await send(await opened(page, 'createAd'));
    await send(await opened(page, 'queryAds'));
    const folds =
      '#createAd .more:not([name]), #queryAds .more:not([name]), #schema-Ad, #problems-of-every-call';
    await page.evaluate(`document.querySelectorAll('${folds}').forEach((fold) => (fold.open = true))`);
    expect(await axeFaults(page)).toEqual([]);
  });

  it('fits a phone, folded and open', async () => {
    const page = await openDocs('', { viewport: phone });
    const size = (): Promise<number[]> =>
      page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.scrollHeight]',
      );
    const [width, height] = await size();
    expect(width).toBe(phone.width);
    expect(height).toBeLessThan(8000);
    const head = await page.locator('#filter').boundingBox();
    expect(head?.y).toBeLessThan(phone.height);
    await page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))");
    expect((await size())[0]).toBe(phone.width);
  });

  it('is whole without a script: calls, samples and fields to read, and no control that does nothing', async () => {
    const page = await openDocs('', { javaScriptEnabled: false });
    await page.locator('#createAd > summary').click();
    await call(page, 'createAd').getByText('curl', { exact: true }).waitFor();
    expect(await call(page, 'createAd').locator('pre').first().isVisible()).toBe(true);
    expect(await page.locator('input:visible, select:visible, button:visible').count()).toBe(0);
  });

  it('can be used by the keyboard alone, and shows where the focus is', async () => {
    const page = await openDocs();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('/');
    await page.keyboard.type('getHealth');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
    for (let tabs = 0; tabs < 10 && (await focused()) !== 'Send GET'; tabs += 1) {
      await page.keyboard.press('Tab');
    }
    expect(await focused()).toBe('Send GET');
    await page.keyboard.press('Enter');
    await stateOf(call(page, 'getHealth'), /^200 OK/);
  });

  it('names its own address in samples, and copies them', async () => {
    const page = await openDocs('#createAd');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await call(page, 'createAd').getByRole('button', { name: 'Copy' }).click();
    await call(page, 'createAd').getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied.startsWith(`curl '${world.url}/api/v1/ad' \\\n`)).toBe(true);
  });

  it('scrolls without motion when the system asks for less of it', async () => {
    const behaviour = async (reducedMotion: 'reduce' | 'no-preference'): Promise<unknown> => {
      const page = await openDocs('', { reducedMotion });
      return page.evaluate('getComputedStyle(document.documentElement).scrollBehavior');
    };
    expect(await behaviour('no-preference')).toBe('smooth');
    expect(await behaviour('reduce')).toBe('auto');
  });
});

async function opened(page: Page, id: string): Promise<Locator> {
  await call(page, id).locator('summary').first().click();
  return call(page, id);
}
