import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json } from './requests.ts';
import { TwoDoors, type Ask, type DoorAnswer } from '../support/two-doors.ts';

/**
 * Requests in pairs that differ in exactly one thing, made from every parameter, path and header. A verdict
 * says what the difference means: `same`, the answers are equal; `other`, both are 200 and unequal; a number,
 * the second is refused with it.
 */
type Verdict = 'same' | 'other' | number;

const percent = (text: string, upper = true): string =>
  Array.from(Buffer.from(text), (byte) => {
    const hex = byte.toString(16).padStart(2, '0');
    return `%${upper ? hex.toUpperCase() : hex}`;
  }).join('');

const from = '2026-01-01T00:00:00Z';
const adId = '01900000-0000-7000-8000-00000000000a';
const cursor = Buffer.from(`after:${adId}`).toString('base64url');

/** Each call with a query: what it cannot be without, and a good value of each parameter. */
const queries: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['/api/v1/ad', '', { age: '24', country: 'TW', gender: 'F', platform: 'ios', offset: '0', limit: '5' }],
  ['/api/v1/ad/explain', '', { age: '24', country: 'TW', gender: 'F', platform: 'ios', at: from, id: adId }],
  ['/api/v1/ads', '', { cursor, limit: '5' }],
  ['/api/v1/counters', '', { key: 'here' }],
  ['/api/v1/counters', '', { top: '5' }],
  ['/api/v1/hot-counters', '', { limit: '5' }],
  ['/api/v1/counters/here/series', '', { bucket: 'day' }],
  ['/api/v1/counters/here/series', 'bucket=day&', { from, to: '2026-01-03T00:00:00Z' }],
  ['/api/v1/series', 'bucket=day&', { key: 'here' }],
  ['/api/v1/series', 'bucket=day&key=here&', { from, to: '2026-01-03T00:00:00Z' }],
  ['/api/v1/quarantine', '', { limit: '5', cursor }],
];

function queryPairs(): [string, string, string, Verdict][] {
  return queries.flatMap(([path, needed, values]) =>
    Object.entries(values).flatMap(([name, value]): [string, string, string, Verdict][] => {
      const base = `${path}?${needed}${name}=${encodeURIComponent(value)}`;
      const pair = (what: string, query: string, verdict: Verdict): [string, string, string, Verdict] => [
        `${what}: ${path}, ${name}`,
        base,
        `${path}?${needed}${query}`,
        verdict,
      ];
      const isKey = name === 'key';
      return [
        pair('the name percent-encoded', `${percent(name)}=${value}`, 'same'),
        pair('the value percent-encoded', `${name}=${percent(value)}`, 'same'),
        pair('in lower-case digits', `${percent(name, false)}=${percent(value, false)}`, 'same'),
        pair('an empty part after it', `${name}=${value}&`, 'same'),
        pair('empty parts before it', `&&${name}=${value}`, 'same'),
        pair('given twice', `${name}=${value}&${name}=${value}`, 400),
        pair('given twice, once in code', `${name}=${value}&${percent(name)}=${value}`, 400),
        pair('empty', `${name}=`, 400),
        pair('without a value', name, 400),
        pair('in upper case', `${name.toUpperCase()}=${value}`, 400),
        pair('with another beside it', `${name}=${value}&other=1`, 400),
        pair('with an empty name beside it', `${name}=${value}&=1`, 400),
        pair('a semicolon for the ampersand', `${name}=${value};x=1`, isKey ? 'other' : 400),
        pair('a space after the value', `${name}=${value}%20`, isKey ? 'other' : 400),
        pair('a plus after the value', `${name}=${value}+`, isKey ? 'other' : 400),
        pair('a plus before the name', `+${name}=${value}`, 400),
        pair('a null character after it', `${name}=${value}%00`, 400),
        pair('a second equals sign', `${name}==${value}`, isKey ? 'other' : 400),
      ];
    }),
  );
}

