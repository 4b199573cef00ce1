import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { toEvent } from '../support/proxy-event.ts';
import { ad, json } from './requests.ts';
import { TwoDoors, type Ask } from '../support/two-doors.ts';

/** Requests with one Idempotency-Key that differ in one thing. */
const replayed = 'idempotent-replayed';
const [one, other] = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'];
const patch: Ask = {
  method: 'PATCH',
  target: `/api/v1/ad/${one}`,
  lines: [json],
  body: '{"title":"Coffee time"}',
};
const create: Ask = { method: 'POST', target: '/api/v1/ad', lines: [json], body: JSON.stringify(ad) };
const increment: Ask = {
  method: 'POST',
  target: '/increment?mode=sync',
  lines: [json],
  body: '{"key":"k","value":1}',
};
const batch: Ask = {
  ...increment,
  target: '/api/v1/increments',
  body: '{"increments":[{"key":"k","value":1}]}',
};

/** 422: the key was used for another request. `again`: it is the same request, and its answer is replayed. */
const pairs: readonly (readonly [string, Ask, Partial<Ask>, 422 | 'again'])[] = [
  ['nothing', increment, {}, 'again'],
  ['the id in the path', patch, { target: `/api/v1/ad/${other}` }, 422],
  ['the case of the id in the path', patch, { target: `/api/v1/ad/${one.toUpperCase()}` }, 422],
  ['a slash at the end', patch, { target: `/api/v1/ad/${one}/` }, 'again'],
  ['the value of a parameter', increment, { target: '/increment?mode=eventual' }, 422],
  ['a parameter', increment, { target: '/increment' }, 422],
  ['the coding of a parameter', increment, { target: '/increment?%6Dode=s%79nc' }, 'again'],
  ['the path', batch, { target: '/increment', body: '{"key":"k","value":1}' }, 422],
  ['the method', patch, { method: 'POST', target: '/api/v1/ad', body: JSON.stringify(ad) }, 422],
  ['a value in the body', increment, { body: '{"key":"k","value":2}' }, 422],
  ['a key in the body', increment, { body: '{"key":"l","value":1}' }, 422],
  ['white space in the body', increment, { body: '{"key":"k","value":1} ' }, 422],
  ['the order of the members', increment, { body: '{"value":1,"key":"k"}' }, 422],
  ['a field of an ad', create, { body: JSON.stringify({ ...ad, country: [] }) }, 422],
  ['If-Match', patch, { lines: [json, 'If-Match: *'] }, 422],
  ['If-None-Match', patch, { lines: [json, 'If-None-Match: "9"'] }, 422],
  [
    'the value of If-Match',
    { ...patch, lines: [json, 'If-Match: "1"'] },
    { lines: [json, 'If-Match: "1", "2"'] },
    422,
  ],
  [
    'the value of If-None-Match',
    { ...patch, lines: [json, 'If-None-Match: "8"'] },
    { lines: [json, 'If-None-Match: "9"'] },
    422,
  ],
  [
    'which precondition has the value',
    { ...patch, lines: [json, 'If-Match: "1"'] },
    { lines: [json, 'If-None-Match: "1"'] },
    422,
  ],
  [
    'a tag, whether in If-Match or beside it',
    { ...patch, lines: [json, 'If-Match: *'] },
    { lines: [json, 'If-Match: *', 'If-None-Match: "9"'] },
    422,
  ],
  [
    'the case of a name of a header',
    { ...patch, lines: [json, 'If-Match: "1"'] },
    { lines: [json, 'IF-MATCH: "1"'] },
    'again',
  ],
  [
    'two lines for one',
    { ...patch, lines: [json, 'If-Match: "1", "2"'] },
    { lines: [json, 'If-Match: "1"', 'If-Match: "2"'] },
    'again',
  ],
  ['the media type', increment, { lines: ['Content-Type: application/json; charset=utf-8'] }, 'again'],
  ['Prefer', increment, { lines: [json, 'Prefer: wait=2'] }, 'again'],
  [
    'a trace',
    increment,
    { lines: [json, 'Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'] },
    'again',
  ],
  ['another header', increment, { lines: [json, 'User-Agent: x'] }, 'again'],
];

