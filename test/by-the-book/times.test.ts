import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adBody, BookServer, wait, type BookAd } from './support/book-server.ts';

let server: BookServer;
let ad: BookAd;

beforeAll(async () => {
  server = await BookServer.open();
  ad = await server.createAd();
  await server.post('/increment?mode=sync', { key: 'timed', value: 4 });
});
afterAll(() => server.stop());

const create = (fields: Readonly<Record<string, unknown>>): ReturnType<BookServer['post']> =>
  server.post('/api/v1/ad', { ...adBody, ...fields }, wait);

describe('a time is read', () => {
  it.each([
    ['2035-01-01T00:00:00Z', '2035-01-01T00:00:00.000Z'],
    ['2035-01-01t00:00:00z', '2035-01-01T00:00:00.000Z'],
    ['2035-01-01T00:00:00.1234567891Z', '2035-01-01T00:00:00.123Z'],
    ['2035-01-01T00:00:00+08:00', '2034-12-31T16:00:00.000Z'],
    ['2035-01-01T00:00:00-00:00', '2035-01-01T00:00:00.000Z'],
    // As Java leaves seconds out, and as Python and Ruby print an offset.
    ['2035-01-01T00:00Z', '2035-01-01T00:00:00.000Z'],
    ['2035-01-01 00:00:00+08:00', '2034-12-31T16:00:00.000Z'],
    ['2035-01-01 00:00:00 +0800', '2034-12-31T16:00:00.000Z'],
    ['2035-01-01 00:00:00', '2035-01-01T00:00:00.000Z'],
    ['2035-01-01 00:00:00 +0800 CST', '2034-12-31T16:00:00.000Z'],
    // As time.Time prints it, with what its monotonic clock said.
    ['2035-01-01 00:00:00 +0800 CST m=+0.5', '2034-12-31T16:00:00.000Z'],
    ['2035-01-01 00:00:00 +0800 CST m=+0.000012345', '2034-12-31T16:00:00.000Z'],
    ['2035-01-01 00:00:00 +0800 CST m=-3600.000000001', '2034-12-31T16:00:00.000Z'],
    ['2035-01-01 00:00:00.123456789 +0800 CST m=+10.000123456', '2034-12-31T16:00:00.123Z'],
    ['2035-01-01 00:00:00 +0000 UTC m=+86400.000000001', '2035-01-01T00:00:00.000Z'],
    ['2035-01-01 00:00:00 +0545 +0545 m=+1.5', '2034-12-31T18:15:00.000Z'],
    ['2035-01-01 00:00:00 -0330 -0330', '2035-01-01T03:30:00.000Z'],
  ])('from %s', async (text, utc) => {
    const created = await create({ end_at: text });
    expect([created.status, (created.json as { end_at?: string }).end_at]).toEqual([201, utc]);
    const changed = await server.patch(ad.path, { end_at: text }, wait);
    expect([changed.status, (changed.json as { end_at?: string }).end_at]).toEqual([200, utc]);
    const asked = await server.get(`/api/v1/ad/explain?at=${encodeURIComponent(text)}`);
    expect([asked.status, (asked.json as { at?: string }).at]).toEqual([200, utc]);
  });

  it.each([
    ...['2035-01-01', '2035-01-01T00:00:00', '2035-13-01T00:00:00Z', '2035-02-29T00:00:00Z'],
    ...[
      '2035-01-01T24:00:00Z',
      '2035-01-01T00:00:00,5Z',
      '2035-01-01T00:00:00+24:00',
      '10000-01-01T00:00:00Z',
    ],
    ...[
      '2035-01-01 00:00:00 m=+0.5',
      '2035-01-01 00:00:00 +0800 CST m=',
      '2035-01-01 00:00:00 +0800 CST m=+0.5 x',
    ],
    ...[
      '2035-01-01T00:00:00Z m=+0.5',
      '2035-01-01 00:00:00 +0800 CST m=+0.5 m=+0.5',
      '',
      ' ',
      'now',
      '2082758400',
    ],
  ])('but not from %j', async (text) => {
    const answer = await create({ end_at: text });
    expect([answer.status, answer.errors]).toEqual([400, [expect.stringMatching(/^end_at: /)]]);
  });
});

describe('a time that is no text is one error and no untrue one', () => {
  const aText = (field: string): unknown => expect.stringMatching(new RegExp(`^${field}: must be text`));

  it.each([2_082_758_400, 2_082_758_400_000, 0, -1, true, {}, ['2035-01-01T00:00:00Z'], null])(
    '%j',
    async (value) => {
      for (const field of ['start_at', 'end_at']) {
        expect((await create({ [field]: value })).errors).toEqual([aText(field)]);
        expect((await server.patch(ad.path, { [field]: value })).errors).toEqual([aText(field)]);
      }
    },
  );

  it('twice where both are none', async () => {
    const answer = await create({ start_at: 2, end_at: 1 });
    expect(answer.errors).toEqual([aText('start_at'), aText('end_at')]);
  });

  it('also where a text is no time', async () => {
    const answer = await create({ start_at: 'yesterday' });
    expect(answer.errors).toEqual([expect.stringMatching(/^start_at: must be an RFC 3339 time/)]);
  });

  it('and the like for ages', async () => {
    for (const fields of [
      { age_start: 'old', age_end: 20 },
      { age_start: 200, age_end: 20 },
    ]) {
      const answer = await create(fields);
      expect(answer.errors).toEqual([expect.stringMatching(/^age_start: must be a whole number/)]);
    }
  });
});

it('an end that is not after the start is said once', async () => {
  const answer = await create({ start_at: '2036-01-01T00:00:00Z' });
  expect(answer.errors).toEqual(['end_at: must be after start_at']);
});

describe('at the end of all years', () => {
  it('an ad may end in the last millisecond', async () => {
    const answer = await create({ end_at: '9999-12-31T23:59:59.999Z' });
    expect(answer.json).toMatchObject({ end_at: '9999-12-31T23:59:59.999Z' });
  });

  it.each(['9999-12-31T23:59:59-01:00', '1969-12-31T23:59:59Z', '0000-01-01T00:00:00Z'])(
    '%s is out of range',
    async (at) => {
      expect((await create({ end_at: at })).errors).toEqual([
        expect.stringMatching(/^end_at: .*1970 and 9999/),
      ]);
    },
  );

  it.each(['minute', 'hour', 'day'])('a series of the %s stays within four digits', async (bucket) => {
    const at = '9999-12-31T23:59:59.999Z';
    const from = bucket === 'day' ? '9999-12-01T00:00:00Z' : '9999-12-31T23:00:00Z';
    for (const query of [`to=${at}`, `from=${from}&to=${at}`]) {
      const answer = await server.get(`/api/v1/counters/timed/series?bucket=${bucket}&${query}`);
      expect(answer.status).toBe(200);
      const { to, points } = answer.json as { to: string; points: { at: string }[] };
      expect(points.length).toBeGreaterThan(0);
      for (const time of [to, ...points.map((point) => point.at)])
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(answer.text).not.toContain('10000-');
    }
  });

  it('a series takes times as Go prints them', async () => {
    const to = encodeURIComponent('2035-01-02 00:00:00 +0000 UTC m=+0.5');
    const answer = await server.get(`/api/v1/counters/timed/series?bucket=day&to=${to}`);
    expect([answer.status, (answer.json as { to?: string }).to]).toEqual([200, '2035-01-02T00:00:00.000Z']);
  });
});
