import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildConsolePage } from '../../console/build-page.ts';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import type { ConsolePage } from '../../lib/api/document/console-page.ts';
import { createConsoleSource } from '../../lib/embedded/functions.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { toEvent } from '../support/proxy-event.ts';

/** Script, style and charts together. */
const pageBytesMax = 300_000;

let page: ConsolePage;

beforeAll(async () => {
  page = await buildConsolePage();
});

/** What stands between the tags. */
function inside(tag: 'script' | 'style'): string {
  const found = [...page.html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))];
  expect(found).toHaveLength(1);
  return found[0]?.[1] ?? '';
}

describe('the page of the console', () => {
  it('weighs less than its limit', () => {
    expect(Buffer.byteLength(page.html)).toBeLessThan(pageBytesMax);
    expect(inside('script').length).toBeGreaterThan(50_000);
    expect(inside('style').length).toBeGreaterThan(2000);
  });

  // Covers SCRIPTS.2 (docs/security.md).
  it('may run its own script and style and talk to its own origin, and nothing else', () => {
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(page.policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(inside('script'))}`,
      `style-src ${hash(inside('style'))}`,
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it('names no other place', () => {
    const addresses = page.html.match(/\b(?:https?:)?\/\/[a-z0-9][^\s"'`<>)]*/gi) ?? [];
    // The name of a namespace, which nobody asks for.
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  });

  // Covers SCRIPTS.1 (docs/security.md).
  it('makes no markup from text', () => {
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', 'console/page'], {
      encoding: 'utf8',
    })
      .split('\0')
      .filter((file) => file.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(15);
    const unsafe = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(/;
    expect(files.filter((file) => unsafe.test(readFileSync(file, 'utf8')))).toEqual([]);
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