describe('two requests with one Idempotency-Key that differ in', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    // The first ad gets the id `one`, the second `other`.
    const uuids = () => {
      let count = 0;
      return () => (count++ % 2 === 0 ? one : other);
    };
    const nonces = () => {
      let count = 0;
      return () =>
        String((count += 1))
          .padStart(8, '0')
          .padEnd(32, '0');
    };
    doors = await TwoDoors.open({
      ports: () => ({ ids: { uuidv7: uuids(), nonce: nonces(), random: () => 0.5 } }),
    });
  });
  afterAll(() => doors.close());
  beforeEach(async () => {
    doors.renew();
    for (const world of doors.worlds) world.startConsumers();
    for (const id of [one, other]) {
      const created = await doors.ask({ ...create, lines: [json, 'Prefer: wait=5'] });
      expect([created.status, created.headers['location']]).toEqual([201, `/api/v1/ad/${id}`]);
    }
  });

  const keyed = ({ lines = [], ...ask }: Ask, key = 'a'): Ask => ({
    ...ask,
    lines: [...lines, `Idempotency-Key: ${key}`],
  });

  it.each(pairs)('%s', async (_, first, change, verdict) => {
    // A creation would take the id of an ad that is there.
    if (first === create) doors.renew();
    const done = await doors.ask(keyed(first));
    expect([done.status < 300, done.headers[replayed]]).toEqual([true, undefined]);
    const logged = await doors.logged();
    const second = await doors.ask(keyed({ ...first, ...change }));
    expect(await doors.logged()).toBe(logged);
    if (verdict === 422) {
      expect(second.status).toBe(422);
      expect(second.text).toContain('urn:adtally:problem:idempotency-key-reused');
    } else {
      expect([second.status, second.text, second.headers[replayed]]).toEqual([
        done.status,
        done.text,
        'true',
      ]);
      expect(second.headers['consistency-token']).toBe(done.headers['consistency-token']);
    }
  });

  it.each([
    ['the case of the key', 'a', 'A'],
    ['a character more', 'a', 'ab'],
    ['an escape', '"a\\\\b"', '"ab"'],
  ])('%s are two requests', async (_, first, second) => {
    expect((await doors.ask(keyed(increment, first))).text).toBe('{"k":1}');
    expect((await doors.ask(keyed(increment, second))).text).toBe('{"k":2}');
  });

  it('the principal are two requests, and two sessions of a role are one', async () => {
    const [, { functions }] = doors.worlds;
    const send = async (context: object): Promise<string> => {
      const event = toEvent({
        method: 'POST',
        path: '/increment?mode=sync',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'a' },
        body: increment.body,
      });
      return (
        await functions['ingest-increments']({
          ...event,
          requestContext: { ...event.requestContext, ...context },
        })
      ).body;
    };
    const role = (session: string) => ({
      identity: { userArn: `arn:aws:sts::1:assumed-role/writer/${session}` },
    });
    expect([
      await send({}),
      await send({ authorizer: { principalId: 'ann' } }),
      await send({ authorizer: { principalId: 'Ann' } }),
      await send({ authorizer: { principalId: '' } }),
      await send({ authorizer: null }),
      await send({ identity: { userArn: 'arn:aws:iam::1:user/ann' } }),
      await send(role('1')),
      await send(role('2')),
      await send({ authorizer: { principalId: 'ann' }, ...role('1') }),
    ]).toEqual([
      '{"k":1}',
      '{"k":2}',
      '{"k":3}',
      '{"k":1}',
      '{"k":1}',
      '{"k":4}',
      '{"k":5}',
      '{"k":5}',
      '{"k":2}',
    ]);
  });

  it('the base path of a domain is one request', async () => {
    const [, { functions }] = doors.worlds;
    const send = async (base: string): Promise<string> => {
      const event = toEvent({
        method: 'POST',
        path: '/increment?mode=sync',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'a' },
        body: increment.body,
      });
      return (
        await functions['ingest-increments']({
          ...event,
          path: `${base}${event.path}`,
          requestContext: { ...event.requestContext, path: `${base}${event.path}` },
        })
      ).body;
    };
    expect([await send(''), await send('/v1'), await send('/v2')]).toEqual(['{"k":1}', '{"k":1}', '{"k":1}']);
  });

  it('bytes that are no text are told apart', async () => {
    const [, { functions }] = doors.worlds;
    const send = async (body: string): Promise<string> => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'a' };
      const event = toEvent({
        method: 'POST',
        path: '/increment?mode=sync',
        headers,
        body: Buffer.from(body),
      });
      return (await functions['ingest-increments'](event)).body;
    };
    expect(await send('{"key":"k","value":1}')).toBe('{"k":1}');
    expect(await send('{"key":"k","value":1}')).toBe('{"k":1}');
    expect(await send('{"key":"k","value":2}')).toContain('idempotency-key-reused');
    // As text it is the same request.
    expect((await doors.askEvents(keyed(increment))).headers[replayed]).toBe('true');
  });
});
