import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { createConsoleLog } from '../../lib/adapters/system/console-log.ts';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { findChromium, openBrowser } from './open-browser.ts';

/**
 * A page of the web, in a real browser, beside an open server on the same machine. `evil.example` leads to
 * this machine, as an attacker's name does once he rebinds it; so the attacker's page also reaches the server
 * under its own name.
 */
let folder: string;
let runtime: Runtime;
let web: Server;
let browser: Browser;
let page: Page;
let port: string;
let ad: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-rebinding-'));
  const log = createConsoleLog({ level: 'error', write: () => undefined });
  runtime = await startRuntime({ folder, settings: stageSettings('local'), log });
  ({ port } = new URL(runtime.url));
  const json = { 'content-type': 'application/json' };
  await fetch(`${runtime.url}/increment`, {
    method: 'POST',
    headers: json,
    body: '{"key":"secret","value":42}',
  });
  const created = await fetch(`${runtime.url}/api/v1/ad`, {
    method: 'POST',
    headers: { ...json, prefer: 'wait=10' },
    body: '{"title":"Tea time","content":"x","start_at":"2026-01-01T00:00:00Z","end_at":"2099-01-01T00:00:00Z"}',
  });
  ad = ((await created.json()) as { id: string }).id;
  await runtime.idle();
  web = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>A page of the web</title><iframe name="hidden"></iframe>');
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  browser = await openBrowser(findChromium() ?? '', ['--host-resolver-rules=MAP evil.example 127.0.0.1']);
  // The attacker's page has no policy; that of the server's refusals, on which a test stands, must not help.
  page = await browser.newPage({ bypassCSP: true });
}, 60_000);

beforeEach(async () => {
  await page.goto(`http://evil.example:${(web.address() as AddressInfo).port}/`);
});

afterAll(async () => {
  await browser.close();
  web.closeAllConnections();
  web.close();
  await runtime.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

/** What the page's script gets to know: status, type and text of the answer, or that there is none. */
function ask(url: string, options: RequestInit = {}): Promise<string> {
  const code = `fetch(${JSON.stringify(url)}, ${JSON.stringify(options)})
    .then(async (response) => [response.status, response.type, await response.text()].join(' '), () => 'no answer')`;
  return page.evaluate<string>(code);
}

/** All that the server counted and has, asked from outside of the browser. */
async function everything(): Promise<unknown> {
  await runtime.idle();
  const read = async (path: string): Promise<unknown> => (await fetch(`${runtime.url}${path}`)).json();
  return [
    await read('/api/v1/counters?key=secret&key=evil'),
    await read('/api/v1/ads'),
    ((await read('/api/v1/stats')) as { totals: { counted: unknown } }).totals.counted,
  ];
}

const body = '{"key":"evil","value":1}';
const json = { 'content-type': 'application/json' };

describe.each(['localhost', '127.0.0.1'])('a page of another origin, by way of %s', (name) => {
  const url = (path: string): string => `http://${name}:${port}${path}`;

  it('reads nothing', async () => {
    for (const path of [
      '/increment/secret',
      '/api/v1/ads',
      '/health',
      '/metrics',
      '/openapi.json',
      '/nowhere',
    ]) {
      expect(await ask(url(path))).toBe('no answer');
      expect(await ask(url(path), { mode: 'no-cors' })).toBe('0 opaque ');
    }
  });

  // Covers PAGES.1 (docs/security.md).
  it('changes nothing: by a fetch of any kind, a form, or a beacon', async () => {
    const before = await everything();
    const calls: RequestInit[] = [
      { method: 'POST', body, headers: json },
      { method: 'POST', body, mode: 'no-cors', headers: { 'content-type': 'text/plain' } },
      { method: 'POST', body, mode: 'no-cors' },
    ];
    for (const call of calls) await ask(url('/increment?mode=sync'), call);
    for (const method of ['DELETE', 'PATCH']) {
      const call = { method, ...(method === 'PATCH' && { body: '{"title":"Taken over"}', headers: json }) };
      expect(await ask(url(`/api/v1/ad/${ad}`), call)).toBe('no answer');
    }
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.evaluate(`(() => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'POST', enctype: 'text/plain', target: 'hidden', action: ${JSON.stringify(url('/increment?mode=sync'))} });
      const field = document.createElement('input');
      Object.assign(field, { name: '{"key":"evil","value":1,"x":"', value: '"}' });
      form.append(field);
      document.body.append(form);
      form.submit();
    })()`);
    expect((await answered).status()).toBe(403);
    await page.evaluate(
      `navigator.sendBeacon(${JSON.stringify(url('/increment?mode=sync'))}, ${JSON.stringify(body)})`,
    );
    await page.waitForLoadState('networkidle');
    expect(await everything()).toEqual(before);
  });
});

describe('a page whose own name leads to the server', () => {
  // Covers PAGES.2 (docs/security.md).
  it('is told that it is misdirected, so that being of one origin with it is worth nothing', async () => {
    const before = await everything();
    await page.goto(`http://evil.example:${port}/health`);
    expect(await page.textContent('body')).toContain('urn:adtally:problem:misdirected');
    expect(await page.evaluate('location.hostname')).toBe('evil.example');
    for (const path of ['/increment/secret', '/api/v1/ads', '/metrics', '/console']) {
      expect(await ask(path)).toMatch(/^421 basic .*misdirected/);
    }
    expect(await ask('/increment?mode=sync', { method: 'POST', body, headers: json })).toMatch(/^421 /);
    expect(await ask(`/api/v1/ad/${ad}`, { method: 'DELETE' })).toMatch(/^421 /);
    expect(await everything()).toEqual(before);
  });
});

describe('a page of this machine', () => {
  it('reads and changes as before', async () => {
    await page.goto(`http://localhost:${(web.address() as AddressInfo).port}/`);
    const url = `http://127.0.0.1:${port}`;
    expect(await ask(`${url}/increment/secret`)).toBe('200 cors {"secret":42}');
    expect(await ask(`${url}/increment?mode=sync`, { method: 'POST', body, headers: json })).toBe(
      '200 cors {"evil":1}',
    );
    expect(await ask(`${url}/api/v1/ad/${ad}`, { method: 'DELETE' })).toMatch(/^202 cors /);
  });
});
