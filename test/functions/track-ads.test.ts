import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { rotateSigningKeys } from '../../lib/app/delivery/signing-keys.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { hourMs } from '../support/ad-event-builder.ts';
import {
  adsOf,
  browser,
  createDeliveryWorld,
  nothingApart,
  shopUrl,
  type DecidedAd,
  type DeliveryWorld,
} from '../support/delivery-world.ts';

const minute = 60_000;
let world: DeliveryWorld;
let ad: DecidedAd;
beforeEach(async () => {
  world = await createDeliveryWorld();
  ad = await world.decideOne();
});

let other: DecidedAd;

/** The same decision, of another placement, with the old MAC. */
function forgedFrom(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  bytes.write('tip', bytes.length - 16 - 3);
  return bytes.toString('base64url');
}

const pixelOf = ({ decision }: DecidedAd): string => decision.impression_url!;
const linkOf = ({ decision }: DecidedAd): string => decision.click_url!;

describe('an impression', () => {
  it('is counted by its picture, which any page may show', async () => {
    const reply = await world.visit(pixelOf(ad));
    expect(reply).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="1" height="1"\/>$/),
      headers: {
        'Content-Type': 'image/svg+xml',
        'Cache-Control': 'no-store',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'Access-Control-Allow-Origin': '*',
      },
    });
    expect(await world.numbers(ad.id)).toEqual({ impressions: 1, clicks: 0, notCounted: nothingApart });
  });

  it('is counted by a beacon, with a body or without, and with any parameters', async () => {
    const beacon = `${pixelOf(ad)}?cb=1&cb=1&gclid=&%FF`;
    expect(await world.visit(beacon, { method: 'POST' })).toMatchObject({
      status: 204,
      text: '',
      headers: { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' },
    });
    const other = await world.decideOne();
    const path = pixelOf(other).replace('http://ads.example', '');
    const sent = await world.send({ method: 'POST', path, headers: browser, body: 'anything' });
    expect(sent.status).toBe(204);
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 2, notCounted: nothingApart });
  });

  it('counts once however often it is reported', async () => {
    for (let time = 0; time < 3; time += 1) expect((await world.visit(pixelOf(ad))).status).toBe(200);
    expect((await world.visit(pixelOf(ad), { method: 'POST' })).status).toBe(204);
    expect(await world.numbers(ad.id)).toMatchObject({
      impressions: 1,
      notCounted: { ...nothingApart, duplicate: 3 },
    });
  });

  it('is not counted by HEAD, which is answered alike', async () => {
    const head = await world.visit(pixelOf(ad), { method: 'HEAD' });
    const get = await world.visit(pixelOf(ad));
    expect(head).toMatchObject({ status: 200, headers: get.headers });
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 1, notCounted: nothingApart });
  });

  it.each<[string, Record<string, string>, string]>([
    ['a prefetch', { ...browser, 'Sec-Purpose': 'prefetch' }, 'prefetch'],
    ['a prerender', { ...browser, 'sec-purpose': 'prefetch;prerender' }, 'prefetch'],
    ['an older prefetch', { ...browser, Purpose: 'prefetch' }, 'prefetch'],
    ['an old prefetch', { ...browser, 'X-moz': 'Prefetch' }, 'prefetch'],
    [
      'a robot',
      { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
      'bot',
    ],
    ['no user agent', {}, 'no_user_agent'],
    ['an empty user agent', { 'User-Agent': ' ' }, 'no_user_agent'],
  ])('of %s is answered alike, kept apart, and takes the count from nobody', async (_, headers, reason) => {
    expect(await world.visit(pixelOf(ad), { headers })).toMatchObject({ status: 200 });
    const apart = { ...nothingApart, invalid: { ...nothingApart.invalid, [reason]: 1 } };
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 0, notCounted: apart });
    await world.visit(pixelOf(ad));
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 1, notCounted: apart });
  });

  it.each([['curl/8.9.1'], ['okhttp/4.12.0'], ['Dalvik/2.1.0 (Linux; U; Android 12; CUBOT X50)']])(
    'of %s is counted: it declares no robot',
    async (agent) => {
      await world.visit(pixelOf(ad), { headers: { 'User-Agent': agent, Purpose: 'x-prefetch' } });
      expect(await world.numbers(ad.id)).toMatchObject({ impressions: 1, notCounted: nothingApart });
    },
  );

  it('is not counted on the condition of a tag, which no report has; a forged one is refused first', async () => {
    const headers = { ...browser, 'If-Match': '"1"' };
    const asked = (url: string, method?: string) => world.visit(url, { headers, ...(method && { method }) });
    expect((await asked(pixelOf(ad))).status).toBe(412);
    expect((await asked(pixelOf(ad), 'POST')).status).toBe(412);
    expect((await asked(pixelOf(ad).slice(0, -1))).status).toBe(400);
    expect(await world.numbers(ad.id)).toEqual({ impressions: 0, clicks: 0, notCounted: nothingApart });
  });

  it('is refused if nobody signed it', async () => {
    const { token } = ad.decision;
    const forged = Array.from(token, (letter, index) =>
      index === 40 ? (letter === 'A' ? 'B' : 'A') : letter,
    );
    for (const wrong of [
      forged.join(''),
      token.slice(0, -1),
      `${token}A`,
      'a',
      'x'.repeat(201),
      '%00',
      'é',
    ]) {
      const reply = await world.get(`/t/i/${encodeURIComponent(wrong)}`, browser);
      expect({ wrong, status: reply.status }).toEqual({ wrong, status: 400 });
      expect(reply.json).toMatchObject({ errors: [{ path: 'token' }] });
    }
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 0, notCounted: nothingApart });
  });

  it('is too old from T after its epoch', async () => {
    // The world decides at the beginning of a minute, which is an epoch.
    const atMs = world.clock.nowMs();
    expect(Date.parse(ad.decision.expires_at) - Math.floor(atMs / minute) * minute).toBe(11 * minute);
    await world.clock.advance(Date.parse(ad.decision.expires_at) - world.clock.nowMs() - 1);
    expect((await world.visit(pixelOf(ad))).status).toBe(200);
    const other = await world.decideOne();
    await world.clock.advance(Date.parse(other.decision.expires_at) - world.clock.nowMs());
    const late = await world.visit(pixelOf(other));
    expect(late).toMatchObject({ status: 410, json: { type: 'urn:adtally:problem:decision-expired' } });
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 1, notCounted: nothingApart });
    expect(world.telemetry.total('tracked_refused')).toBe(1);
  });

  it('counts after the end of the ad', async () => {
    await world.delete(`/api/v1/ad/${ad.id}`);
    await world.clock.advance(1000);
    expect((await world.get(`/api/v1/ad/${ad.id}`)).status).toBe(404);
    await world.visit(pixelOf(ad));
    expect(await world.numbers(ad.id)).toMatchObject({ impressions: 1 });
  });
});

