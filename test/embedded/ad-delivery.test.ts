import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import type { Scope } from '../../lib/core/scopes.ts';
import { startRuntime, type Runtime, type RuntimeOptions } from '../../lib/embedded/runtime.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { stageSettings } from '../../lib/stages.ts';
import { HttpConnection, type HttpCall } from '../support/http-connection.ts';
import { openDataFolder } from '../support/open-data-folder.ts';
import { adsOf, browser, nothingApart, shopUrl } from '../support/delivery-world.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

let folder: string;
let runtime: Runtime;
let connection: HttpConnection;
let telemetry: ReturnType<typeof createRecordingTelemetry>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-delivery-'));
});

afterEach(async () => {
  connection.close();
  await runtime.stop();
  await rm(folder, { recursive: true });
});

async function start(more: Partial<RuntimeOptions> = {}): Promise<void> {
  telemetry = createRecordingTelemetry();
  const settings = stageSettings('local');
  runtime = await startRuntime({ folder: join(folder, 'data'), settings, log: telemetry, ...more });
  connection = new HttpConnection(new URL(runtime.url));
}

async function tokenWith(scope: Scope): Promise<Record<string, string>> {
  const stores = openDataFolder(join(folder, 'data'));
  try {
    const deps = { ...stores, clock: systemClock, ids: systemIds, usageKeys: noUsageKeys };
    const { text } = await createTokenStore(deps).create({ name: 'x', scopes: [scope] });
    return { Authorization: `Bearer ${text}` };
  } finally {
    await stores.close();
  }
}

