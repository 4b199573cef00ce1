import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { functionOf } from '../support/api-calls.ts';
import { toEvent } from '../support/proxy-event.ts';
import { TwoDoors, type Ask } from '../support/two-doors.ts';
import { json } from './requests.ts';

/**
 * Text that is not UTF-8. It must never be read as U+FFFD, or `caf` and any byte would be one counter; at the
 * door of API Gateway it must be refused where it has already been read so.
 */

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const post = (target: string, body: string | Buffer, ...lines: string[]): Ask => ({
  method: 'POST',
  target,
  lines: [json, ...lines],
  body,
});
const sync = (body: string | Buffer, ...lines: string[]): Ask => post('/increment?mode=sync', body, ...lines);

/** Bytes that are not UTF-8, each in place of a letter of a key. */
const invalid: readonly (readonly [string, string])[] = [
  ['é in latin1', '\xe9'],
  ['è in latin1', '\xe8'],
  ['a continuation without a start', '\x80'],
  ['a start without its continuation', '\xc3'],
  ['an overlong slash', '\xc0\xaf'],
  ['a surrogate', '\xed\xa0\x80'],
  ['a code point above U+10FFFF', '\xf4\x90\x80\x80'],
];
const percent = (bytes: string): string =>
  Array.from(latin1(bytes), (byte) => `%${byte.toString(16).toUpperCase()}`).join('');

describe('text that is not UTF-8', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    doors = await TwoDoors.open();
  });
  beforeEach(() => {
    doors.renew();
  });
  afterAll(() => doors.close());

  it.each(invalid)('is refused in a body: %s', async (_, bytes) => {
    const one = latin1(`{"key":"caf${bytes}","value":1}`);
    for (const body of [one, gzipSync(one)]) {
      const lines = body === one ? [] : ['Content-Encoding: gzip'];
      for (const ask of [sync(body, ...lines), post('/increment', body, ...lines)]) {
        const { status, text } = await doors.ask(ask);
        expect([status, JSON.parse(text)]).toMatchObject([400, { detail: 'The body is not UTF-8.' }]);
      }
    }
    expect(await doors.logged()).toBe(0);
  });

  it.each(invalid)('is refused in a path: %s', async (_, bytes) => {
    for (const target of [`/increment/caf${percent(bytes)}`, `/api/v1/counters/caf${percent(bytes)}`]) {
      const answers = [await doors.askServer({ target }), await doors.askEvents({ target })];
      expect([target, ...answers.map(({ status }) => status)]).toEqual([target, 400, 400]);
    }
  });

  it.each(invalid)('is refused in a query: %s', async (_, bytes) => {
    const targets = [
      `/api/v1/counters?key=caf${percent(bytes)}`,
      `/api/v1/counters?key=a&key=caf${percent(bytes)}`,
      `/api/v1/counters?key=a&${percent(bytes)}=1`,
      `/api/v1/ad?country=${percent(bytes)}`,
      `/api/v1/ads?cursor=${percent(bytes)}`,
    ];
    for (const target of targets) {
      const answers = [await doors.askServer({ target }), await doors.askEvents({ target })];
      expect([target, ...answers.map(({ status }) => status)]).toEqual([target, 400, 400]);
    }
  });

  // A header's bytes arrive as U+FFFD or as latin1, depending on who read them first.
  it.each([
    ['Idempotency-Key', 'KEY'],
    ['Idempotency-Key', '"KEY"'],
    ['If-Match', '"KEY"'],
    ['If-None-Match', '"KEY"'],
  ])('is refused in %s: %s', async (name, form) => {
    for (const value of ['caf\xe9', 'caf\xe8', 'caf\ufffd'].map((key) => form.replace('KEY', key))) {
      const ask = sync('{"key":"k","value":1}', `${name}: ${value}`);
      const answers = [await doors.askEvents(ask)];
      if (!value.includes('\ufffd')) answers.push(await doors.askServer(ask));
      for (const { status, text } of answers)
        expect([status, JSON.parse(text)]).toMatchObject([400, { errors: [{ path: name }] }]);
    }
    expect((await doors.ask(sync('{"key":"k","value":1}'))).text).toBe('{"k":1}');
  });

  it.each([
    ['Prefer: wait=\xe9', 200],
    ['Traceparent: \xe9', 200],
    ['X-Request-Id: \xe9', 200],
    ['Accept: \xe9', 200],
    ['Content-Type: application/json; a="\xe9"', 200],
    ['Content-Type: application/js\xe9n', 415],
    ['Consistency-Token: \xe9', 200],
  ])('has no meaning in %j', async (line, status) => {
    const body = '{"key":"k","value":1}';
    const lines = line.startsWith('Content-Type') ? [line] : [json, line];
    const answers = [];
    for (const one of [lines, lines.map((text) => text.replace('\xe9', '\ufffd'))]) {
      const ask: Ask = { method: 'POST', target: '/increment?mode=sync', lines: one, body };
      doors.renew();
      answers.push(await doors.askEvents(ask));
      if (one === lines) answers.push(await doors.askServer(ask));
    }
    expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
  });
});

describe('U+FFFD in valid UTF-8', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    doors = await TwoDoors.open();
  });
  afterAll(() => doors.close());

  it('is a letter of a key in a body and a path', async () => {
    expect((await doors.ask(sync('{"key":"caf\ufffd","value":2}'))).text).toBe('{"caf\ufffd":2}');
    expect((await doors.ask(sync('{"key":"caf\\ufffd","value":3}'))).text).toBe('{"caf\ufffd":5}');
    for (const path of ['/increment/', '/api/v1/counters/'])
      expect((await doors.ask({ target: `${path}caf%EF%BF%BD` })).status).toBe(200);
    expect((await doors.ask({ target: '/increment/caf%C3%A9' })).status).toBe(404);
  });

  it('is refused in a query, where API Gateway may have put it for any byte', async () => {
    const { status, text } = await doors.ask({ target: '/api/v1/counters?key=a&key=caf%EF%BF%BD' });
    expect([status, JSON.parse(text)]).toMatchObject([
      400,
      { errors: [{ path: 'key', message: 'must be UTF-8 without U+FFFD, the replacement character' }] },
    ]);
  });
});

describe('answers of an API whose media types are all binary', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    doors = await TwoDoors.open();
  });
  afterAll(() => doors.close());

  it.each(['/console', '/docs', '/openapi.json', '/', '/health', '/increment/none', '/api/v1/ads'])(
    '%s is text',
    async (path) => {
      const [, { functions }] = doors.worlds;
      const event = toEvent({ path, headers: { Accept: 'image/gif, */*' } });
      const { isBase64Encoded, body } = await functions[functionOf('GET', event.resource)](event);
      expect([isBase64Encoded ?? false, body]).toEqual([false, expect.stringMatching(/^[<{]/)]);
    },
  );

  it('an answer in gzip says that it is base64, and is the same bytes at both doors', async () => {
    const target = '/openapi.json';
    const plain = await doors.ask({ target });
    const event = toEvent({ path: target, headers: { Host: 'localhost', 'Accept-Encoding': 'gzip' } });
    const [, { functions }] = doors.worlds;
    const { isBase64Encoded, body, headers } = await functions['describe-api'](event);
    expect([isBase64Encoded, headers?.['Content-Encoding']]).toEqual([true, 'gzip']);
    expect(gunzipSync(Buffer.from(body, 'base64')).toString() === plain.text).toBe(true);
  });
});
