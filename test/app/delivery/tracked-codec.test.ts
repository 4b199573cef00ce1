import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRecord } from '../../../lib/app/counters/read-record.ts';
import {
  encodeTracked,
  readTracked,
  readTrackedByReference,
} from '../../../lib/app/delivery/tracked-codec.ts';
import type { Tracked } from '../../../lib/core/delivery/tracked-event.ts';

const ad = '01890a5d-ac96-774b-bcce-b302099a8057';
const other = '01890a5d-ac96-774b-bcce-b302099a8058';
const id = '0123456789abcdef0123456789abcdef';
const impressions = `\u0001i#${ad}`;

const event: Tracked = {
  v: 1,
  type: 'Tracked',
  id,
  ad,
  kind: 'impression',
  at: 1_780_000_000_000,
  generation: 0,
  epoch: 118_666_668,
};
const all: Tracked = { ...event, kind: 'click', invalid: 'no-user-agent', traceparent: '00-ab-cd-01' };

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const read = (value: unknown, partitionKey = impressions) =>
  readTracked({ partitionKey, data: bytes(value) });

/** As a function gets it from Kinesis: its bytes are made only if they are read. */
function asBase64(data: Uint8Array, partitionKey: string) {
  const base64 = Buffer.from(data).toString('base64');
  return { partitionKey, data, base64 };
}

describe('a tracked event in the log', () => {
  it('is the JSON of its fields, in this order', () => {
    for (const one of [event, all, { ...event, invalid: 'bot' as const }])
      expect(Buffer.from(encodeTracked(one)).toString()).toBe(JSON.stringify(one));
  });

  it('is read as it was written', () => {
    expect(read(event)).toStrictEqual(event);
    expect(read(all, `\u0001c#${ad}`)).toStrictEqual(all);
    const quoted = { ...event, traceparent: 'é"\\\u2028' };
    const data = encodeTracked(quoted);
    expect(readTracked({ partitionKey: impressions, data })).toStrictEqual(quoted);
  });

  it('may have fields of a later release', () => {
    expect(read({ ...event, later: { a: 1 } })).toStrictEqual(event);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a version that this release does not read', { v: 2 }, 'version 2 of Tracked is newer'],
    ['a reason that it does not know', { invalid: 'bored' }, 'invalid: invalid_value'],
    ['a kind that it does not know', { kind: 'view' }, 'kind: invalid_value'],
    ['no claim', { id: 'x' }, 'id: '],
    ['no ad', { ad: 'x' }, 'ad: custom'],
    ['a generation below 0', { generation: -1 }, 'generation: too_small'],
    ['a part of an epoch', { epoch: 0.5 }, 'epoch: '],
    ['no arrival', { at: undefined }, 'at: '],
    ['another ad', { ad: other }, 'the partition key names another counter'],
    ['another kind', { kind: 'click' }, 'the partition key names another counter'],
    ['another type', { type: 'Incremented' }, 'type: invalid_value'],
  ])('is poison with %s', (_, fields, reason) => {
    const found = read({ ...event, ...fields });
    expect(found.type === 'poison' && found.reason).toContain(reason);
  });

  it('is poison if it is no JSON', () => {
    const data = Buffer.from('{"v":1');
    expect(readTracked({ partitionKey: impressions, data })).toStrictEqual({
      type: 'poison',
      reason: 'not JSON in UTF-8',
    });
  });

  it('is never written with fields that no reader takes', () => {
    const wrong: readonly Partial<Tracked>[] = [
      { id: 'x' },
      { ad: ad.toUpperCase() },
      { at: -1 },
      { at: 0.5 },
      { generation: -1 },
      { epoch: Number.NaN },
      { kind: 'view' as 'click' },
      { invalid: 'bored' as 'bot' },
    ];
    for (const fields of wrong)
      expect(() => encodeTracked({ ...event, ...fields })).toThrow('its own schema');
  });
});

describe('a record of the log of increments', () => {
  const increment = { v: 1, type: 'Incremented', id, key: 'a', value: '1', count: 1, keyed: false, at: 1 };

  it('is what its partition key says', () => {
    expect(readRecord({ partitionKey: impressions, data: bytes(event) })).toStrictEqual(event);
    expect(readRecord({ partitionKey: 'a', data: bytes(increment) })).toStrictEqual(increment);
  });

  it('is poison if its body is the other one', () => {
    for (const [partitionKey, body] of [
      ['a', event],
      [impressions, increment],
      [impressions, { ...increment, key: impressions }],
      ['\u0001i#none', { ...increment, key: '\u0001i#none' }],
    ] as const)
      expect(readRecord({ partitionKey, data: bytes(body) }).type).toBe('poison');
  });
});

describe('the fast way of reading', () => {
  const near = fc
    .tuple(
      fc.record({
        ad: fc.constantFrom(ad, other, ad.toUpperCase(), 'x', '-'.repeat(36)),
        kind: fc.constantFrom<unknown>('impression', 'click', 'view', 1),
        at: fc.constantFrom<unknown>(0, 5, 999_999_999_999_999, Number.MAX_SAFE_INTEGER, 1e21, -1, '1'),
        generation: fc.constantFrom<unknown>(0, 1, 4_294_967_296, 1.5, null),
        epoch: fc.constantFrom<unknown>(0, 118_666_668, -1),
        invalid: fc.constantFrom<unknown>(undefined, 'bot', 'prefetch', 'no-user-agent', 'bored', null),
        traceparent: fc.constantFrom<unknown>(undefined, 'x', 'é', '"', '\\', 5),
      }),
      fc.array(
        fc.tuple(
          fc.nat({ max: 250 }),
          fc.nat({ max: 2 }),
          fc.constantFrom('"', '\\', ' ', ',', '}', '0', 'e', '\u00e9', '\u0000', ':1'),
        ),
        { maxLength: 2 },
      ),
    )
    .map(([fields, edits]) => {
      let json = JSON.stringify({ v: 1, type: 'Tracked', id, ...fields });
      for (const [at, remove, insert] of edits) json = json.slice(0, at) + insert + json.slice(at + remove);
      return json;
    });

  it('says what the schema says, about events and near-events alike', () => {
    fc.assert(
      fc.property(near, fc.boolean(), (json, inLatin1) => {
        const data = Buffer.from(json, inLatin1 ? 'latin1' : 'utf8');
        for (const partitionKey of [impressions, `\u0001c#${ad}`, `\u0001i#${other}`]) {
          const expected = readTrackedByReference({ partitionKey, data });
          expect(readTracked({ partitionKey, data })).toStrictEqual(expected);
          expect(readTracked(asBase64(data, partitionKey))).toStrictEqual(expected);
        }
      }),
      { numRuns: 600 },
    );
  });
});