describe('a click', () => {
  const answer = {
    status: 302,
    text: '',
    headers: {
      Location: shopUrl,
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    },
  };

  it('has no conditions: a redirect is no answer that could have a tag (RFC 9110, 13.2.1)', async () => {
    const headers = { ...browser, 'If-Match': '"1"', 'If-None-Match': '*' };
    expect(await world.visit(linkOf(ad), { headers })).toMatchObject(answer);
    expect(await world.numbers(ad.id)).toMatchObject({ clicks: 1, notCounted: nothingApart });
  });

  it('is counted on its way, once', async () => {
    expect(await world.visit(linkOf(ad))).toMatchObject(answer);
    expect(await world.visit(`${linkOf(ad)}&gclid=&gclid=1`)).toMatchObject(answer);
    expect(await world.numbers(ad.id)).toEqual({
      ...{ impressions: 0, clicks: 1 },
      notCounted: { ...nothingApart, duplicate: 1 },
    });
  });

  it('leads nowhere but where its signature says', async () => {
    // Two ads that lead to the same place.
    const both = { clickUrl: shopUrl, endAt: adEpochMs + 400 * 24 * hourMs };
    world = await createDeliveryWorld([both, both]);
    [ad, other] = adsOf(await world.decide({ placements: [{ id: 'top', count: 2 }] })) as [
      DecidedAd,
      DecidedAd,
    ];
    const url = new URL(linkOf(ad));
    const again = new URL(linkOf(await world.decideOne({ exclude: { ads: [other.id] } })));
    expect(again.pathname).not.toBe(url.pathname);
    expect(again.search).toBe(url.search);
    const changed = (change: (query: URLSearchParams) => void): string => {
      const link = new URL(url);
      change(link.searchParams);
      return link.href;
    };
    const token = url.pathname.split('/').at(-1)!;
    for (const [what, link] of [
      [
        'another address',
        changed((query) => {
          query.set('u', 'https://evil.example/');
        }),
      ],
      [
        'a longer address',
        changed((query) => {
          query.set('u', `${shopUrl}/`);
        }),
      ],
      [
        'no address',
        changed((query) => {
          query.delete('u');
        }),
      ],
      [
        'an empty address',
        changed((query) => {
          query.set('u', '');
        }),
      ],
      [
        'two addresses',
        changed((query) => {
          query.append('u', 'https://evil.example/');
        }),
      ],
      [
        'two signatures',
        changed((query) => {
          query.append('s', query.get('s')!);
        }),
      ],
      [
        'the signature of another ad',
        changed((query) => {
          query.set('s', new URL(linkOf(other)).searchParams.get('s')!);
        }),
      ],
      [
        'no signature',
        changed((query) => {
          query.delete('s');
        }),
      ],
      [
        'the MAC of the token',
        changed((query) => {
          query.set('s', Buffer.from(token, 'base64url').subarray(-16).toString('base64url'));
        }),
      ],
      ['the token of another ad', url.href.replace(token, other.decision.token)],
      ['a forged token', url.href.replace(token, forgedFrom(token))],
      [
        'a line break',
        changed((query) => {
          query.set('u', 'https://shop.example/\r\nSet-Cookie: a=b');
        }),
      ],
      [
        'a script',
        changed((query) => {
          query.set('u', 'javascript:alert(1)');
        }),
      ],
    ] as const) {
      const reply = await world.visit(link);
      expect({ what, status: reply.status, to: reply.headers['Location'] }).toEqual({ what, status: 400 });
    }
    expect(await world.numbers(ad.id)).toMatchObject({ clicks: 0, notCounted: nothingApart });
  });

  it('is not counted by HEAD, a prefetch or a robot, and all are led on', async () => {
    expect(await world.visit(linkOf(ad), { method: 'HEAD' })).toMatchObject(answer);
    const headers = { ...browser, 'Sec-Purpose': 'prefetch' };
    expect(await world.visit(linkOf(ad), { headers })).toMatchObject(answer);
    expect(await world.numbers(ad.id)).toMatchObject({
      clicks: 0,
      notCounted: { ...nothingApart, invalid: { bot: 0, prefetch: 1, no_user_agent: 0 } },
    });
  });

  it('counts for a day after its epoch, and leads on after that', async () => {
    await world.clock.advance(24 * 60 * minute - minute);
    expect(await world.visit(linkOf(ad))).toMatchObject(answer);
    expect(await world.numbers(ad.id)).toMatchObject({ clicks: 1 });
    const other = linkOf(ad);
    await world.clock.advance(3 * minute);
    expect(await world.visit(other)).toMatchObject(answer);
    expect(await world.numbers(ad.id)).toMatchObject({ clicks: 1, notCounted: nothingApart });
  });
});

