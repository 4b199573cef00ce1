import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHttpWorld } from '../support/http-world.ts';

const id = '019a0000-0000-7000-8000-000000000000';
const targets = [
  ['POST', '/api/v1/ad'],
  ['PATCH', `/api/v1/ad/${id}`],
  ['POST', '/increment'],
  ['POST', '/increment?mode=sync'],
  ['POST', '/api/v1/increments'],
] as const;

const names = fc.constantFrom(
  ...['title', 'content', 'start_at', 'end_at', 'age_start', 'age_end', 'gender', 'country', 'platform'],
  ...['key', 'value', 'increments', '__proto__', 'constructor', 'toString', ''],
);
const values = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('2026-12-01T00:00:00Z', '2026-12-02 00:00:00', 'Five!', 'M', 'TW', 'ios', 1, 60, 1e21),
  fc.array(fc.dictionary(names, fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double()))),
);
/** Bodies that are JSON, nearly JSON, or bytes. */
const bodies = fc.oneof(
  { weight: 4, arbitrary: fc.dictionary(names, values).map((body) => JSON.stringify(body)) },
  { weight: 2, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uint8Array() },
);
const headers = fc.record(
  {
    'idempotency-key': fc.string(),
    'if-match': fc.oneof(fc.string(), fc.constantFrom('*', '"1"', 'W/"1"')),
    'if-none-match': fc.string(),
    'consistency-token': fc.oneof(
      fc.string(),
      fc.constantFrom('a1.1.s.1.1', 'a2.local.1.s.1.1', 'c2.dev.1.s.1.1.k'),
    ),
    prefer: fc.oneof(fc.string(), fc.constantFrom('wait=1', 'return=representation')),
    'content-type': fc.constantFrom('application/json', 'application/merge-patch+json', 'text/plain'),
  },
  { requiredKeys: ['content-type'], noNullPrototype: true },
);

describe('Whatever comes in', () => {
  it('never crashes a write, and is logged only when it is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), bodies, headers, async ([method, path], body, sent) => {
        const world = createHttpWorld();
        const reply = await world.send({ method, path, body, headers: sent });
        expect(reply.status).toBeLessThan(500);
        expect((await world.logged()) > 0).toBe(reply.status === 202);
      }),
      { numRuns: 200 },
    );
  });

  it('never crashes a read', async () => {
    const paths = fc.constantFrom(
      ...[
        '/api/v1/ad',
        '/api/v1/ads',
        '/api/v1/counters',
        '/api/v1/ad/',
        '/increment/',
        '/api/v1/counters/',
        '/',
      ],
    );
    const segment = fc.oneof(
      fc.string({ unit: 'binary' }).map(encode),
      fc.stringMatching(/^[%0-9a-fA-F]{0,12}$/),
    );
    const search = fc.array(
      fc.tuple(
        fc.constantFrom(
          'age',
          'country',
          'gender',
          'platform',
          'offset',
          'limit',
          'cursor',
          'key',
          '__proto__',
        ),
        fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String), fc.constantFrom('TW', 'M', 'ios')),
      ),
    );
    await fc.assert(
      fc.asyncProperty(paths, segment, search, headers, async (path, end, query, sent) => {
        const world = createHttpWorld();
        const full = path.endsWith('/') ? path + end : path;
        const text = query.map(([name, value]) => `${name}=${encode(value)}`).join('&');
        const reply = await world.send({ path: `${full}?${text}`, headers: sent });
        // A token for a write that never was is not met.
        if (reply.status >= 500)
          expect(reply.json).toMatchObject({ type: 'urn:adtally:problem:not-caught-up' });
        expect(await world.logged()).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
