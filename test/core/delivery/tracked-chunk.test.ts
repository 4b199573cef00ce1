import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstChunk, type CountChunk } from '../../../lib/core/counters/chunk.ts';
import {
  dropSettled,
  judgeTracked,
  toRepeats,
  type CounterRecord,
  type Poison,
} from '../../../lib/core/counters/counter-record.ts';
import { groupRecords } from '../../../lib/core/counters/group-records.ts';
import { markValue } from '../../../lib/core/log-position.ts';
import { fenceCondition } from '../../../lib/core/delivery/goals/fence.ts';
import type { Tracked } from '../../../lib/core/delivery/tracked-event.ts';
import { conditionHolds } from '../../../lib/adapters/items/conditions.ts';
import { adId, expectedNumbers } from '../../support/tracked-world.ts';

const shard = { epoch: '1', shardId: 'shardId-000000000000' };
const mark = 'hw|1|shardId-000000000000|';

interface Body {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly body: Tracked | Poison;
}

function record(number: number, fields: Partial<Tracked> | Poison = {}): Body {
  const kind = 'kind' in fields ? fields.kind : 'impression';
  const body: Tracked | Poison =
    'reason' in fields
      ? fields
      : {
          ...{ v: 1, type: 'Tracked', id: `e${number}`, ad: adId(1), kind: 'impression', at: 5 },
          ...{ generation: 0, epoch: 7 },
          ...fields,
        };
  const partitionKey = `\u0001${kind === 'click' ? 'c' : 'i'}#${adId(1)}`;
  return { sequenceNumber: String(number), partitionKey, body };
}

const poison: Poison = { type: 'poison', reason: 'no' };

function group(...bodies: readonly Body[]): readonly CounterRecord[] {
  const [only, ...others] = groupRecords(shard, bodies, ({ body }) => body);
  expect(others).toStrictEqual([]);
  return only?.records ?? [];
}

function chunkOf(...bodies: readonly Body[]): CountChunk {
  return firstChunk(group(...bodies)) as CountChunk;
}

describe('a chunk of an ad', () => {
  it('adds to each number of its records in one write', () => {
    const chunk = chunkOf(
      record(7, { id: 'x' }),
      record(8, { id: 'x' }),
      record(9, { id: 'y' }),
      record(10, { id: 'x', invalid: 'bot' }),
      record(11, { id: 'z', invalid: 'no-user-agent' }),
      record(12, { id: 'x', invalid: 'bot' }),
    );
    expect(chunk).toStrictEqual({
      type: 'count',
      size: 6,
      sum: 2n,
      series: [],
      count: 2,
      repeats: 0,
      claims: ['x', 'y'],
      marks: [{ attribute: mark, first: '7', last: '12' }],
      oldestAtMs: undefined,
      tracked: {
        uncounted: new Map([
          ['duplicate', 1n],
          ['invalid_bot', 2n],
          ['invalid_no_user_agent', 1n],
        ]),
        fence: { generation: 0, inTimeFrom: Infinity, lateThrough: undefined },
        rights: new Map(),
      },
    });
  });

  it('claims nothing for an invalid event, which does not take the count from one that comes after it', () => {
    const { claims, sum } = chunkOf(record(1, { id: 'x', invalid: 'prefetch' }), record(2, { id: 'x' }));
    expect({ claims, sum }).toStrictEqual({ claims: ['x'], sum: 1n });
  });

  it('ends where a record needs another generation; invalid ones need none', () => {
    const bodies = [
      record(1, { generation: 1 }),
      record(2, { generation: 0, invalid: 'bot' }),
      record(3, { generation: 1 }),
      record(4, { generation: 2 }),
    ];
    const chunk = chunkOf(...bodies);
    expect({ size: chunk.size, fence: chunk.tracked?.fence }).toStrictEqual({
      size: 3,
      fence: { generation: 1, inTimeFrom: 7, lateThrough: undefined },
    });
  });

  it('tells the rights of its impressions by epoch, and needs the first of these epochs open', () => {
    const { tracked } = chunkOf(
      record(1, { generation: 3, epoch: 12 }),
      record(2, { generation: 3, epoch: 8 }),
      record(3, { generation: 3, epoch: 12 }),
      record(4, { generation: 3, epoch: 4, kind: 'impression', invalid: 'bot' }),
    );
    expect(tracked).toStrictEqual({
      uncounted: new Map([['invalid_bot', 1n]]),
      fence: { generation: 3, inTimeFrom: 8, lateThrough: undefined },
      rights: new Map([
        [12, 2n],
        [8, 1n],
      ]),
    });
  });

  it('ends where a late record stands behind one in time whose epoch is not later', () => {
    const records = judgeTracked(
      group(
        record(1, { generation: 1, epoch: 8 }),
        record(2, { generation: 1, epoch: 4 }),
        record(3, { generation: 1, epoch: 12 }),
      ),
      { generation: 1n, closed: 7n },
    );
    const chunk = firstChunk(records) as CountChunk;
    expect({ size: chunk.size, fence: chunk.tracked?.fence }).toStrictEqual({
      size: 3,
      fence: { generation: 1, inTimeFrom: 8, lateThrough: 4 },
    });
    // Verdicts of different items: no item fits both.
    const [first, , last] = records;
    const [late] = judgeTracked([last!], { generation: 1n, closed: 12n });
    expect((firstChunk([first!, late!]) as CountChunk).size).toBe(1);
  });

  it('of clicks needs no generation', () => {
    const chunk = chunkOf(
      record(1, { kind: 'click', generation: 1 }),
      record(2, { kind: 'click', generation: 2 }),
    );
    expect({ size: chunk.size, sum: chunk.sum, tracked: chunk.tracked }).toStrictEqual({
      size: 2,
      sum: 2n,
      tracked: { uncounted: new Map(), fence: undefined, rights: new Map() },
    });
  });

  it('has a record that the batch has twice once', () => {
    const again = record(2, { id: 'y', invalid: 'bot' });
    const chunk = chunkOf(
      record(1, { id: 'x' }),
      again,
      record(1, { id: 'x' }),
      again,
      record(3, { id: 'x' }),
    );
    expect({ size: chunk.size, sum: chunk.sum, uncounted: chunk.tracked?.uncounted }).toStrictEqual({
      size: 3,
      sum: 1n,
      uncounted: new Map([
        ['invalid_bot', 1n],
        ['duplicate', 1n],
      ]),
    });
  });

  it('leaves poison to a chunk of its own', () => {
    const records = group(record(1), record(2, poison), record(3));
    expect([records.length, (firstChunk(records) as CountChunk).size]).toStrictEqual([3, 1]);
  });
});