describe('while the log is down', () => {
  it('a beacon is sent again, and a click goes on without being counted', async () => {
    const append = world.ports.increments.append.bind(world.ports.increments);
    world.ports.increments.append = (entries) =>
      Promise.resolve(entries.map(() => ({ status: 'refused' }) as never));
    const beacon = await world.visit(pixelOf(ad));
    expect(beacon).toMatchObject({ status: 503, json: { type: 'urn:adtally:problem:log-unavailable' } });
    expect((await world.visit(pixelOf(ad), { method: 'POST' })).status).toBe(503);
    expect(await world.visit(linkOf(ad))).toMatchObject({ status: 302, headers: { Location: shopUrl } });
    expect(world.telemetry.total('clicks_lost')).toBe(1);
    // A log that hangs holds nobody up for long.
    world.ports.increments.append = () => new Promise(() => undefined);
    expect(await world.visit(linkOf(ad))).toMatchObject({ status: 302, headers: { Location: shopUrl } });
    expect(world.telemetry.total('clicks_lost')).toBe(2);
    world.ports.increments.append = append;
    await world.visit(pixelOf(ad));
    expect(await world.numbers(ad.id)).toEqual({ impressions: 1, clicks: 0, notCounted: nothingApart });
  });
});

describe('a batch of events', () => {
  const report = (events: readonly unknown[]) => world.post('/api/v1/events', { events });

  it('counts what it can, and says which events never will', async () => {
    const { token } = ad.decision;
    const other = (await world.decideOne()).decision.token;
    const reply = await report([
      { token, type: 'impression' },
      { token: 'forged', type: 'impression' },
      { token, type: 'click' },
      { token: other, type: 'impression' },
      { token, type: 'impression' },
    ]);
    expect(reply).toMatchObject({
      status: 202,
      json: { accepted: 4, rejected: [{ index: 1, reason: 'invalid' }] },
    });
    const tokens = reply.headers['Consistency-Token']!;
    const read = await world.get(`/api/v1/ad/${ad.id}/delivery?bucket=minute`, {
      'consistency-token': tokens,
    });
    // No user agent marks a report of a server.
    expect(read.json).toMatchObject({ impressions: 2, clicks: 1, ctr: 0.5, not_counted: { duplicate: 1 } });
  });

  it('says which are too old', async () => {
    const { token } = ad.decision;
    await world.clock.advance(12 * minute);
    const reply = await report([
      { token, type: 'impression' },
      { token, type: 'click' },
    ]);
    expect(reply).toMatchObject({
      status: 202,
      json: { accepted: 1, rejected: [{ index: 0, reason: 'expired' }] },
    });
    const none = await report([{ token, type: 'impression' }]);
    expect(none).toMatchObject({ status: 202, json: { accepted: 0 } });
    expect(none.headers['Consistency-Token']).toBeUndefined();
  });

  it.each([
    [[], 'events', 'must have an entry'],
    [[{ token: 'a', type: 'view' }], 'events.0.type', 'must be impression or click'],
    [[{ token: 'a b', type: 'click' }], 'events.0.token', 'must be a token of a decision'],
    [[{ token: 'a', type: 'click', at: 1 }], 'events.0.at', 'is not known'],
    [
      Array.from({ length: 501 }, () => ({ token: 'a', type: 'click' })),
      'events',
      'must have at most 500 entries',
    ],
  ])('%# is refused whole if it is not one', async (events, path, message) => {
    const reply = await report(events);
    expect(reply.status).toBe(400);
    expect((reply.json as { errors: unknown[] }).errors[0]).toMatchObject({
      path,
      message: expect.stringContaining(message),
    });
  });

  it('names those that the log did not take', async () => {
    const append = world.ports.increments.append.bind(world.ports.increments);
    const other = (await world.decideOne()).decision.token;
    let calls = 0;
    world.ports.increments.append = async (entries) => {
      calls += 1;
      const results = await append.call(world.ports.increments, entries.slice(0, calls === 1 ? 1 : 0));
      return entries.map((_, index) => results[index] ?? ({ status: 'refused' } as never));
    };
    const reply = await report([
      { token: 'forged', type: 'click' },
      { token: ad.decision.token, type: 'impression' },
      { token: other, type: 'impression' },
    ]);
    expect(reply).toMatchObject({
      status: 207,
      headers: { 'Retry-After': '1' },
      json: { accepted: 1, rejected: [{ index: 0 }], failed: [{ index: 2, ambiguous: false }] },
    });
    const none = await report([{ token: other, type: 'impression' }]);
    expect(none).toMatchObject({ status: 503 });
    world.ports.increments.append = append;
  });
});

