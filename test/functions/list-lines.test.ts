import { beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

describe('the list of live ads, one in each line', () => {
  let world: HttpWorld;
  beforeEach(async () => {
    world = createHttpWorld();
    world.startConsumers();
    for (const title of ['Tea time', 'Tea\nfor two', 'Coffee'])
      await world.post('/api/v1/ad', { ...newAdBody(world.clock.nowMs()), title }, { prefer: 'wait=5' });
  });

  const asked = { accept: 'application/x-ndjson' };
  const linesOf = (body: string): unknown[] => {
    expect(body.endsWith('\n') || body === '').toBe(true);
    return body
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  };

  it.each([[''], ['status=active'], ['title=Tea'], ['title=Nothing']])(
    'has with ?%s the ads of the other form, page by page',
    async (query) => {
      const whole = (await world.get(`/api/v1/ads?${query}`)).json as { readonly ads: readonly unknown[] };
      const seen: unknown[] = [];
      let cursor = '';
      for (let pages = 1; ; pages += 1) {
        const { status, headers, text } = await world.get(`/api/v1/ads?${query}&limit=1${cursor}`, asked);
        expect([status, headers['Content-Type']]).toEqual([200, 'application/x-ndjson']);
        const lines = linesOf(text);
        expect(lines.length).toBeLessThanOrEqual(1);
        seen.push(...lines);
        const next = headers['Next-Cursor'];
        if (next === undefined) break;
        expect(pages).toBeLessThan(10);
        cursor = `&cursor=${next}`;
      }
      expect(seen).toEqual(whole.ads);
    },
  );

  it.each([
    ['application/x-ndjson', true],
    ['APPLICATION/X-NDJSON; charset=utf-8', true],
    ['application/x-ndjson, */*;q=0.1', true],
    ['application/json;q=0.5, application/x-ndjson', true],
    ['application/x-ndjson;q=0.5, application/json', false],
    ['application/json, application/x-ndjson', false],
    ['application/x-ndjson;q=0', false],
    ['application/*', false],
    ['*/*', false],
    ['text/csv', false],
    ['', false],
  ])('is what Accept: %s prefers: %s', async (accept, inLines) => {
    const { headers } = await world.get('/api/v1/ads', { accept });
    expect(headers['Content-Type']).toBe(inLines ? 'application/x-ndjson' : 'application/json');
    expect(headers['Vary']).toMatch(/\bAccept\b(?!-)/);
  });

  it('has problems as JSON all the same', async () => {
    const { status, headers } = await world.get('/api/v1/ads?limit=0', asked);
    expect([status, headers['Content-Type']]).toEqual([400, 'application/problem+json']);
  });

  it('has no cursor in a header when it is one document', async () => {
    const { headers, json } = await world.get('/api/v1/ads?limit=1');
    expect(headers['Next-Cursor']).toBeUndefined();
    expect((json as { next_cursor: unknown }).next_cursor).toEqual(expect.any(String));
  });
});
