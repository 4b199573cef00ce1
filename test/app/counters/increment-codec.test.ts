import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  encodeIncrement,
  isIncremented,
  isIncrementedByReference,
  readByReference,
  readIncrement,
} from '../../../lib/app/counters/increment-codec.ts';
import { KinesisRecord } from '../../../lib/app/kinesis-event.ts';
import { eventValueMax, type Incremented } from '../../../lib/core/counters/increment-event.ts';
import { toPartitionKey } from '../../../lib/core/counters/counter-key.ts';

const id = '0123456789abcdef0123456789abcdef';
const event: Incremented = {
  v: 1,
  type: 'Incremented',
  id,
  key: 'ad-42',
  value: '7',
  count: 2,
  keyed: false,
  at: 5,
};

const text = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const read = (value: unknown, partitionKey = 'ad-42') => readIncrement({ partitionKey, data: text(value) });

/** The record as the function gets it from Kinesis. */
function kinesisRecord(data: Uint8Array, partitionKey: string): KinesisRecord {
  const base64 = Buffer.from(data).toString('base64');
  return new KinesisRecord({
    sequenceNumber: '1',
    partitionKey,
    data: base64,
    approximateArrivalTimestamp: 1,
  });
}

describe('an event on the wire', () => {
  it('is the JSON that it says', () => {
    expect(JSON.parse(Buffer.from(encodeIncrement(event)).toString())).toStrictEqual(event);
    expect(Buffer.from(encodeIncrement(event)).toString()).toBe(JSON.stringify(event));
  });

  it('comes back as it was', () => {
    const key = fc.oneof(
      fc.string({ minLength: 1, maxLength: 40 }),
      fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '__proto__', 'ключ', '😀'.repeat(256)),
    );
    const events = fc
      .record(
        {
          v: fc.constant<1>(1),
          type: fc.constant<'Incremented'>('Incremented'),
          id: fc.stringMatching(/^[0-9a-f]{32}$/),
          key,
          value: fc.bigInt({ min: 1n, max: eventValueMax }).map(String),
          count: fc.integer({ min: 1, max: 500 }),
          keyed: fc.boolean(),
          at: fc.maxSafeNat(),
          traceparent: fc.oneof(
            fc.string(),
            fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
          ),
        },
        { noNullPrototype: true, requiredKeys: ['v', 'type', 'id', 'key', 'value', 'count', 'keyed', 'at'] },
      )
      .filter((one) => isIncremented(one));
    fc.assert(
      fc.property(events, (one) => {
        const data = encodeIncrement(one);
        expect(readIncrement({ partitionKey: one.key, data })).toStrictEqual(one);
        expect(readIncrement(kinesisRecord(data, one.key))).toStrictEqual(one);
      }),
      { numRuns: 200 },
    );
  });

  it('may carry fields from a later version of the producer', () => {
    expect(read({ ...event, region: 'eu', nested: { a: [1] } })).toStrictEqual(event);
  });

  it('may come through a lane of its counter', () => {
    expect(read(event, toPartitionKey('ad-42', 'l1'))).toStrictEqual(event);
  });
});

