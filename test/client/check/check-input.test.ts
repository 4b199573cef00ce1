import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, InvalidInputError, ProblemError, type Client } from '../../../client/index.ts';
import { startRuntime, type Runtime } from '../../../lib/embedded/runtime.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { accepted, rejection, scriptedApi } from '../support/scripted-api.ts';

/** What the client refuses, the API refuses too; what the API accepts, the client sends. */

const ad = {
  title: 'Five!',
  content: 'c',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2036-01-01T00:00:00Z',
};
const id = '0190a0a0-0000-7000-8000-000000000000';
const one = { key: 'k', value: 1 };
const many = (count: number): unknown => ({ increments: Array.from({ length: count }, () => one) });
const countries = (count: number): string[] => Array.from({ length: count }, () => 'TW');
const clef = '\u{1d11e}';
const digits = 'must be plain decimal digits, from 1 to 120, or unknown';
const value = 'must be a whole number from 1 to 9007199254740991';
const instant = 'must be text such as 2026-01-31T09:30:00Z';

type Case = readonly [call: keyof Client, input: unknown];
/** With the path and the message of their one fault. */
const refused: readonly (readonly [...Case, path: string, message: string])[] = [
  ['increment', { body: { key: '', value: 1 } }, 'key', 'must have 1 to 256 characters; it has 0'],
  [
    'increment',
    { body: { key: 'k'.repeat(257), value: 1 } },
    'key',
    'must have 1 to 256 characters; it has 257',
  ],
  [
    'increment',
    { body: { key: clef.repeat(257), value: 1 } },
    'key',
    'must have 1 to 256 characters; it has 257',
  ],
  ['increment', { body: { key: 'a\u0007b', value: 1 } }, 'key', 'must not contain control characters'],
  ['increment', { body: { key: 'a\r\nb', value: 1 } }, 'key', 'must not contain control characters'],
  ['increment', { body: { key: 'a\ud800', value: 1 } }, 'key', 'must not contain a lone surrogate'],
  ['increment', { body: { key: 7, value: 1 } }, 'key', 'must be text'],
  ['increment', { body: { value: 1 } }, 'key', 'must be given'],
  ['increment', { body: { key: 'k', value: 0 } }, 'value', value],
  ['increment', { body: { key: 'k', value: -1 } }, 'value', value],
  ['increment', { body: { key: 'k', value: 1.5 } }, 'value', value],
  ['increment', { body: { key: 'k', value: '1' } }, 'value', value],
  ['increment', { body: { key: 'k', value: 2 ** 53 } }, 'value', value],
  ['increment', { body: { key: 'k', value: null } }, 'value', value],
  ['increment', { body: { ...one, by: 1 } }, 'by', 'is not a field of the API; the fields are key, value'],
  ['increment', { body: [] }, '', 'must be an object'],
  ['increment', { body: one, mode: 'now' }, 'mode', 'must be one of eventual, sync'],
  [
    'increment',
    { body: one, idempotencyKey: 'a b' },
    'idempotencyKey',
    'must be 1 to 255 visible ASCII characters, quoted or not',
  ],
  ['incrementMany', { body: many(0) }, 'increments', 'must have 1 to 500 entries'],
  ['incrementMany', { body: many(501) }, 'increments', 'must have 1 to 500 entries'],
  ['incrementMany', { body: { increments: [one, { key: 'k', value: 0 }] } }, 'increments.1.value', value],
  ['incrementMany', { body: { increments: {} } }, 'increments', 'must be a list'],
  ['incrementMany', { body: { increments: [null] } }, 'increments.0', 'must be an object'],
  ['createAd', { body: { ...ad, title: 'Four' } }, 'title', 'must have 5 to 100 characters; it has 4'],
  [
    'createAd',
    { body: { ...ad, title: 't'.repeat(101) } },
    'title',
    'must have 5 to 100 characters; it has 101',
  ],
  ['createAd', { body: { ...ad, title: 'Four\r' } }, 'title', 'must not contain control characters'],
  ['createAd', { body: { ...ad, title: 'abc\r\n' } }, 'title', 'must have 5 to 100 characters; it has 4'],
  [
    'createAd',
    { body: { ...ad, content: 'c'.repeat(10_001) } },
    'content',
    'must have 1 to 10000 characters; it has 10001',
  ],
  ['createAd', { body: { ...ad, start_at: 'tomorrow' } }, 'start_at', instant],
  ['createAd', { body: { ...ad, end_at: undefined } }, 'end_at', 'must be given'],
  ['createAd', { body: { ...ad, age_start: 0 } }, 'age_start', 'must be a whole number from 1 to 120'],
  ['createAd', { body: { ...ad, age_end: 121 } }, 'age_end', 'must be a whole number from 1 to 120'],
  ['createAd', { body: { ...ad, gender: ['X'] } }, 'gender.0', 'must be one of M, F'],
  ['createAd', { body: { ...ad, gender: 'M' } }, 'gender', 'must be a list'],
  ['createAd', { body: { ...ad, gender: ['M', 'F', 'M'] } }, 'gender', 'must have at most 2 entries'],
  [
    'createAd',
    { body: { ...ad, country: ['TW', 'tw'] } },
    'country.1',
    'must be one of the 249 values of the API, such as AD',
  ],
  ['createAd', { body: { ...ad, country: countries(250) } }, 'country', 'must have at most 249 entries'],
  ['createAd', { body: { ...ad, platform: ['tv'] } }, 'platform.0', 'must be one of android, ios, web'],
  ['updateAd', { id, body: { title: null } }, 'title', 'must be text'],
  ['updateAd', { id: `${id}0`, body: {} }, 'id', 'must be a UUID'],
  ['getAd', { id: 'ad-1' }, 'id', 'must be a UUID'],
  ['queryAds', { age: 0 }, 'age', digits],
  ['queryAds', { age: 121 }, 'age', digits],
  ['queryAds', { age: '1.5' }, 'age', digits],
  ['queryAds', { country: 'tw' }, 'country', 'must be two upper-case letters, T1 or unknown'],
  ['queryAds', { gender: 'X' }, 'gender', 'must be one of M, F, unknown'],
  ['queryAds', { limit: 0 }, 'limit', 'must be a whole number from 1 to 100'],
  ['queryAds', { limit: 101n }, 'limit', 'must be a whole number from 1 to 100'],
  ['queryAds', { limit: '1e1' }, 'limit', 'must be a whole number from 1 to 100'],
  ['queryAds', { offset: -1 }, 'offset', 'must be a whole number from 0 to 999999999'],
  ['queryAds', { offset: 1_000_000_000 }, 'offset', 'must be a whole number from 0 to 999999999'],
  ['explainAds', { at: 'now' }, 'at', instant],
  ['listAds', { cursor: 'c'.repeat(101) }, 'cursor', 'must have 1 to 100 characters; it has 101'],
  ['getCounters', { key: [] }, 'key', 'must have 1 to 100 entries'],
  [
    'getCounters',
    { key: Array.from({ length: 101 }, (_, index) => `k${index}`) },
    'key',
    'must have 1 to 100 entries',
  ],
  ['getCounters', { key: ['k', ''] }, 'key.1', 'must have 1 to 256 characters; it has 0'],
  ['getCounterSeries', { key: 'k' }, 'bucket', 'must be given'],
  ['getCounterSeries', { key: 'k', bucket: 'week' }, 'bucket', 'must be one of minute, hour, day'],
  ['redriveQuarantine', { body: { ids: [] } }, 'ids', 'must have 1 to 20 entries'],
];
const sent: readonly Case[] = [
  ['increment', { body: { key: 'k'.repeat(256), value: Number.MAX_SAFE_INTEGER } }],
  ['increment', { body: { key: clef.repeat(256), value: 1 } }],
  [
    'increment',
    { body: { ...one, by: undefined }, mode: 'sync', idempotencyKey: '"quoted one"'.replace(' ', '-') },
  ],
  ['incrementMany', { body: many(500) }],
  ['createAd', { body: { ...ad, title: 't'.repeat(99) + clef, content: 'a\r\n\tb' } }],
  ['createAd', { body: { ...ad, title: `${'t'.repeat(99)}\r\n` } }],
  ['createAd', { body: { ...ad, start_at: new Date(0), end_at: '2036-01-01 00:00:00' } }],
  ['createAd', { body: { ...ad, age_start: 1, age_end: 120, gender: [], country: null, platform: ['ios'] } }],
  ['createAd', { body: { ...ad, country: countries(249), gender: ['M', 'F'], age_start: null } }],
  [
    'queryAds',
    { age: 1, country: 'ZZ', gender: 'unknown', platform: 'web', offset: 999_999_999, limit: 100 },
  ],
  ['queryAds', { age: '120', limit: '1', offset: 0n }],
  ['queryAds', { age: 'unknown' }],
  ['explainAds', { at: '2026-01-31T09:30:00+08:00', id: id.toUpperCase() }],
  ['getCounters', { key: 'k' }],
  ['getCounters', { key: Array.from({ length: 100 }, (_, index) => `k${index}`) }],
];