/** What names a thing in a path or a query, and how else it may be written. */
const targetPairs: readonly (readonly [string, string, string, Verdict])[] = [
  ['a question mark alone', '/api/v1/ads', '/api/v1/ads?', 'same'],
  ['a plus for a space', '/api/v1/counters?key=a%20b', '/api/v1/counters?key=a+b', 'same'],
  ['a plus in code', '/api/v1/counters?key=a+b', '/api/v1/counters?key=a%2Bb', 'other'],
  [
    'a plus in one of two parameters',
    '/api/v1/counters?key=a%20b&key=here',
    '/api/v1/counters?key=a+b&key=here',
    'same',
  ],
  [
    'the keys in another order',
    '/api/v1/counters?key=here&key=A',
    '/api/v1/counters?key=A&key=here',
    'other',
  ],
  ['the parameters in another order', '/api/v1/ad?age=24&country=TW', '/api/v1/ad?country=TW&age=24', 'same'],
  [
    'a time with a plus for its space',
    '/api/v1/ad/explain?at=2026-01-01%2000:00:00',
    '/api/v1/ad/explain?at=2026-01-01+00:00:00',
    'same',
  ],
  [
    'an offset with its plus in code',
    '/api/v1/ad/explain?at=2026-01-01T00:00:00%2B00:00',
    '/api/v1/ad/explain?at=2026-01-01T00:00:00Z',
    'same',
  ],
  ['zeros before a number', '/api/v1/ad?limit=5', '/api/v1/ad?limit=0005', 'same'],
  ['a sign before a number', '/api/v1/ad?limit=5', '/api/v1/ad?limit=%2B5', 400],
  ['a letter in code', '/increment/here', '/increment/%68ere', 'same'],
  ['a whole key in code', '/increment/here', `/increment/${percent('here')}`, 'same'],
  ['digits of the code in lower case', '/increment/a%2Fb', '/increment/a%2fb', 'same'],
  ['an umlaut in lower-case digits', '/increment/%C3%BC', '/increment/%c3%bc', 'same'],
  ['a key in upper case', '/increment/a', '/increment/A', 'other'],
  ['a plus is a plus in a path', '/increment/a%20b', '/increment/a+b', 'other'],
  ['a plus in a path in code', '/increment/a+b', '/increment/a%2Bb', 'same'],
  ['a code in code', '/increment/a%20b', '/increment/a%2520b', 404],
  ['a dot', '/increment/a', '/increment/a.', 404],
  ['composed and not', '/increment/%C3%BC', '/increment/u%CC%88', 404],
  ['a slash after a key', '/increment/here', '/increment/here/', 'same'],
  ['a slash after an ad', '/api/v1/ad/ID', '/api/v1/ad/ID/', 'same'],
  ['a slash before a query', '/api/v1/ad?limit=1', '/api/v1/ad/?limit=1', 'same'],
  ['an id in upper case', '/api/v1/ad/ID', '/api/v1/ad/UPPER', 'same'],
  ['an id in mixed case', '/api/v1/ad/ID', '/api/v1/ad/MIXED', 'same'],
  ['an explained id in upper case', '/api/v1/ad/explain?id=ID', '/api/v1/ad/explain?id=UPPER', 'same'],
  ['a hyphen in code', '/api/v1/ad/ID', '/api/v1/ad/CODED', 'same'],
  ['an id in braces', '/api/v1/ad/ID', '/api/v1/ad/%7BID%7D', 400],
  ['a space after an id', '/api/v1/ad/ID', '/api/v1/ad/ID%20', 400],
  ['a digit less', '/api/v1/ad/ID', '/api/v1/ad/SHORT', 400],
];

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

