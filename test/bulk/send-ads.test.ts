import { describe, expect, it } from '@jest/globals';
import { AdtallyError, type AdsImported, type Client } from '../../client/index.ts';
import { cutBatches } from '../../lib/bulk/batches.ts';
import type { AdRow } from '../../lib/bulk/ad-rows.ts';
import { sendAds, type Outcome } from '../../lib/bulk/send-ads.ts';

const rowsOf = (count: number, content = 'c'): AdRow[] =>
  Array.from({ length: count }, (_, i) => ({
    line: i + 2,
    ad: {
      ...{ external_id: `a-${i}`, title: 'Tea time', content },
      ...{ start_at: '2026-12-01T00:00:00Z', end_at: '2027-01-01T00:00:00Z' },
    },
  }));

describe('batches', () => {
  const sizes = (rows: readonly AdRow[]): number[] => cutBatches(rows).map((batch) => batch.length);

  it('have 500 ads at most', () => {
    expect(sizes(rowsOf(0))).toEqual([]);
    expect(sizes(rowsOf(500))).toEqual([500]);
    expect(sizes(rowsOf(1001))).toEqual([500, 500, 1]);
  });

  it('have as many bytes as the body of a request may have, at most, and no fewer ads than fit', () => {
    const rows = rowsOf(200, '台'.repeat(1000));
    const batches = cutBatches(rows);
    const bytes = batches.map((batch) =>
      Buffer.byteLength(JSON.stringify({ ads: batch.map(({ ad }) => ad) })),
    );
    expect(batches.flat()).toEqual(rows);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(262_144);
    // An ad has about 3,100 bytes.
    expect(Math.min(...bytes.slice(0, -1))).toBeGreaterThan(262_144 - 3300);
  });
});

type Call = Parameters<Client['importAds']>[0];
type Ads = NonNullable<AdsImported['ads']>;

/** An API that answers call n, from 0, with what `answer` gives. */
function fakeApi(
  answer: (call: number, ads: readonly { readonly external_id: string }[]) => Ads | undefined,
) {
  const calls: Call[] = [];
  const importAds = ((input: Call) => {
    calls.push(input);
    const ads = answer(calls.length - 1, input.body.ads);
    return Promise.resolve({
      status: 200,
      headers: {},
      body: { accepted: input.body.ads.length, ...(ads && { ads }) },
    });
  }) as Client['importAds'];
  return { calls, importAds };
}

const decided = (name: string, result: Ads[number]['result']): Ads[number] => ({
  ...{ external_id: name, result, id: null, version: null },
});

async function send(rows: readonly AdRow[], api: Pick<Client, 'importAds'>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await sendAds(api, rows, (outcome) => outcomes.push(outcome));
  return outcomes;
}

describe('an import', () => {
  it('reports each ad with its line, and gives each batch a key of its own', async () => {
    const api = fakeApi((_call, ads) => ads.map(({ external_id: name }) => decided(name, 'created')));
    const outcomes = await send(rowsOf(1200), api);
    expect(outcomes.map(({ line }) => line).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1200 }, (_, i) => i + 2),
    );
    expect(outcomes.every(({ external_id: name, line }) => name === `a-${line - 2}`)).toBe(true);
    expect(new Set(api.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
    expect(api.calls.every(({ prefer }) => prefer === 'wait=10')).toBe(true);
  });

  it('sends again what is not decided, alone and with another key, and reports it once', async () => {
    const api = fakeApi((call, ads) =>
      ads.map(({ external_id: name }) =>
        decided(name, call === 0 && name === 'a-1' ? 'accepted' : 'created'),
      ),
    );
    const outcomes = await send(rowsOf(3), api);
    expect(outcomes.map(({ line, result }) => `${line} ${result}`)).toEqual([
      '2 created',
      '4 created',
      '3 created',
    ]);
    expect(api.calls[1]?.body.ads.map(({ external_id: name }) => name)).toEqual(['a-1']);
    expect(api.calls[1]?.idempotencyKey).not.toBe(api.calls[0]?.idempotencyKey);
  });

  it('reports what is never decided, after six times', async () => {
    const api = fakeApi((_call, ads) => ads.map(({ external_id: name }) => decided(name, 'accepted')));
    expect((await send(rowsOf(2), api)).map(({ result }) => result)).toEqual(['accepted', 'accepted']);
    expect(api.calls).toHaveLength(6);
  });

  it('ends when only some of a batch are logged, and sends no further batch', async () => {
    const api = fakeApi((call, ads) =>
      call === 0 ? ads.map(({ external_id: name }) => decided(name, 'created')) : undefined,
    );
    const outcomes: Outcome[] = [];
    const sending = sendAds(api, rowsOf(3000), (outcome) => outcomes.push(outcome));
    await expect(sending).rejects.toThrow(AdtallyError);
    expect(outcomes).toHaveLength(500);
    expect(api.calls.length).toBeLessThan(5);
  });
});
