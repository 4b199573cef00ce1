import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildConsolePage } from '../../console/build-page.ts';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import type { ConsolePage } from '../../lib/api/document/console-page.ts';
import { createConsoleSource } from '../../lib/embedded/functions.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { addressesIn, hashSource, insideTag, makersOfMarkup } from '../support/page-parts.ts';
import { toEvent } from '../support/proxy-event.ts';

/** Script, style and charts together. */
const pageBytesMax = 300_000;

let page: ConsolePage;

beforeAll(async () => {
  page = await buildConsolePage();
});

const inside = (tag: 'script' | 'style'): string => insideTag(page.html, tag);

describe('the page of the console', () => {
  it('weighs less than its limit', () => {
    expect(Buffer.byteLength(page.html)).toBeLessThan(pageBytesMax);
    expect(inside('script').length).toBeGreaterThan(50_000);
    expect(inside('style').length).toBeGreaterThan(2000);
  });

  // Covers SCRIPTS.2 (docs/security.md).
  it('may run its own script and style and talk to its own origin, and nothing else', () => {
    expect(page.policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hashSource(inside('script'))}`,
      `style-src ${hashSource(inside('style'))}`,
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it('names no other place', () => {
    // The name of a namespace and the example in a message, which nobody asks for.
    expect(new Set(addressesIn(page.html))).toEqual(
      new Set(['http://www.w3.org/2000/svg', 'https://shop.example/tea?from=ad']),
    );
  });

  // Covers SCRIPTS.1 (docs/security.md).
  it('makes no markup from text', () => {
    const { files, unsafe } = makersOfMarkup('console/page');
    expect(files.length).toBeGreaterThan(15);
    expect(unsafe).toEqual([]);
  });

  it('is served with its policy, and built once', async () => {
    const consolePage = createConsoleSource();
    const describeApi = createDescribeApi({ ...createAdWorld().ports, consolePage });
    const answer = await describeApi(toEvent({ path: '/console' }));
    expect(answer).toMatchObject({ statusCode: 200, body: page.html });
    expect(answer.headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': page.policy,
    });
    expect(consolePage()).toBe(consolePage());
    expect((await describeApi(toEvent({ path: '/console?a=1' }))).body).toBe(page.html);
  });
});