describe('a tracked record judged anew', () => {
  it('counts by itself again if the record that it repeats is not with it any more', () => {
    const records = group(record(1, { id: 'x' }), record(2, { id: 'x' }), record(3, { id: 'x' }));
    const rest = judgeTracked(dropSettled(records, { [mark]: markValue('1', 0) }), undefined);
    expect(rest.map(({ content }) => content.type)).toStrictEqual(['Tracked', 'uncounted']);
  });

  it('stays a duplicate once its claim was found', () => {
    const found = toRepeats(group(record(1, { id: 'x' }), record(2, { id: 'y' })), new Set(['x']));
    const judged = judgeTracked(found, {}).map(({ content }) =>
      'as' in content ? content.as : content.type,
    );
    expect(judged).toStrictEqual(['duplicate', 'Tracked']);
  });

  it('is late if its counter has another generation, claimed or not, and invalid events stay invalid', () => {
    const records = group(
      record(1, { id: 'x' }),
      record(2, { id: 'y', generation: 1 }),
      record(3, { id: 'z', invalid: 'bot' }),
    );
    const judged = judgeTracked(toRepeats(records, new Set(['x'])), { generation: 1n });
    expect(judged.map(({ content }) => ('as' in content ? content.as : content.type))).toStrictEqual([
      'late',
      'Tracked',
      'Tracked',
    ]);
  });
});