function call(client: Client, [name, input]: Case): Promise<unknown> {
  return (client[name] as (input: unknown) => Promise<unknown>)(input);
}

describe('an input that cannot be valid', () => {
  it.each(refused)('of %s, %j, is refused before it is sent: %s %s', async (name, input, path, message) => {
    const { client, requests } = scriptedApi([accepted]);
    const error = await rejection(call(client, [name, input]));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({
      ...{ name: 'InvalidInputError', code: 'invalid-input', retryable: false, ambiguous: false, tries: 0 },
      errors: [{ path, message }],
    });
    expect(requests).toEqual([]);
    expect(client.facts().calls).toBe(0);
  });

  it('is described by call, field, value and rule', async () => {
    const { client } = scriptedApi([accepted]);
    const body = {
      ...ad,
      title: 'No',
      content: 'c'.repeat(10_001),
      gender: 'M',
      by: { at: 1 },
      age_start: 0,
    };
    const error = await rejection(client.createAd({ body: body as never, idempotencyKey: '' }));
    expect(error).toMatchObject({
      message: `createAd: idempotencyKey "" must be 1 to 255 visible ASCII characters, quoted or not; \
title "No" must have 5 to 100 characters; it has 2; content "${'c'.repeat(59)}... must have 1 to 10000 characters; \
it has 10001; gender "M" must be a list; by (an object) is not a field of the API; the fields are title, content, \
start_at, end_at, age_start, age_end, gender, country, platform, external_id, status, priority, weight, click_url, \
image_url, width, height, campaign_id, metadata, goal, frequency; 1 more in errors. Nothing was sent.`,
      errors: [
        { path: 'idempotencyKey', value: '' },
        { path: 'title', value: 'No' },
        { path: 'content' },
        { path: 'gender', value: 'M' },
        { path: 'by', value: { at: 1 } },
        { path: 'age_start', value: 0, message: 'must be a whole number from 1 to 120' },
      ],
    });
    const missing = await rejection(client.getCounterSeries({} as never));
    expect(missing).toMatchObject({
      message: 'getCounterSeries: key must be given; bucket must be given. Nothing was sent.',
    });
    const list = await rejection(client.increment({ body: { key: ['k'], value: 1 } as never }));
    expect(list).toMatchObject({ message: 'increment: key (a list of 1) must be text. Nothing was sent.' });
  });

  it.each([
    [49, 49],
    [50, 50],
    [51, 50],
  ])('with %i faults names %i', async (count, named) => {
    const { client } = scriptedApi([accepted]);
    const increments = Array.from({ length: count }, () => ({ key: 'k', value: 0 }));
    const error = (await rejection(client.incrementMany({ body: { increments } }))) as InvalidInputError;
    expect(error.errors).toHaveLength(named);
    const fields = Object.fromEntries(increments.map((_one, index) => [`f${index}`, index]));
    const unknown = await rejection(client.increment({ body: fields as never }));
    expect((unknown as InvalidInputError).errors).toHaveLength(Math.min(count + 2, 50));
  });

  it('is sent all the same if the client does not validate', async () => {
    const { client, requests } = scriptedApi([accepted], { validate: false });
    await client.increment({ body: { key: '', value: 0 } });
    expect(requests).toMatchObject([{ body: '{"key":"","value":0}' }]);
  });

  it.each(sent)('does not include one of %s, %j', async (name, input) => {
    const { client, requests } = scriptedApi([accepted]);
    await rejection(call(client, [name, input]).then(() => Promise.reject(new Error('sent'))));
    expect(requests).toHaveLength(1);
  });
});