describe('keys', () => {
  it('of a rotation verify on, for links too', async () => {
    await world.clock.advance(24 * 60 * minute);
    const before = await world.decideOne();
    await rotateSigningKeys(world.ports);
    await world.clock.advance(6 * minute);
    const after = await world.decideOne();
    const keyOf = ({ decision }: DecidedAd): number =>
      Buffer.from(decision.token, 'base64url').readUInt32BE(1);
    expect([before, after].map(keyOf)).toEqual([1, 2]);
    expect((await world.visit(pixelOf(before))).status).toBe(200);
    expect((await world.visit(pixelOf(after))).status).toBe(200);
    await world.clock.advance(80 * 24 * 60 * minute);
    expect((await world.visit(linkOf(before))).status).toBe(302);
    await world.clock.advance(11 * 24 * 60 * minute);
    expect((await world.visit(linkOf(before))).status).toBe(410);
    expect((await world.visit(pixelOf(before))).status).toBe(410);
  });

  it('that have leaked sign nothing once another key signs', async () => {
    await world.clock.advance(24 * 60 * minute);
    await rotateSigningKeys(world.ports);
    await world.clock.advance(60 * minute);
    const { items } = await world.ports.state.query({ table: 'delivery', pk: 'keys', limit: 1 });
    const secret = Buffer.from(items[0]!.attributes['secret'] as Uint8Array);
    const signed = (ageMs: number): string => {
      const bytes = Buffer.from(ad.decision.token, 'base64url').subarray(0, -16);
      const minutes = Math.floor((world.clock.nowMs() - ageMs) / minute);
      bytes.writeUInt32BE(minutes * 4 + (Math.floor(minutes / 1440) % 4), 25);
      const mac = createHmac('sha256', secret).update(bytes).digest().subarray(0, 16);
      return `/t/i/${Buffer.concat([bytes, mac]).toString('base64url')}`;
    };
    expect((await world.get(signed(0), browser)).status).toBe(400);
    expect((await world.get(signed(50 * minute), browser)).status).toBe(410);
  });

  it('that may be new are asked for again', async () => {
    let isDown = false;
    const memory = createMemoryStateStore();
    const state = overrideState(memory, {
      query: (range) =>
        isDown && range.table === 'delivery'
          ? Promise.reject(new StateStoreError('state-unavailable', 'down'))
          : memory.query(range),
    });
    world = await createDeliveryWorld(undefined, { state });
    ad = await world.decideOne();
    expect((await world.visit(pixelOf(ad))).status).toBe(200);
    await world.clock.advance(24 * 60 * minute);
    const old = await world.decideOne();
    await world.visit(pixelOf(old));
    await rotateSigningKeys(world.ports);
    await world.clock.advance(4 * minute + 59_000);
    await world.visit(pixelOf(old));
    await world.clock.advance(2000);
    isDown = false;
    const fresh = await world.decideOne();
    isDown = true;
    const bytes = Buffer.from(fresh.decision.token, 'base64url');
    bytes.writeUInt32BE(3, 1);
    const unknown = `/t/i/${bytes.toString('base64url')}`;
    expect((await world.get(unknown, browser)).status).toBe(400);
    // A day after key 2 there may be one more.
    await world.clock.advance(24 * 60 * minute);
    expect(await world.get(unknown, browser)).toMatchObject({
      status: 503,
      json: { type: 'urn:adtally:problem:state-unavailable' },
    });
    const batch = await world.post('/api/v1/events', {
      events: [
        { token: bytes.toString('base64url'), type: 'click' },
        { token: fresh.decision.token, type: 'click' },
      ],
    });
    expect(batch).toMatchObject({ status: 207, json: { failed: [{ index: 0, ambiguous: false }] } });
    isDown = false;
    await world.clock.advance(1000);
    expect((await world.get(unknown, browser)).status).toBe(400);
  });
});