async function ask(method: string, path: string, more: Partial<HttpCall> = {}) {
  const { statusCode: status, headers, body: text } = await connection.ask({ method, path, ...more });
  const isJson = headers['content-type'] === 'application/json' && method !== 'HEAD';
  return { status, headers, text, json: isJson ? (JSON.parse(text) as unknown) : undefined };
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask('POST', path, { body: JSON.stringify(body), headers });

const ad = {
  ...{ title: 'Shoes of the summer', content: 'Two for one', click_url: shopUrl },
  ...{ start_at: '2026-01-01T00:00:00Z', end_at: '2100-01-01T00:00:00Z' },
};

async function createAd(headers: Record<string, string> = {}): Promise<string> {
  const { status, json } = await post('/api/v1/ad', ad, { Prefer: 'wait=10', ...headers });
  expect(status).toBe(201);
  return (json as { id: string }).id;
}

const pathOf = (url: string): string => url.slice(new URL(url).origin.length);

describe('npm start', () => {
  it('decides, counts what a browser reports, and shows the numbers', async () => {
    await start();
    const id = await createAd();
    const decided = await post('/api/v1/decisions', { user: 'u', placements: [{ id: 'top' }] });
    expect(decided.status).toBe(200);
    const [shown] = adsOf(decided);
    const { token, impression_url: pixel, click_url: link } = shown!.decision;
    expect([shown!.id, shown!.title]).toEqual([id, 'Shoes of the summer']);
    expect(pixel).toBe(`${runtime.url}/t/i/${token}`);
    expect(link).toContain(`${runtime.url}/t/c/${token}?u=https%3A%2F%2Fshop.example%2Fshoes`);

    const picture = await ask('GET', `${pathOf(pixel!)}?cb=17`, { headers: browser });
    expect(picture).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } });
    expect((await ask('HEAD', pathOf(pixel!), { headers: browser })).status).toBe(200);
    expect((await ask('POST', pathOf(pixel!), { headers: browser })).status).toBe(204);
    const click = await ask('GET', pathOf(link!), { headers: browser });
    expect(click).toMatchObject({ status: 302, headers: { location: shopUrl } });
    await runtime.idle();
    const report = await ask('GET', `/api/v1/ad/${id}/delivery?bucket=day`);
    expect(report.json).toMatchObject({
      ...{ id, impressions: 1, clicks: 1, ctr: 1 },
      not_counted: { ...nothingApart, duplicate: 1 },
    });
    // The keys are in the folder: a token outlives the process.
    connection.close();
    await runtime.stop();
    await start();
    expect((await ask('GET', pathOf(pixel!), { headers: browser })).status).toBe(200);
    await runtime.idle();
    expect((await ask('GET', `/api/v1/ad/${id}/delivery?bucket=day`)).json).toMatchObject({
      ...{ impressions: 1, not_counted: { duplicate: 2 } },
    });
  });

  it('with tokens lets anybody decide and report, and those with the scope do more', async () => {
    await start();
    const admin = await tokenWith('admin');
    const decides = await tokenWith('ads:decide');
    for (let tries = 0; !runtime.requiresToken && tries < 1000; tries += 1) await systemClock.sleep(10);
    const id = await createAd(admin);
    const placements = [{ id: 'top' }];
    const plain = await post('/api/v1/decisions', { placements });
    expect(plain.status).toBe(200);
    const origin = { Origin: 'https://site.example' };
    const { impression_url: pixel } = adsOf(plain)[0]!.decision;
    const seen = await ask('POST', pathOf(pixel!), { headers: { ...browser, ...origin } });
    expect(seen.status).toBe(204);
    // One header, whatever the server's own rules for origins are.
    expect(seen.headers['access-control-allow-origin']).toBe('*');
    const preflight = await ask('OPTIONS', pathOf(pixel!), { headers: origin });
    expect(preflight).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': '*', 'access-control-max-age': '7200' },
    });
    expect((await post('/api/v1/decisions', { placements, user: 'u' })).status).toBe(401);
    expect((await post('/api/v1/decisions', { placements, user: 'u' }, decides)).status).toBe(200);
    const key = { ...decides, 'Idempotency-Key': 'k' };
    const served = await post('/api/v1/decisions', { placements, count: 'served' }, key);
    expect(served.status).toBe(200);
    const replay = await post('/api/v1/decisions', { placements, count: 'served' }, key);
    expect(replay).toMatchObject({ text: served.text, headers: { 'idempotent-replayed': 'true' } });
    expect((await ask('GET', `/api/v1/ad/${id}/delivery?bucket=day`)).status).toBe(401);
    await runtime.idle();
    const report = await ask('GET', `/api/v1/ad/${id}/delivery?bucket=day`, { headers: admin });
    expect(report.json).toMatchObject({ impressions: 2, not_counted: nothingApart });
  });

  it('keeps no user, address or user agent anywhere', async () => {
    await start({ trace: { file: join(folder, 'trace.json'), ratio: 1 } });
    await createAd();
    const user = 'user-zq4711';
    const agent = 'Agent-zq4712/1.0';
    const headers = { 'User-Agent': agent, 'X-Forwarded-For': '203.0.113.77' };
    const sampled = { ...headers, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const body = { user, placements: [{ id: 'top' }] };
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    for (const more of [{}, { count: 'served' }]) {
      const reply = await post(
        '/api/v1/decisions',
        { ...body, ...more },
        { ...sampled, 'Idempotency-Key': `k-${JSON.stringify(more)}` },
      );
      expect(reply.status).toBe(200);
      answers.push(reply);
    }
    const { token, impression_url: pixel, click_url: link } = adsOf(answers[0]!)[0]!.decision;
    answers.push(
      await ask('GET', pathOf(pixel!), { headers: sampled }),
      await ask('GET', '/t/i/forged', { headers: sampled }),
      await ask('GET', pathOf(link!), { headers: sampled }),
      await post('/api/v1/events', { events: [{ token, type: 'impression' }] }, sampled),
      await post('/api/v1/decisions', { ...body, user: `${user}${'x'.repeat(300)}` }, sampled),
      await ask('GET', '/metrics'),
    );
    await runtime.idle();
    connection.close();
    await runtime.stop();
    const found: [string, string][] = [
      ['answers', answers.map(({ text }) => text).join('\n')],
      ['log lines', JSON.stringify(telemetry.lines)],
      ['tokens', Buffer.from(token, 'base64url').toString('latin1')],
    ];
    for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      found.push([name.name, (await readFile(join(name.parentPath, name.name))).toString('latin1')]);
    }
    // What is kept is among them, and can be found.
    const kept = new Map(found);
    expect(kept.get('trace.json')).toContain('/api/v1/decisions');
    expect(kept.get('data.mdb')).toContain(token);
    for (const [where, text] of found) {
      for (const secret of [
        user,
        'zq4711',
        agent,
        'zq4712',
        '203.0.113.77',
        Buffer.from(user).toString('base64').slice(0, 12),
      ])
        expect({ where, secret, isFound: text.includes(secret) }).toEqual({ where, secret, isFound: false });
    }
    await start();
  });
});