/** Each header, a request that shows it, and a value of the same meaning. `TAG`: the tag of the ad. */
const headers: readonly (readonly [string, Ask, string, string])[] = [
  ['If-None-Match', { target: '/api/v1/ad/ID' }, '"x", TAG', ',"x",,\tTAG ,'],
  ['If-Match', { target: '/api/v1/ad/ID' }, '"x"', ', "x"'],
  ['Consistency-Token', { target: '/increment/here' }, 'nonsense', ' nonsense,'],
  ['Accept', { target: '/' }, 'text/html, application/json;q=0.5', 'TEXT/html,application/JSON ; q=0.5'],
  ['Accept-Encoding', { target: '/api/v1/ads' }, 'br, gzip', 'BR,GZip;q=1.0'],
  ['Traceparent', { target: '/health' }, traceparent, `\t${traceparent} `],
  [
    'Prefer',
    { method: 'PATCH', target: '/api/v1/ad/ID', lines: [json], body: '{}' },
    'foo, wait=4',
    'FOO ,WAIT="4";x=y',
  ],
  [
    'Idempotency-Key',
    { method: 'POST', target: '/increment', lines: [json], body: '{"key":"x","value":0}' },
    '',
    ' ',
  ],
  [
    'Content-Type',
    { method: 'POST', target: '/increment', body: '{"key":"x","value":0}' },
    'application/json',
    'Application/JSON;charset="utf-8"',
  ],
];

/** Headers that take a list in several lines. */
const lists = ['If-None-Match', 'If-Match', 'Accept', 'Accept-Encoding', 'Prefer'];

const increment = '{"key":"here","value":1}';

/** Bodies of an increment that is refused or counted at once, against the first form of it. */
const bodyPairs: readonly (readonly [string, string, Verdict])[] = [
  ['white space', ' {\n\t"key" : "here" ,\r\n"value": 1 } ', 'same'],
  ['the members in another order', '{"value":1,"key":"here"}', 'same'],
  ['a letter escaped', '{"k\\u0065y":"h\\u0065re","value":1}', 'same'],
  ['a byte order mark', `\ufeff${increment}`, 'same'],
  ['1.0', '{"key":"here","value":1.0}', 'same'],
  ['10e-1', '{"key":"here","value":10e-1}', 'same'],
  ['2', '{"key":"here","value":2}', 'other'],
  ['a key in upper case', '{"key":"Here","value":1}', 'other'],
  ['a space in the key', '{"key":"here ","value":1}', 'other'],
  ['a text for the number', '{"key":"here","value":"1"}', 400],
  ['a member in upper case', '{"Key":"here","value":1}', 400],
  ['a member more', '{"key":"here","value":1,"at":1}', 400],
  ['a member twice', '{"key":"here","value":1,"value":1}', 400],
  ['a comma more', '{"key":"here","value":1,}', 400],
  ['a bracket more', `${increment}}`, 400],
  ['a bracket less', increment.slice(0, -1), 400],
  ['one byte that is no UTF-8', '\udc80', 400],
  ['a list around it', `[${increment}]`, 400],
  ['null', '{"key":"here","value":null}', 400],
  ['nothing', '', 400],
];

