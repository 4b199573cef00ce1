import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AssertionError } from '../../../lib/core/assert.ts';
import { claimsPerChunkMax, firstChunk, type CountChunk } from '../../../lib/core/counters/chunk.ts';
import {
  type CounterRecord,
  dropSettled,
  isSettled,
  type Poison,
  toRepeats,
} from '../../../lib/core/counters/counter-record.ts';
import { groupRecords } from '../../../lib/core/counters/group-records.ts';
import { eventValueMax, type Incremented } from '../../../lib/core/counters/increment-event.ts';
import { markValue } from '../../../lib/core/log-position.ts';
import { toPartitionKey } from '../../../lib/core/counters/counter-key.ts';
import { runs } from '../runs.ts';

const shard = { epoch: '1', shardId: 'shardId-000000000000' };

interface Body {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly body: Incremented | Poison;
}

function event(fields: Partial<Incremented>): Incremented {
  const base = {
    v: 1,
    type: 'Incremented',
    id: 'e',
    key: 'a',
    value: '1',
    count: 1,
    keyed: false,
    at: 5,
  } as const;
  return { ...base, ...fields };
}

function record(
  number: number | bigint | string,
  fields: Partial<Incremented> | Poison = {},
  lane = '',
): Body {
  const body = 'reason' in fields ? fields : event({ id: `e${number}`, ...fields });
  const key = 'key' in body ? body.key : 'a';
  return { sequenceNumber: String(number), partitionKey: toPartitionKey(key, lane), body };
}

const poison: Poison = { type: 'poison', reason: 'no' };

function group(...bodies: readonly Body[]): readonly CounterRecord[] {
  const [only, ...others] = groupRecords(shard, bodies, ({ body }) => body);
  expect(others).toStrictEqual([]);
  return only?.records ?? [];
}

function chunks(records: readonly CounterRecord[]): unknown[] {
  const all: unknown[] = [];
  let rest = records;
  for (let chunk = firstChunk(rest); chunk !== undefined; chunk = firstChunk(rest)) {
    all.push(chunk);
    rest = rest.slice(chunk.type === 'count' ? chunk.size : 1);
  }
  return all;
}

describe('grouping a batch', () => {
  it('makes one group per counter, lanes of one counter together', () => {
    const bodies = [record(1), record(2, { key: 'b' }), record(3, {}, 'lane')];
    const groups = groupRecords(shard, bodies, ({ body }) => body);
    expect(
      groups.map(({ counterKey, records }) => [counterKey, records.map(({ index }) => index)]),
    ).toStrictEqual([
      ['a', [0, 2]],
      ['b', [1]],
    ]);
  });

  it('orders by number, not by text and not by place', () => {
    const records = group(record(10), record(9), record('008'), record(100));
    expect(records.map(({ sequenceNumber }) => sequenceNumber)).toStrictEqual(['008', '9', '10', '100']);
  });

  it('orders two numbers that are in order as texts alone', () => {
    const records = group(record(10), record(9));
    expect(records.map(({ sequenceNumber }) => sequenceNumber)).toStrictEqual(['9', '10']);
  });

  it('keeps numbers of 56 digits apart that are one as floats', () => {
    const base = 49_680_425_110_000_000_000_000_000_000_000_000_000_000_000_000_000_000_002n;
    const records = group(record(base + 1n), record(base));
    expect(records.map(({ sequenceNumber }) => BigInt(sequenceNumber))).toStrictEqual([base, base + 1n]);
  });

  it('makes a repeat of an event id that occurs again', () => {
    const records = group(record(1, { id: 'x' }), record(2, { id: 'x', count: 3 }));
    expect(records.map(({ content }) => content.type)).toStrictEqual(['Incremented', 'repeat']);
  });

  it('keeps the marks of a key and of the same key with an empty lane apart', () => {
    const bodies = ['a', 'a\u0001', 'a\u0001x'].map((partitionKey, i) => ({
      sequenceNumber: String(i),
      partitionKey,
      body: poison,
    }));
    for (const order of [bodies, bodies.toReversed()]) {
      const groups = groupRecords(shard, order, ({ body }) => body);
      expect(groups.map(({ counterKey, records }) => [counterKey, records.length])).toStrictEqual([['a', 3]]);
      expect(new Set(groups[0]!.records.map(({ markAttribute }) => markAttribute)).size).toBe(3);
    }
  });

  it('never lets an ill-formed partition key share the mark of another', () => {
    const bodies = ['\ud800', '\ufffd', '\udc00'].map((partitionKey, i) => ({
      sequenceNumber: String(i),
      partitionKey,
      body: poison,
    }));
    const groups = groupRecords(shard, bodies, ({ body }) => body);
    const attributes = groups.flatMap(({ records }) => records.map(({ markAttribute }) => markAttribute));
    expect(groups.every(({ counterKey }) => counterKey === '\ufffd')).toBe(true);
    expect(new Set(attributes).size).toBe(3);
    expect(attributes.every((attribute) => attribute.isWellFormed())).toBe(true);
  });
});