describe('a stage that delivers no ads', () => {
  it('takes no event, and leads clicks on', async () => {
    const { state } = world.ports;
    const local = stageSettings('local');
    const off = { ...local, delivery: { ...local.delivery, accepts: false } };
    const other = await createDeliveryWorld([], { state, settings: off, clock: world.clock });
    // Not 503: a beacon that is sent again would be refused again.
    expect(await other.visit(pixelOf(ad))).toMatchObject({
      status: 403,
      json: { type: 'urn:adtally:problem:delivery-off' },
    });
    expect((await other.visit(linkOf(ad))).status).toBe(302);
    const events = [{ token: ad.decision.token, type: 'click' }];
    expect((await other.post('/api/v1/events', { events })).json).toMatchObject({
      type: 'urn:adtally:problem:delivery-off',
    });
    expect((await other.get('/t/i/forged', browser)).status).toBe(400);
  });
});

describe('browsers', () => {
  it('may send reports from pages of any origin, and keep that for two hours', async () => {
    for (const path of ['/t/i/a', '/t/c/a', '/api/v1/events']) {
      const reply = await world.send({
        method: 'OPTIONS',
        path,
        headers: { Origin: 'https://site.example' },
      });
      expect(reply).toMatchObject({
        status: 204,
        headers: { 'Access-Control-Allow-Origin': '*', 'Access-Control-Max-Age': '7200' },
      });
    }
    const decisions = await world.send({ method: 'OPTIONS', path: '/api/v1/decisions' });
    expect(decisions.headers['Access-Control-Max-Age']).toBe('600');
  });
});