describe('two requests that differ in one thing', () => {
  let doors: TwoDoors;
  let id: string;
  let tag: string;
  beforeAll(async () => {
    doors = await TwoDoors.open();
    await seed();
  });
  afterAll(() => doors.close());

  async function seed(): Promise<void> {
    doors.renew();
    for (const world of doors.worlds) world.startConsumers();
    const ad = {
      title: 'Tea time',
      content: 'Tea. '.repeat(300),
      start_at: from,
      end_at: '2036-01-01T00:00:00Z',
    };
    const created = await doors.ask({
      method: 'POST',
      target: '/api/v1/ad',
      lines: [json, 'Prefer: wait=5'],
      body: JSON.stringify(ad),
    });
    id = created.headers['location']?.split('/').at(-1) ?? '';
    tag = created.headers['etag'] ?? '';
    for (const [index, key] of [
      'here',
      'a',
      'A',
      'a b',
      'a+b',
      'a/b',
      'ü',
      'here ',
      'here;x=1',
      '=here',
    ].entries())
      await count(JSON.stringify({ key, value: index + 1 }));
  }
  const count = (body: string) =>
    doors.ask({ method: 'POST', target: '/increment?mode=sync', lines: [json], body });

  const placed = (target: string): string =>
    target
      .replaceAll(
        'MIXED',
        id.replace(/[a-f]/, (letter) => letter.toUpperCase()),
      )
      .replaceAll('UPPER', id.toUpperCase())
      .replaceAll('CODED', id.replaceAll('-', '%2D'))
      .replaceAll('SHORT', id.slice(1))
      .replaceAll('ID', id);

  /** Reads change nothing, so that the first of many pairs is asked once. */
  const asked = new Map<string, DoorAnswer>();
  async function read(target: string): Promise<DoorAnswer> {
    const answer = asked.get(target) ?? (await doors.ask({ target }));
    asked.set(target, answer);
    return answer;
  }

  async function expectVerdict(first: string, second: string, verdict: Verdict): Promise<void> {
    const one = await read(first);
    const other = await doors.ask({ target: second });
    if (typeof verdict === 'number') {
      expect([one.status, other.status]).toEqual([200, verdict]);
    } else if (verdict === 'other') {
      expect([one.status, other.status]).toEqual([200, 200]);
      expect(other.text).not.toBe(one.text);
    } else {
      expect(one.status).toBeLessThan(400);
      expect(other).toEqual(one);
    }
  }

  it('is spelled as the tests need it: the id has a letter', () => {
    expect(id).toMatch(/[a-f]/);
  });

  it.each(queryPairs())('%s', async (_, first, second, verdict) => {
    await expectVerdict(first, second, verdict);
  });

  it.each(targetPairs)('%s: %s and %s', async (_, first, second, verdict) => {
    await expectVerdict(placed(first), placed(second), verdict);
  });

  it.each(headers)('the name of %s', async (name, { target, lines = [], ...ask }, value, same) => {
    const send = (...more: string[]) =>
      doors.ask({
        ...ask,
        target: placed(target),
        lines: [...lines, ...more.map((line) => line.replaceAll('TAG', tag))],
      });
    const without = await send();
    const plain = await send(`${name}: ${value}`);
    expect(plain).not.toEqual(without);
    for (const spelling of [
      name.toLowerCase(),
      name.toUpperCase(),
      name.replace(/[a-z]/g, (letter, at: number) => (at % 2 === 0 ? letter.toUpperCase() : letter)),
    ])
      expect([spelling, await send(`${spelling}: ${value}`)]).toEqual([spelling, plain]);
    expect(await send(`${name}: ${same}`)).toEqual(plain);
    for (const other of [
      `X-${name}`,
      `${name}s`,
      name.slice(1),
      name.replace(/.$/, '_'),
      `${name.slice(0, 1)}_${name.slice(2)}`,
    ])
      expect([other, await send(`${other}: ${value}`)]).toEqual([other, without]);
    if (lists.includes(name))
      expect(await send(...value.split(', ').map((one) => `${name}: ${one}`))).toEqual(plain);
  });

  it.each(bodyPairs)('in its body: %s', async (_, body, verdict) => {
    const bytes = body === '\udc80' ? Buffer.from(increment.replace('here', 'h\xffre'), 'latin1') : body;
    const answers = [];
    for (const one of [increment, bytes]) {
      doors.renew();
      const before = await doors.logged();
      const ask = { method: 'POST', target: '/increment?mode=sync', lines: [json], body: one };
      answers.push(await doors.ask(ask));
      expect(await doors.logged()).toBe(before);
    }
    const [first, second] = answers;
    expect(first?.status).toBe(200);
    if (typeof verdict === 'number') expect(second?.status).toBe(verdict);
    else if (verdict === 'same') expect(second).toEqual(first);
    else
      expect([second?.status, second?.text]).toEqual([200, expect.not.stringContaining(first?.text ?? '')]);
  });
});