describe('the first chunk', () => {
  it('adds up all plain records of a counter', () => {
    const [chunk, ...rest] = chunks(
      group(record(7, { value: '2', at: 9 }), record(8, { value: '40', count: 2, at: 4 })),
    );
    expect(rest).toStrictEqual([]);
    expect(chunk).toStrictEqual({
      type: 'count',
      size: 2,
      sum: 42n,
      series: [],
      count: 3,
      repeats: 0,
      claims: [],
      marks: [{ attribute: 'hw|1|shardId-000000000000|', first: '7', last: '8' }],
      oldestAtMs: 4,
    });
  });

  it('stands alone for a record that cannot be counted', () => {
    const types = chunks(group(record(1), record(2, poison), record(3), record(4, poison)));
    expect(types).toMatchObject([
      { type: 'count', size: 1 },
      { type: 'give-up', reason: 'no', record: { sequenceNumber: '2' } },
      { type: 'count', size: 1 },
      { type: 'give-up', record: { sequenceNumber: '4' } },
    ]);
  });

  it('holds at most 99 claims; plain records ride along', () => {
    const bodies = Array.from({ length: 250 }, (_, i) => record(i, { keyed: i % 5 !== 0 }));
    const found = chunks(group(...bodies)) as CountChunk[];
    expect(found.map(({ claims }) => claims.length)).toStrictEqual([99, 99, 2]);
    expect(found.map(({ size }) => size)).toStrictEqual([124, 124, 2]);
    expect(claimsPerChunkMax).toBe(99);
  });

  it('takes plain records also behind its last claim', () => {
    const bodies = Array.from({ length: 103 }, (_, i) => record(i, { keyed: i < 99 || i === 101 }));
    const found = chunks(group(...bodies)) as CountChunk[];
    expect(found.map(({ size, claims }) => [size, claims.length])).toStrictEqual([
      [101, 99],
      [2, 1],
    ]);
  });

  it('tells the earliest request, wherever it stands', () => {
    const ats = [[4, 9, 6], [9, 4, 6], [9, 6, 4], [4]];
    const oldest = ats.map(
      (list) => firstChunk(group(...list.map((at, i) => record(i, { at })))) as CountChunk,
    );
    expect(oldest.map(({ oldestAtMs }) => oldestAtMs)).toStrictEqual([4, 4, 4, 4]);
  });

  it('adds nothing for repeats but moves the mark over them', () => {
    const records = group(record(1, { id: 'x', keyed: true }), record(2, { id: 'x', keyed: true, count: 4 }));
    expect(chunks(toRepeats(records, new Set(['x'])))).toMatchObject([
      {
        sum: 0n,
        count: 0,
        repeats: 5,
        claims: [],
        marks: [{ first: '1', last: '2' }],
        oldestAtMs: undefined,
      },
    ]);
  });

  it('makes repeats of the events that were counted, and of no others', () => {
    const records = group(record(1, { id: 'x', count: 3 }), record(2, { id: 'y' }), record(3, poison));
    const [x, ...others] = records;
    expect(toRepeats(records, new Set(['x', 'z']))).toStrictEqual([
      { ...x, content: { type: 'repeat', count: 3 } },
      ...others,
    ]);
  });

  it('moves one mark per partition key', () => {
    const records = group(record(1), record(2, {}, 'x'), record(3), record(4, {}, 'y'), record(5, {}, 'x'));
    expect((firstChunk(records) as CountChunk).marks).toStrictEqual([
      { attribute: 'hw|1|shardId-000000000000|', first: '1', last: '3' },
      { attribute: 'hw|1|shardId-000000000000|x', first: '2', last: '5' },
      { attribute: 'hw|1|shardId-000000000000|y', first: '4', last: '4' },
    ]);
  });

  it('adds exactly, whatever the sizes', () => {
    const value = fc.oneof(
      fc.bigInt({ min: 1n, max: eventValueMax }),
      fc.bigInt({ min: 1n, max: 10n ** 12n }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (values) => {
        const records = group(...values.map((amount, i) => record(i, { value: amount.toString() })));
        expect((firstChunk(records) as CountChunk).sum).toBe(
          values.reduce((sum, amount) => sum + amount, 0n),
        );
      }),
    );
  });

  it('adds thousands of the largest small values exactly', () => {
    const records = group(...Array.from({ length: 10_000 }, (_, i) => record(i, { value: '999999999999' })));
    expect((firstChunk(records) as CountChunk).sum).toBe(9_999_999_999_990_000n);
  });
});