const refused: readonly (readonly [string, unknown, string])[] = [
  ['garbage', 'garbage', 'not JSON in UTF-8'],
  ['nothing', '', 'not JSON in UTF-8'],
  ['half an event', JSON.stringify(event).slice(0, -1), 'not JSON in UTF-8'],
  ['a list', [event], 'body: invalid_type'],
  ['null', null, 'body: invalid_type'],
  [
    'a later version',
    { ...event, v: 2 },
    'version 2 of Incremented is newer than this release reads (1): redrive it with a later release',
  ],
  ['a version before the first', { ...event, v: 0 }, 'v: invalid_value'],
  ['a version as text', { ...event, v: '2' }, 'v: invalid_value'],
  ['another event', { ...event, type: 'AdCreated' }, 'type: invalid_value'],
  ['an id in capitals', { ...event, id: id.toUpperCase() }, 'id: invalid_format'],
  ['an id too short', { ...event, id: 'abc' }, 'id: invalid_format'],
  ['an empty key', { ...event, key: '' }, 'key: custom'],
  ['a value of zero', { ...event, value: '0' }, 'value: custom'],
  ['a negative value', { ...event, value: '-1' }, 'value: custom'],
  ['a value with an exponent', { ...event, value: '1e400' }, 'value: custom'],
  ['a value with a leading zero', { ...event, value: '07' }, 'value: custom'],
  ['a value one too large', { ...event, value: (eventValueMax + 1n).toString() }, 'value: custom'],
  ['a value as a number', { ...event, value: 7 }, 'value: invalid_type'],
  ['a count of zero', { ...event, count: 0 }, 'count: too_small'],
  ['a count of 501', { ...event, count: 501 }, 'count: too_big'],
  ['a count of one and a half', { ...event, count: 1.5 }, 'count: invalid_type'],
  ['keyed as text', { ...event, keyed: 'true' }, 'keyed: invalid_type'],
  ['an instant before 1970', { ...event, at: -1 }, 'at: too_small'],
  ['another counter', { ...event, key: 'ad-43' }, 'the partition key names another counter'],
];

describe('what is no event', () => {
  it.each(refused)('is poison with a reason: %s', (_name, body, reason) => {
    expect(read(body)).toStrictEqual({ type: 'poison', reason });
  });

  it('is bytes that are not UTF-8, also where an event has its key', () => {
    const bytes = Buffer.from(JSON.stringify({ ...event, key: 'ad-4é' }), 'latin1');
    expect(readIncrement({ partitionKey: 'ad-4é', data: bytes })).toStrictEqual({
      type: 'poison',
      reason: 'not JSON in UTF-8',
    });
    expect(readIncrement(kinesisRecord(bytes, 'ad-4é'))).toStrictEqual({
      type: 'poison',
      reason: 'not JSON in UTF-8',
    });
  });

  it('never says more of the body than where it is wrong', () => {
    const reasons = refused.map(([, body]) => JSON.stringify(read(body)));
    expect(reasons.filter((reason) => reason.includes('ad-4') || reason.includes('ABCDEF'))).toStrictEqual(
      [],
    );
  });

  it('never gets into the log', () => {
    expect(() => encodeIncrement({ ...event, value: '0' })).toThrow('breaks its own schema');
    expect(() => encodeIncrement({ ...event, key: 'a\u0000' })).toThrow('breaks its own schema');
  });
});

describe('the counter that a partition key names', () => {
  /** Of an event of ad-42; ways to write it that the fast reader knows, and one that it does not. */
  it.each([
    ['ad-42', true],
    ['ad-42\u0001', true],
    ['ad-42\u00017', true],
    ['ad-42\u00017.3', true],
    ['ad-42\u0001x\u0001y', true],
    ['ad-421', false],
    ['ad-42 ', false],
    ['ad-42.7', false],
    ['ad-42\u00027', false],
    ['ad-4', false],
    ['Ad-42', false],
    ['xad-42', false],
    ['\u0001ad-42', false],
    ['7\u0001ad-42', false],
  ])('%j is that of the event: %p', (partitionKey, itIs) => {
    for (const data of [encodeIncrement(event), text({ ...event, later: true })]) {
      for (const record of [{ partitionKey, data }, kinesisRecord(data, partitionKey)]) {
        expect(readIncrement(record)).toEqual(
          itIs ? event : { type: 'poison', reason: 'the partition key names another counter' },
        );
      }
    }
  });
});

it('a record without a partition key is poison, whatever it says', () => {
  for (const data of [encodeIncrement(event), text({ ...event, later: true }), text({})]) {
    for (const record of [{ partitionKey: '', data }, kinesisRecord(data, '')])
      expect(readIncrement(record)).toEqual({ type: 'poison', reason: 'no partition key' });
  }
});

