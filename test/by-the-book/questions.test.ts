import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adBody, BookServer } from './support/book-server.ts';

/** Who is shown what: countries that no ad names, and attributes that the caller does not know. */
let server: BookServer;

const ads = {
  everyone: {},
  taiwan: { country: ['TW'] },
  japan: { country: ['JP', 'KR'] },
  women: { gender: ['F'] },
  adults: { age_start: 18 },
  young: { age_end: 17 },
  phones: { platform: ['ios', 'android'] },
  precise: { age_start: 18, age_end: 35, gender: ['F'], country: ['TW'], platform: ['ios'] },
};
const names = Object.keys(ads);

beforeAll(async () => {
  server = await BookServer.open();
  for (const [title, target] of Object.entries(ads))
    await server.createAd({ title: `${title}!!`, ...target });
});
afterAll(() => server.stop());

async function shown(query: string): Promise<string[]> {
  const answer = await server.get(`/api/v1/ad?limit=100&${query}`);
  expect(answer.status).toBe(200);
  const { ads: found, total } = answer.json as { ads: { title: string }[]; total: number };
  expect(total).toBe(found.length);
  return found.map(({ title }) => title.replace('!!', '')).sort();
}
const without = (...some: string[]): string[] => names.filter((name) => !some.includes(name)).sort();

describe('a country', () => {
  it.each(['XK', 'XX', 'T1', 'ZZ', 'AA', 'EU', 'UK', 'SU'])(
    'that no ad names, such as %s, gets the ads for any',
    async (country) => {
      expect(await shown(`country=${country}`)).toEqual(without('taiwan', 'japan', 'precise'));
    },
  );

  it('that ads name gets theirs too', async () => {
    expect(await shown('country=TW')).toEqual(without('japan'));
    expect(await shown('country=KR')).toEqual(without('taiwan', 'precise'));
  });

  it.each([
    'xk',
    'tw',
    'Tw',
    't1',
    'T2',
    '1T',
    'TWN',
    'T',
    'TW%20',
    '%20TW',
    'TW,JP',
    'UNKNOWN',
    '%C3%96%C3%96',
    '*',
  ])('is not %s', async (country) => {
    for (const path of ['/api/v1/ad', '/api/v1/ad/explain']) {
      const answer = await server.get(`${path}?country=${country}`);
      expect([answer.status, answer.errors]).toEqual([400, [expect.stringMatching(/^country: /)]]);
    }
  });

  it.each(['XK', 'XX', 'T1', 'unknown', 'tw', 'ZZ'])('of an ad is not %s', async (country) => {
    const answer = await server.post('/api/v1/ad', { ...adBody, country: ['TW', country] });
    expect([answer.status, answer.errors]).toEqual([400, [expect.stringMatching(/^country\.1: /)]]);
  });
});

describe('unknown', () => {
  it.each([
    ['age', ['adults', 'young', 'precise']],
    ['gender', ['women', 'precise']],
    ['country', ['taiwan', 'japan', 'precise']],
    ['platform', ['phones', 'precise']],
  ])('as %s gets the ads that do not target it', async (attribute, targeted) => {
    expect(await shown(`${attribute}=unknown`)).toEqual(without(...targeted));
  });

  it('in all of them gets what is for everyone', async () => {
    expect(await shown('age=unknown&gender=unknown&country=unknown&platform=unknown')).toEqual(['everyone']);
  });

  it('goes with what is known', async () => {
    expect(await shown('age=24&gender=F&country=TW&platform=unknown')).toEqual(
      without('japan', 'young', 'phones', 'precise'),
    );
  });

  it('is not the same as left out, which does not filter', async () => {
    expect(await shown('')).toEqual(without());
    expect(await shown('age=24&gender=F&country=TW')).toEqual(without('japan', 'young'));
  });

  it('is explained as it is answered', async () => {
    const query = 'age=unknown&gender=unknown&country=unknown&platform=unknown';
    const answer = await server.get(`/api/v1/ad/explain?${query}`);
    const { conditions } = answer.json as { conditions: { left: number }[] };
    expect([answer.status, conditions.at(-1)?.left]).toEqual([200, 1]);
  });

  it.each(['gender', 'platform', 'country'])('is no target of an ad: %s', async (field) => {
    expect((await server.post('/api/v1/ad', { ...adBody, [field]: ['unknown'] })).status).toBe(400);
  });

  it.each(['age_start', 'age_end'])('is no age of an ad: %s', async (field) => {
    expect((await server.post('/api/v1/ad', { ...adBody, [field]: 'unknown' })).status).toBe(400);
  });

  it.each(['Unknown', 'UNKNOWN', 'unknown%20', 'null', ''])('is not spelled %j', async (value) => {
    for (const attribute of ['age', 'gender', 'country', 'platform'])
      expect((await server.get(`/api/v1/ad?${attribute}=${value}`)).status).toBe(400);
  });

  it('is no number of ads', async () => {
    for (const name of ['limit', 'offset'])
      expect((await server.get(`/api/v1/ad?${name}=unknown`)).status).toBe(400);
  });

  it('has an entity tag of its own beside left out', async () => {
    const tags = await Promise.all(
      ['', 'age=unknown', 'gender=unknown', 'country=unknown', 'country=XX', 'platform=unknown'].map(
        async (query) => (await server.get(`/api/v1/ad?${query}`)).headers['etag'],
      ),
    );
    expect(new Set(tags).size).toBe(tags.length);
  });
});