describe('folding tracked records, whatever the batches', () => {
  interface Drawn {
    readonly id: number;
    readonly kind: 'impression' | 'click';
    readonly invalid: Tracked['invalid'];
    readonly generation: number;
    readonly epoch: number;
  }
  const drawn: fc.Arbitrary<Drawn> = fc.record({
    id: fc.nat({ max: 12 }),
    kind: fc.constantFrom('impression', 'impression', 'click'),
    invalid: fc.constantFrom(undefined, undefined, undefined, 'bot', 'prefetch', 'no-user-agent'),
    generation: fc.constantFrom(0, 0, 0, 1, 1, 2),
    epoch: fc.nat({ max: 3 }),
  });

  /** Counter items and claims, driven by chunks as the aggregator drives a store. */
  class Model {
    readonly items: Record<string, Record<string, string | bigint>> = {};
    readonly claims = new Set<string>();

    settle(bodies: readonly Body[]): void {
      for (const { counterKey, records } of groupRecords(shard, bodies, ({ body }) => body))
        this.#settle((this.items[counterKey] ??= {}), records);
    }

    /** As RightsOpened will: from now on. */
    raise(generation: number): void {
      (this.items[`\u0001i#${adId(1)}`] ??= {})['generation'] = BigInt(generation);
    }

    /** As RightsClosed will: from now on. */
    close(epoch: number): void {
      const item = (this.items[`\u0001i#${adId(1)}`] ??= {});
      item['closed'] = BigInt(Math.max(epoch, Number(item['closed'] ?? -1)));
    }

    #settle(item: Record<string, string | bigint>, records: readonly CounterRecord[]): void {
      let rest = records;
      for (let turn = 0; rest.length > 0; turn += 1) {
        expect(turn).toBeLessThan(1000);
        const chunk = firstChunk(rest) as CountChunk;
        const isPassed = dropSettled(rest.slice(0, chunk.size), item).length < chunk.size;
        const fence = chunk.tracked?.fence;
        if (isPassed || (fence !== undefined && !conditionHolds(fenceCondition(fence), item))) {
          rest = judgeTracked(dropSettled(rest, item), item);
          continue;
        }
        const known = chunk.claims.filter((id) => this.claims.has(id));
        if (known.length > 0) {
          rest = toRepeats(rest, new Set(known));
          continue;
        }
        for (const id of chunk.claims) this.claims.add(id);
        for (const { attribute, last } of chunk.marks) item[attribute] = markValue(last, 0);
        const adds = new Map<string, bigint>([...(chunk.tracked?.uncounted ?? []), ['total', chunk.sum]]);
        for (const [name, value] of adds)
          if (value > 0n) item[name] = ((item[name] as bigint | undefined) ?? 0n) + value;
        rest = rest.slice(chunk.size);
      }
    }

    numbers(): Record<string, Record<string, unknown>> {
      const isNumber = ([name]: [string, unknown]): boolean =>
        !name.startsWith('hw|') && name !== 'generation' && name !== 'closed';
      const found = Object.entries(this.items).map(
        ([key, item]) => [key, Object.fromEntries(Object.entries(item).filter(isNumber))] as const,
      );
      return Object.fromEntries(found.filter(([, numbers]) => Object.keys(numbers).length > 0));
    }
  }

  it('puts each record into the one number that a plain loop says', () => {
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 40, size: 'max' }),
        fc.array(
          fc.record({
            place: fc.nat({ max: 40 }),
            back: fc.nat({ max: 5 }),
            isRaised: fc.boolean(),
            close: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
          }),
          { maxLength: 8 },
        ),
        (list, cuts) => {
          // A claim is of one decision and kind, whose generation and epoch never change.
          const decisions = new Map<string, Pick<Drawn, 'generation' | 'epoch'>>();
          const bodies = list.map(({ id, kind, invalid, ...drawn }, i) => {
            const claim = `${kind}-${id}`;
            const { generation, epoch } = decisions.get(claim) ?? drawn;
            decisions.set(claim, { generation, epoch });
            return record(i + 5, { id: claim, kind, generation, epoch, ...(invalid && { invalid }) });
          });
          const model = new Model();
          const fences = new Map<number, { generation: number; closed: number }>();
          let fence = { generation: 0, closed: -1 };
          let done = 0;
          const last = { place: bodies.length, back: 0, isRaised: false, close: undefined };
          for (const cut of [...cuts, last].sort((a, b) => a.place - b.place)) {
            const end = Math.min(cut.place, bodies.length);
            model.settle(bodies.slice(Math.max(0, done - cut.back), end));
            done = end;
            fence = {
              generation: fence.generation + (cut.isRaised ? 1 : 0),
              closed: Math.max(fence.closed, cut.close ?? -1),
            };
            fences.set(done, fence);
            if (cut.isRaised) model.raise(fence.generation);
            if (cut.close !== undefined) model.close(cut.close);
          }
          model.settle(bodies);
          const logged = bodies.map(({ partitionKey, body }) => ({
            partitionKey,
            tracked: body.type === 'Tracked' ? body : undefined,
          }));
          expect(model.numbers()).toStrictEqual(expectedNumbers(logged, fences));
        },
      ),
      { numRuns: 500 },
    );
  });
});