describe('the API', () => {
  let folder: string;
  let runtime: Runtime;
  let client: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-client-check-'));
    runtime = await startRuntime({ folder, settings: stageSettings('local'), log: nullTelemetry });
    client = createClient({ baseUrl: runtime.url, validate: false });
  });

  afterAll(async () => {
    await runtime.stop();
    await rm(folder, { recursive: true });
  });

  it('refuses what the client refuses, at the same field', async () => {
    const differing: unknown[] = [];
    for (const [name, input, path] of refused) {
      const error = await rejection(
        call(client, [name, input]).then(() => Promise.reject(new Error('accepted'))),
      );
      // A lone surrogate and a list without a member cannot be in a URL, and headers have names of their own.
      const status = error instanceof ProblemError ? error.status : 0;
      const named = error instanceof ProblemError ? error.errors.map((fault) => fault.path) : [];
      const isSame =
        path === 'idempotencyKey' || named.some((field) => field.split('.')[0] === path.split('.')[0]);
      if (status !== 400 || !isSame) differing.push([name, input, path, String(error), named]);
    }
    expect(differing).toEqual([]);
  });

  it('does not refuse what the client sends', async () => {
    const refusals: unknown[] = [];
    for (const one of sent) {
      const error = await rejection(call(client, one).then(() => Promise.reject(new Error('accepted'))));
      if (error instanceof ProblemError && error.status === 400)
        refusals.push([...one, error.message, error.errors]);
    }
    expect(refusals).toEqual([]);
  });
});