describe('a reserved key', () => {
  const canary: Incremented = { ...event, key: '\u0001canary' };

  it('is that of an increment if it is the canary’s, under its own partition key', () => {
    const data = encodeIncrement(canary);
    for (const record of [{ partitionKey: canary.key, data }, kinesisRecord(data, canary.key)]) {
      expect(readIncrement(record)).toEqual(canary);
    }
    for (const partitionKey of ['canary', '\u0001', '\u0001canary\u00013', '']) {
      expect(readIncrement({ partitionKey, data })).toMatchObject({ type: 'poison' });
    }
  });

  it.each([
    '\u0001',
    '\u0001usage/2026-01-01/calls/p',
    '\u0001canaries',
    '\u0001Canary',
    '\u0001canary\u0001',
  ])('is none otherwise: %j', (key) => {
    expect(() => encodeIncrement({ ...event, key })).toThrow('breaks its own schema');
    expect(readIncrement({ partitionKey: key, data: text({ ...event, key }) })).toMatchObject({
      type: 'poison',
    });
  });
});

describe('the fast ways', () => {
  /** Text near the canonical form: an event with some characters of it changed. */
  const mutated = fc
    .tuple(
      fc.record({
        key: fc.constantFrom('ad-42', 'é', '"', 'a\\b', '\u007f'),
        value: fc.constantFrom(
          '1',
          '0',
          '01',
          '999999999999999999',
          '4503599627370495500',
          '4503599627370495501',
        ),
        count: fc.constantFrom<unknown>(1, 500, 501, 999, 1000, 0, '1', 1.5),
        keyed: fc.constantFrom<unknown>(true, false, 1),
        at: fc.constantFrom<unknown>(0, 5, 999_999_999_999_999, Number.MAX_SAFE_INTEGER, 1e21, -1, null),
        traceparent: fc.constantFrom<unknown>(undefined, 'x', 'é', '"', '\\', '\n', 5, null),
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
      let json = JSON.stringify({ v: 1, type: 'Incremented', id, ...fields });
      for (const [at, remove, insert] of edits) json = json.slice(0, at) + insert + json.slice(at + remove);
      return { json, key: fields.key };
    });

  it('of reading says what the schema says, about events and near-events alike', () => {
    fc.assert(
      fc.property(mutated, fc.boolean(), ({ json, key }, inLatin1) => {
        const data = Buffer.from(json, inLatin1 ? 'latin1' : 'utf8');
        for (const partitionKey of [key, 'ad-42', toPartitionKey(key, 'x')]) {
          const expected = readByReference({ partitionKey, data });
          expect(readIncrement({ partitionKey, data })).toStrictEqual(expected);
          expect(readIncrement(kinesisRecord(data, partitionKey))).toStrictEqual(expected);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('of checking before writing says what the schema says', () => {
    const near = fc.record({
      v: fc.constant<1>(1),
      type: fc.constant<'Incremented'>('Incremented'),
      id: fc.constantFrom(id, id.slice(1), `${id}0`, id.replace('a', 'g'), `${id}\n`),
      key: fc.oneof(
        fc.string({ maxLength: 3, unit: 'binary' }),
        fc.constantFrom('', 'a'.repeat(257), '\ud800'),
      ),
      value: fc.constantFrom(
        '1',
        '0',
        '',
        '01',
        '4503599627370495500',
        '4503599627370495501',
        '99999999999999999999',
        '1\n',
      ),
      count: fc.constantFrom(1, 500, 501, 0, -1, 1.5, NaN, Infinity, -0),
      keyed: fc.boolean(),
      at: fc.constantFrom(0, -0, 1, -1, 0.5, NaN, Number.MAX_SAFE_INTEGER, 2 ** 53),
    });
    fc.assert(
      fc.property(near, (one) => {
        expect(isIncremented(one)).toBe(isIncrementedByReference(one));
      }),
      { numRuns: 600 },
    );
  });
});
