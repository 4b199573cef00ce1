/** A round trip with openapi-fetch on the types that openapi-typescript makes. */
import createClient from 'openapi-fetch';
import type { components, paths } from './client/schema.js';
import {
  baseUrl,
  day,
  dayAfter,
  equal,
  hotAttemptsMax,
  milliseconds,
  most,
  parseExactly,
  pause,
  present,
  rounded,
  step,
  threeTimes,
  token,
} from './steps.js';

const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const ad: components['schemas']['AdInput'] = {
  title: 'Umbrellas',
  content: 'Half price, today only',
  start_at: '2026-01-01T00:00:00Z',
  end_at: day,
  age_start: 18,
  age_end: 30,
  country: ['TW', 'JP'],
};
let id = '';

await step('create-accepted', async () => {
  const { data, response } = await client.POST('/api/v1/ad', {
    params: { header: { 'Idempotency-Key': 'openapi-typescript/accepted' } },
    body: ad,
  });
  equal('status', response.status, 202);
  equal('id', present('the answer', data).id.length, 36);
  equal('version', present('the answer', data).version ?? null, null);
  present('the token', response.headers.get('Consistency-Token'));
});
await step('create-applied', async () => {
  const { data, response } = await client.POST('/api/v1/ad', {
    params: { header: { Prefer: 'wait=10' } },
    body: ad,
  });
  equal('status', response.status, 201);
  const created = present('the ad', data);
  equal('title', created.title, 'Umbrellas');
  present('the version', created.version);
  equal('country', created.country, ['JP', 'TW']);
  id = created.id;
});
await step('query', async () => {
  const { data } = await client.GET('/api/v1/ad', {
    params: { query: { age: '24', country: 'TW', limit: 100 } },
  });
  const page = present('the page', data);
  equal('found', page.ads.filter((one) => one.id === id).length, 1);
  equal('total is at least the page', page.total >= page.ads.length, true);
});
await step('get', async () => {
  const { data } = await client.GET('/api/v1/ad/{id}', { params: { path: { id } } });
  equal('age_start', data?.age_start, 18);
  equal('end_at', data?.end_at, milliseconds(day));
});
await step('patch', async () => {
  const { data, response } = await client.PATCH('/api/v1/ad/{id}', {
    params: { path: { id }, header: { Prefer: 'wait=10' } },
    body: { end_at: dayAfter, age_start: null },
  });
  equal('status', response.status, 200);
  equal('age_start', data?.age_start, null);
  equal('end_at', data?.end_at, milliseconds(dayAfter));
  equal('title', data?.title, 'Umbrellas');
});
await step('increment', async () => {
  const { data, response } = await client.POST('/increment', {
    body: { key: 'openapi-typescript/one', value: 3 },
  });
  equal('status', response.status, 202);
  equal('totals', data, {});
  const header = { 'Consistency-Token': present('the token', response.headers.get('Consistency-Token')) };
  const read = await client.GET('/api/v1/counters/{key}', {
    params: { path: { key: 'openapi-typescript/one' }, header },
  });
  equal('value', read.data?.value, 3);
});
await step('increment-sync', async () => {
  const { data, response } = await client.POST('/increment', {
    params: { query: { mode: 'sync' } },
    body: { key: 'openapi-typescript/sync', value: 3_000_000_000 },
  });
  equal('status', response.status, 200);
  equal('totals', data, { 'openapi-typescript/sync': 3_000_000_000 });
});
await step('batch', async () => {
  const third = { key: 'openapi-typescript/total', value: most };
  const { data, response } = await client.POST('/api/v1/increments', {
    body: {
      increments: [{ key: 'openapi-typescript/many', value: 3_000_000_000 }, third, third, third],
    },
  });
  equal('status', response.status, 202);
  equal('accepted', data?.accepted, 4);
  const header = { 'Consistency-Token': present('the token', response.headers.get('Consistency-Token')) };
  const read = await client.GET('/api/v1/counters', {
    params: { query: { key: ['openapi-typescript/many', 'openapi-typescript/total'] }, header },
  });
  // The second is what fetch makes of 27021597764222973.
  equal(
    'values',
    read.data?.counters.map((counter) => counter.value),
    [3_000_000_000, rounded],
  );
});
await step('total', async () => {
  const { data } = await client.GET('/increment/{key}', {
    params: { path: { key: 'openapi-typescript/total' } },
    parseAs: 'text',
  });
  equal('totals', parseExactly(present('the text', data)), { 'openapi-typescript/total': threeTimes });
});
await step('series', async () => {
  const key = ['openapi-typescript/total', 'openapi-typescript/never', 'openapi-typescript/many'];
  const { data } = await client.GET('/api/v1/series', { params: { query: { key, bucket: 'day' } } });
  const sums = present('the series', data).series.map((one) => [
    one.key,
    one.points.reduce((sum, { value }) => sum + value, 0),
  ]);
  equal('sums', sums, [
    ['openapi-typescript/total', rounded],
    ['openapi-typescript/many', 3_000_000_000],
  ]);
});
await step('hot', async () => {
  for (let attempt = 0; attempt < hotAttemptsMax; attempt += 1) {
    const { data } = await client.GET('/api/v1/hot-counters', { params: { query: { limit: 100 } } });
    const known = present('the list', data).all.keys.find(({ key }) => key === 'openapi-typescript/total');
    if (known !== undefined) {
      equal('value', known.value, rounded);
      return;
    }
    await pause();
  }
  throw new Error('openapi-typescript/total is not among the hot counters');
});
await step('refused', async () => {
  const { error, response } = await client.POST('/api/v1/ad', {
    body: { ...ad, start_at: dayAfter, end_at: day },
  });
  equal('status', response.status, 400);
  equal('type', error?.type, 'urn:adtally:problem:invalid-request');
  equal('path', error?.errors[0]?.path, 'end_at');
});
await step('missing', async () => {
  const { error, response } = await client.GET('/api/v1/counters/{key}', {
    params: { path: { key: 'openapi-typescript/never' } },
  });
  equal('status', response.status, 404);
  equal("problem's status", error?.status, 404);
});
