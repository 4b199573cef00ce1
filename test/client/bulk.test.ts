import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { importAllAds, incrementAll, type AdImport, type BulkProgress } from '../../client/index.ts';
import { answer, problem, rejection, systemError } from './support/scripted-api.ts';
import { worldApi, type Meddle } from './support/world-api.ts';

const ad = (name: string, fields: Partial<AdImport> = {}): AdImport => ({
  external_id: name,
  title: 'Tea time',
  content: 'Two for one',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2036-01-01T00:00:00Z',
  ...fields,
});
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `shop-${i}`);
const increments = (count: number): { key: string; value: number }[] =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i % 700}`, value: 1 + (i % 3) }));

const sizesOf = (requests: readonly { readonly body: string }[]): number[] =>
  requests.map(({ body }) => {
    const { ads, increments } = JSON.parse(body) as { ads?: unknown[]; increments?: unknown[] };
    return (ads ?? increments ?? []).length;
  });

describe('a list of ads', () => {
  it('is imported in requests of 500, with an answer for each ad and progress after each request', async () => {
    const { client, requests } = worldApi();
    const seen: BulkProgress[] = [];
    const done = await importAllAds(
      client,
      names(1001).map((name) => ad(name)),
      {
        onProgress: (progress) => seen.push(progress),
      },
    );
    expect(sizesOf(requests)).toEqual([500, 500, 1]);
    expect(done).toMatchObject({ counts: { created: 1001 }, error: undefined });
    expect(done.items.map(({ index, external_id: name }) => [index, name])).toEqual(
      names(1001).map((name, index) => [index, name]),
    );
    expect(done.items.every(({ id, version }) => id !== null && version !== null)).toBe(true);
    expect(seen).toEqual([500, 1000, 1001].map((count) => ({ done: count, counts: { created: count } })));
  });

  it('sent again changes nothing, and then only what is new or other', async () => {
    const { client } = worldApi();
    await importAllAds(
      client,
      names(3).map((name) => ad(name)),
    );
    const again = [ad('shop-0'), ad('shop-1', { title: 'Coffee time' }), ad('shop-2'), ad('shop-3')];
    const { items } = await importAllAds(client, again);
    expect(items.map(({ result }) => result)).toEqual(['unchanged', 'updated', 'unchanged', 'created']);
  });

  it('may name an ad twice: the later one holds', async () => {
    const { client, requests } = worldApi();
    const twice = [ad('a', { title: 'First one' }), ad('b'), ad('a', { title: 'Second one' })];
    const { items } = await importAllAds(client, twice);
    expect(sizesOf(requests)).toEqual([2, 1]);
    expect(items.map(({ result }) => result)).toEqual(['created', 'created', 'updated']);
    const { body } = await client.getAd({ id: items[0]!.id! });
    expect(body.title).toBe('Second one');
  });

  it('keeps to the bytes of a body, whatever its texts are', async () => {
    const { client, requests } = worldApi();
    const content = 'é☕'.repeat(4000);
    const { counts } = await importAllAds(
      client,
      names(40).map((name) => ad(name, { content })),
    );
    expect(counts).toEqual({ created: 40 });
    const bytes = requests.map(({ body }) => Buffer.byteLength(body));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(262_144);
    // No more requests than are needed: a further ad would not have fitted.
    const one = Buffer.byteLength(JSON.stringify(ad('shop-10', { content }))) + 1;
    for (const size of bytes.slice(0, -1)) expect(size + one).toBeGreaterThan(262_144);
  });

  it('is read as it comes, from a source that has not ended', async () => {
    const { client, requests } = worldApi();
    let read = 0;
    async function* source() {
      for (const name of names(600)) {
        await Promise.resolve();
        read += 1;
        yield ad(name);
      }
    }
    const readAt: number[] = [];
    const { counts } = await importAllAds(client, source(), { onProgress: () => readAt.push(read) });
    expect(counts).toEqual({ created: 600 });
    expect([readAt, sizesOf(requests)]).toEqual([
      [501, 600],
      [500, 100],
    ]);
  });

  it.each([true, false])(
    'refuses its invalid ads by themselves (checked by the client: %s)',
    async (validate) => {
      const { client } = worldApi({ validate });
      const list = [
        ad('good'),
        ad('bad', { title: 'No' }),
        ad('late', { end_at: '2020-01-01T00:00:00Z' }),
        null as unknown as AdImport,
        {} as AdImport,
        {} as AdImport,
        ad('fine'),
      ];
      const { items, counts, error } = await importAllAds(client, list);
      expect(error).toBeUndefined();
      expect(counts).toEqual({ created: 2, refused: 5 });
      expect(items.map(({ result, errors = [] }) => [result, errors[0]?.path])).toEqual([
        ...[
          ['created', undefined],
          ['refused', 'title'],
          ['refused', 'end_at'],
          ['refused', ''],
        ],
        ...[
          ['refused', expect.any(String)],
          ['refused', expect.any(String)],
          ['created', undefined],
        ],
      ]);
    },
  );

  it('refuses an ad that no body has room for', async () => {
    const { client, requests } = worldApi();
    const { items } = await importAllAds(client, [ad('huge', { content: 'x'.repeat(300_000) }), ad('a')]);
    expect(items).toMatchObject([
      { result: 'refused', errors: [{ path: '', message: 'must have at most 262126 bytes as JSON' }] },
      { result: 'created' },
    ]);
    expect(sizesOf(requests)).toEqual([1]);
  });

  it('stops at a request that fails, and says so', async () => {
    const meddle: Meddle = (_request, index) => (index === 1 ? problem(403, 'forbidden')() : undefined);
    const { client, requests } = worldApi({ meddle });
    const { counts, error, items } = await importAllAds(
      client,
      names(1200).map((name) => ad(name)),
    );
    expect(counts).toEqual({ created: 500, failed: 500 });
    expect(error).toMatchObject({ code: 'forbidden', repeat: 'safe' });
    expect(items[999]).toMatchObject({
      index: 999,
      external_id: 'shop-999',
      result: 'failed',
      error: { code: 'forbidden' },
    });
    expect(requests).toHaveLength(2);
  });

  it('tells of each ad of a 207', async () => {
    const failed = [{ index: 1, ambiguous: true }];
    const meddle: Meddle = () => answer(207, { accepted: 1, failed })();
    const { client } = worldApi({ meddle, policy: { triesMax: 1 } });
    const { items, error } = await importAllAds(client, [ad('a'), ad('b')]);
    expect(items).toMatchObject([
      { result: 'accepted' },
      { result: 'failed', error: { code: 'partly-accepted', ambiguous: true, repeat: 'safe' } },
    ]);
    expect(error).toBeUndefined();
  });

  it('is nothing to send if it is empty', async () => {
    const { client, requests } = worldApi();
    expect(await importAllAds(client, [])).toEqual({ items: [], counts: {}, error: undefined });
    expect(requests).toHaveLength(0);
  });
});

describe('a list of increments', () => {
  it('is added in requests of 500, and reads then include all of them', async () => {
    const { client, requests } = worldApi();
    const { counts, items } = await incrementAll(client, increments(1200));
    expect(sizesOf(requests)).toEqual([500, 500, 200]);
    expect([counts, items.length]).toEqual([{ accepted: 1200 }, 1200]);
    const { body } = await client.getCounters({ key: ['k0', 'k1', 'k699'] });
    // 0 and 700, 1 and 701, 699 alone.
    expect(body.counters.map(({ value }) => value)).toEqual([1 + 2, 2 + 3, 1]);
  });

  it('refuses what is invalid by itself, and counts the rest', async () => {
    const { client } = worldApi();
    const list = [
      { key: 'a', value: 1 },
      { key: '', value: 1 },
      { key: 'b', value: 0.5 },
      { key: 'a', value: 2n as unknown as number },
      { key: 'a', value: 2 },
    ];
    const { items } = await incrementAll(client, list);
    expect(items).toMatchObject([
      { key: 'a', value: 1, result: 'accepted' },
      { key: '', result: 'refused', errors: [{ path: 'key' }] },
      { key: 'b', result: 'refused', errors: [{ path: 'value' }] },
      { key: 'a', value: 2n, result: 'refused', errors: [{ path: 'value' }] },
      { key: 'a', value: 2, result: 'accepted' },
    ]);
    expect((await client.getCounter({ key: 'a' })).body.value).toBe(3);
  });

  it.each(['', 'ü', 'a b', 'x'.repeat(201)])('may not be named %j', async (name) => {
    const { client } = worldApi();
    const error = await rejection(incrementAll(client, increments(1), { name }));
    expect(error).toMatchObject({ code: 'invalid-input', repeat: 'safe' });
  });

  it('sent again under its name is counted once, wherever it broke off before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1300 }),
        fc.array(fc.constantFrom('ok', 'lost-before', 'lost-after', 'refused'), { maxLength: 8 }),
        fc.array(fc.nat(1299), { maxLength: 3 }),
        async (count, fates, invalid) => {
          const meddle: Meddle = async (request, index, send) => {
            if (request.method === 'GET') return undefined;
            const fate = fates[index];
            if (fate === 'lost-before') throw systemError('ECONNRESET')();
            if (fate === 'refused') return problem(403, 'forbidden')();
            if (fate !== 'lost-after') return undefined;
            await send();
            throw systemError('ECONNRESET')();
          };
          const { client } = worldApi({ meddle, policy: { triesMax: 1 } });
          const list = increments(count).map((one, i) =>
            invalid.includes(i) ? { key: 'bad', value: 0 } : one,
          );
          let done = await incrementAll(client, list, { name: 'upload-7' });
          for (let rounds = 0; done.error !== undefined && rounds < 10; rounds += 1) {
            expect(done.error.repeat).not.toBe('unsafe');
            done = await incrementAll(client, list, { name: 'upload-7' });
          }
          const refused = invalid.filter((i) => i < count);
          expect(done.error).toBeUndefined();
          expect(done.items).toHaveLength(count);
          const expected = new Map<string, number>();
          for (const { key, value } of list) expected.set(key, (expected.get(key) ?? 0) + value);
          expected.delete('bad');
          expect(done.counts['refused'] ?? 0).toBe(new Set(refused).size);
          for (const key of ['k0', 'k499', 'k500', 'k699'].filter((one) => expected.has(one)))
            expect([key, (await client.getCounter({ key })).body.value]).toEqual([key, expected.get(key)]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('tells of each increment of a 207, and gives no key with which it would be counted twice', async () => {
    let isPartly = true;
    const failed = [{ index: 1, ambiguous: true }];
    const meddle: Meddle = async (request, _index, send) => {
      if (!isPartly || request.method === 'GET') return undefined;
      // An answer that was lost before had logged all of it.
      await send();
      return answer(207, { accepted: 1, failed })();
    };
    const { client } = worldApi({ meddle, policy: { triesMax: 1 } });
    const list = increments(2);
    const { items, error } = await incrementAll(client, list, { name: 'upload-8' });
    expect([items[0]?.result, items[1]?.result, error]).toEqual(['accepted', 'failed', undefined]);
    expect(items[1]?.error).toMatchObject({ repeat: 'with-key', idempotencyKey: 'upload-8/1/0' });
    isPartly = false;
    const [, one = { key: '', value: 0 }] = list;
    const alone = client.increment({ body: one, idempotencyKey: items[1]?.error?.idempotencyKey });
    expect(await rejection(alone)).toMatchObject({ status: 422 });
    expect((await incrementAll(client, list, { name: 'upload-8' })).counts).toEqual({ accepted: 2 });
    expect((await client.getCounter({ key: one.key })).body.value).toBe(one.value);
  });

  it('without a name, says that a request without an answer can be repeated with its key alone', async () => {
    const meddle: Meddle = () => Promise.reject(systemError('ECONNRESET')());
    const { client } = worldApi({ meddle, policy: { triesMax: 2 } });
    const { error, counts } = await incrementAll(client, increments(2));
    expect([error?.repeat, error?.idempotencyKey, counts]).toEqual(['with-key', 'key-1', { failed: 2 }]);
  });
});