describe('what a mark settles', () => {
  it('drops the records at or below it and keeps the rest', () => {
    const records = group(record(9), record(10), record(11));
    const item = { 'hw|1|shardId-000000000000|': markValue('10', 1000) };
    expect(dropSettled(records, item).map(({ sequenceNumber }) => sequenceNumber)).toStrictEqual(['11']);
  });

  it('is nothing to other lanes, shards and epochs', () => {
    const records = group(record(9), record(10));
    const item = {
      'hw|1|shardId-000000000000|x': markValue('99', 1000),
      'hw|1|shardId-000000000001|': markValue('99', 1000),
      'hw|2|shardId-000000000000|': markValue('99', 1000),
    };
    expect(dropSettled(records, item)).toStrictEqual(records);
    expect(dropSettled(records, undefined)).toStrictEqual(records);
  });

  it('is an error when it is no text, rather than a record counted twice', () => {
    expect(() => isSettled(10, '9')).toThrow(AssertionError);
  });
});

describe('folding, whatever the batches', () => {
  interface Drawn {
    readonly id: number;
    readonly value: bigint;
    readonly keyed: boolean;
    readonly poison: boolean;
    readonly lane: '' | 'x';
  }
  const drawn: fc.Arbitrary<Drawn> = fc.record({
    id: fc.nat({ max: 30 }),
    value: fc.bigInt({ min: 1n, max: 2n ** 60n }),
    keyed: fc.boolean(),
    poison: fc.boolean(),
    lane: fc.constantFrom<'' | 'x'>('', 'x'),
  });

  /** A counter item and claims, driven by chunks as the aggregator drives a store. */
  class Model {
    readonly item: Record<string, string> = {};
    total = 0n;
    givenUp: string[] = [];
    readonly claims = new Set<string>();

    settle(bodies: readonly Body[]): void {
      let rest = dropSettled(group(...bodies), this.item);
      for (let turn = 0; rest.length > 0; turn += 1) {
        expect(turn).toBeLessThan(1000);
        const chunk = firstChunk(rest)!;
        if (chunk.type === 'rights') throw new Error('an order where none was logged');
        if (chunk.type === 'give-up') {
          this.givenUp.push(chunk.record.sequenceNumber);
          this.item[chunk.record.markAttribute] = markValue(chunk.record.sequenceNumber, 0);
          rest = rest.slice(1);
          continue;
        }
        const known = chunk.claims.filter((id) => this.claims.has(id));
        if (known.length > 0) {
          rest = toRepeats(rest, new Set(known));
          continue;
        }
        for (const id of chunk.claims) this.claims.add(id);
        this.total += chunk.sum;
        for (const { attribute, last } of chunk.marks) this.item[attribute] = markValue(last, 0);
        rest = rest.slice(chunk.size);
      }
    }
  }

  it('counts every event id once', () => {
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 60, size: 'max' }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 8, size: 'max' }),
        (list, cuts) => {
          // Events that are logged more than once are keyed; the others get an id of their own.
          const bodies = list.map(({ id, value, keyed, lane, ...rest }, i) =>
            record(
              i + 5,
              rest.poison
                ? poison
                : { id: keyed ? `k${id}` : `p${i}`, value: (value + BigInt(id)).toString(), keyed },
              lane,
            ),
          );
          // Copies of one event say the same.
          const seen = new Map<string, bigint>();
          const same = bodies.map((one) => {
            if (one.body.type === 'poison') return one;
            const first = seen.get(one.body.id) ?? BigInt(one.body.value);
            seen.set(one.body.id, first);
            return { ...one, body: { ...one.body, value: first.toString() } };
          });
          const model = new Model();
          const places = [
            0,
            ...cuts.map((cut) => Math.min(cut, same.length)).sort((a, b) => a - b),
            same.length,
          ];
          for (let i = 0; i + 1 < places.length; i += 1) {
            // Each batch overlaps what was settled before it.
            model.settle(same.slice(Math.max(0, places[i]! - 3), places[i + 1]));
          }
          expect(model.total).toBe([...seen.values()].reduce((sum, value) => sum + value, 0n));
          expect(model.givenUp).toStrictEqual(
            same.filter(({ body }) => body.type === 'poison').map(({ sequenceNumber }) => sequenceNumber),
          );
        },
      ),
      runs(300),
    );
  });
});
