/** A round trip with the client that @hey-api/openapi-ts makes. */
import { client } from './client/client.gen.js';
import * as api from './client/index.js';
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

client.setConfig({ baseUrl, auth: token });

const ad: api.AdInput = {
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
  const { data, response } = await api.createAd({
    headers: { 'Idempotency-Key': 'hey-api/accepted' },
    body: ad,
  });
  equal('status', response?.status, 202);
  equal('id', present('the answer', data).id.length, 36);
  equal('version', present('the answer', data).version ?? null, null);
  present('the token', response?.headers.get('Consistency-Token'));
});
await step('create-applied', async () => {
  const { data, response } = await api.createAd({ headers: { Prefer: 'wait=10' }, body: ad });
  equal('status', response?.status, 201);
  const created = present('the ad', data);
  equal('title', created.title, 'Umbrellas');
  present('the version', created.version);
  equal('country', created.country, ['JP', 'TW']);
  id = created.id;
});
await step('query', async () => {
  const { data } = await api.queryAds({ query: { age: '24', country: 'TW', limit: 100 } });
  const page = present('the page', data);
  equal('found', page.ads.filter((one) => one.id === id).length, 1);
  equal('total is at least the page', page.total >= page.ads.length, true);
});
await step('get', async () => {
  const { data } = await api.getAd({ path: { id } });
  equal('age_start', data?.age_start, 18);
  equal('end_at', data?.end_at, milliseconds(day));
});
await step('patch', async () => {
  const { data, response } = await api.updateAd({
    path: { id },
    headers: { Prefer: 'wait=10' },
    body: { end_at: dayAfter, age_start: null },
  });
  equal('status', response?.status, 200);
  equal('age_start', data?.age_start, null);
  equal('end_at', data?.end_at, milliseconds(dayAfter));
  equal('title', data?.title, 'Umbrellas');
});
await step('increment', async () => {
  const { data, response } = await api.increment({ body: { key: 'hey-api/one', value: 3 } });
  equal('status', response?.status, 202);
  equal('totals', data, {});
  const read = await api.getCounter({
    path: { key: 'hey-api/one' },
    headers: { 'Consistency-Token': present('the token', response?.headers.get('Consistency-Token')) },
  });
  equal('value', read.data?.value, 3);
});
await step('increment-sync', async () => {
  const { data, response } = await api.increment({
    query: { mode: 'sync' },
    body: { key: 'hey-api/sync', value: 3_000_000_000 },
  });
  equal('status', response?.status, 200);
  equal('totals', data, { 'hey-api/sync': 3_000_000_000 });
});
await step('batch', async () => {
  const third = { key: 'hey-api/total', value: most };
  const { data, response } = await api.incrementMany({
    body: { increments: [{ key: 'hey-api/many', value: 3_000_000_000 }, third, third, third] },
  });
  equal('status', response?.status, 202);
  equal('accepted', data?.accepted, 4);
  const read = await api.getCounters({
    query: { key: ['hey-api/many', 'hey-api/total'] },
    headers: { 'Consistency-Token': present('the token', response?.headers.get('Consistency-Token')) },
  });
  // The second is what JSON.parse makes of 27021597764222973.
  equal(
    'values',
    read.data?.counters.map((counter) => counter.value),
    [3_000_000_000, rounded],
  );
});
await step('total', async () => {
  const { data } = await api.getTotal({ path: { key: 'hey-api/total' }, parseAs: 'text' });
  // The type is that of the parsed body; with parseAs it is a text all the same.
  equal('totals', parseExactly(String(data)), { 'hey-api/total': threeTimes });
});
await step('series', async () => {
  const key = ['hey-api/total', 'hey-api/never', 'hey-api/many'];
  const { data } = await api.getSeries({ query: { key, bucket: 'day' } });
  const sums = present('the series', data).series.map((one) => [
    one.key,
    one.points.reduce((sum, { value }) => sum + value, 0),
  ]);
  equal('sums', sums, [
    ['hey-api/total', rounded],
    ['hey-api/many', 3_000_000_000],
  ]);
});
await step('hot', async () => {
  for (let attempt = 0; attempt < hotAttemptsMax; attempt += 1) {
    const { data } = await api.getHotCounters({ query: { limit: 100 } });
    const known = present('the list', data).all.keys.find(({ key }) => key === 'hey-api/total');
    if (known !== undefined) {
      equal('value', known.value, rounded);
      return;
    }
    await pause();
  }
  throw new Error('hey-api/total is not among the hot counters');
});
await step('refused', async () => {
  const { error, response } = await api.createAd({ body: { ...ad, start_at: dayAfter, end_at: day } });
  equal('status', response?.status, 400);
  equal('type', error?.type, 'urn:adtally:problem:invalid-request');
  equal('path', error?.errors[0]?.path, 'end_at');
});
await step('missing', async () => {
  const { error, response } = await api.getCounter({ path: { key: 'hey-api/never' } });
  equal('status', response?.status, 404);
  equal("problem's status", error?.status, 404);
});
