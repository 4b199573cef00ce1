import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildConsolePage, buildDemoPage } from '../../console/build-page.ts';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { createConsoleLog } from '../../lib/adapters/system/console-log.ts';
import { demoRoute } from '../../lib/api/document-routes.ts';
import type { PlainPage } from '../../lib/api/document/console-page.ts';
import { openApiDocument } from '../../lib/api/document/openapi.ts';
import { findRoute, routes } from '../../lib/api/routes.ts';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { addressesIn, hashSource, insideTag, makersOfMarkup } from '../support/page-parts.ts';
import { toEvent } from '../support/proxy-event.ts';

/** It has neither the client nor charts. */
const pageBytesMax = 40_000;

let page: PlainPage;

beforeAll(async () => {
  page = await buildDemoPage();
});

describe('the page of the demo', () => {
  it('weighs less than its limit', () => {
    expect(Buffer.byteLength(page.html)).toBeLessThan(pageBytesMax);
    expect(insideTag(page.html, 'script').length).toBeGreaterThan(5000);
    expect(insideTag(page.html, 'style').length).toBeGreaterThan(2000);
  });

  it('may run its own script and style, ask its own origin and load pictures of it, and nothing else', () => {
    expect(page.policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hashSource(insideTag(page.html, 'script'))}`,
      `style-src ${hashSource(insideTag(page.html, 'style'))}`,
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it('names no other place but where its ads lead', () => {
    const addresses = addressesIn(page.html);
    expect(addresses.filter((address) => !address.startsWith('https://example.com/'))).toEqual([]);
    expect(addresses.length).toBeGreaterThan(3);
  });

  it('makes no markup from text', () => {
    const { files, unsafe } = makersOfMarkup('console/demo');
    expect(files.length).toBeGreaterThan(5);
    expect(unsafe).toEqual([]);
  });
});

describe('`npm start`', () => {
  let folder: string;
  let runtime: Runtime;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adtally-demo-'));
    const log = createConsoleLog({ level: 'error', write: () => undefined });
    runtime = await startRuntime({ folder, settings: stageSettings('local'), log });
  });
  afterAll(async () => {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  });

  it('serves it with its policy, and 304 under its tag', async () => {
    const answer = await fetch(`${runtime.url}/demo?a=1`);
    expect([answer.status, await answer.text()]).toEqual([200, page.html]);
    expect(answer.headers.get('content-security-policy')).toBe(page.policy);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const headers = { 'if-none-match': answer.headers.get('etag') ?? '' };
    expect((await fetch(`${runtime.url}/demo`, { headers })).status).toBe(304);
  });

  it('answers HEAD without a body, refuses other methods, and does not know paths below it', async () => {
    const head = await fetch(`${runtime.url}/demo`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${runtime.url}/demo`, { method: 'POST', body: '{}' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    for (const path of ['/demo/x', '/demos', '/demo%20'])
      expect([path, (await fetch(runtime.url + path)).status]).toEqual([path, 404]);
  });
});

describe('a deployed stage', () => {
  it('has no such call, not in API Gateway and not in its document, and neither has the document of npm start', () => {
    expect(routes.map(({ path }) => path)).not.toContain(demoRoute.path);
    expect(findRoute('GET', demoRoute.path)).toBeUndefined();
    for (const hasMetricsPage of [false, true])
      expect(JSON.stringify(openApiDocument({ hasMetricsPage }))).not.toContain(demoRoute.path);
  });

  it('answers its path with 404, and does not carry the page', async () => {
    const consolePage = await buildConsolePage();
    const describeApi = createDescribeApi({
      ...createAdWorld().ports,
      consolePage: () => Promise.resolve(consolePage),
    });
    expect((await describeApi(toEvent({ path: demoRoute.path }))).statusCode).toBe(404);
    expect(JSON.stringify(consolePage)).not.toContain('The night ferry');
    expect(page.html).toContain('The night ferry');
  });
});
