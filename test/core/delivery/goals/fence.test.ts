import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conditionHolds } from '../../../../lib/adapters/items/conditions.ts';
import { countedAdd } from '../../../../lib/core/delivery/goals/counted-rights.ts';
import {
  fenceCondition,
  fenceHolds,
  fenceOf,
  isLate,
  joinFences,
  readFence,
  type Fence,
} from '../../../../lib/core/delivery/goals/fence.ts';
import type { Tracked } from '../../../../lib/core/delivery/tracked-event.ts';

type Event = Pick<Tracked, 'kind' | 'invalid' | 'generation' | 'epoch'>;
const seen: Event = { kind: 'impression', generation: 3, epoch: 8 };

describe('the fence of a counter', () => {
  it.each([
    ['counts an impression of its generation', seen, { generation: 3n }, false],
    ['counts one whose epoch is open', seen, { generation: 3n, closed: 7n }, false],
    ['makes one late whose epoch is closed', seen, { generation: 3n, closed: 8n }, true],
    ['makes one late of another generation', seen, { generation: 5n }, true],
    [
      'does not ask for the epoch without a goal',
      { ...seen, generation: 2 },
      { generation: 2n, closed: 9n },
      false,
    ],
    ['is of generation 0 where the counter has none', { ...seen, generation: 0 }, undefined, false],
    ['does not look at clicks', { ...seen, kind: 'click' as const }, { generation: 9n }, false],
    ['does not look at invalid events', { ...seen, invalid: 'bot' as const }, { generation: 9n }, false],
  ])('%s', (_, event, item, late) => {
    expect(isLate(event, readFence(item))).toBe(late);
  });

  const events = fc.record({ generation: fc.nat(3), epoch: fc.nat(5) });
  const items = fc.record(
    { generation: fc.bigInt(0n, 3n), closed: fc.bigInt(0n, 5n) },
    { requiredKeys: [], noNullPrototype: true },
  );

  interface Item {
    readonly generation?: bigint;
    readonly closed?: bigint;
  }
  const isBehind = (event: Event, { generation = 0n, closed = -1n }: Item): boolean =>
    event.generation !== Number(generation) || (event.generation % 2 === 1 && event.epoch <= Number(closed));

  it('holds for one write exactly where each of its impressions is as it was taken to be', () => {
    fc.assert(
      fc.property(fc.array(events, { minLength: 1, maxLength: 5 }), items, items, (list, judgedBy, item) => {
        const judged = list.map((event) => ({ ...seen, ...event }));
        const lates = judged.map((event) => isBehind(event, judgedBy));
        expect(judged.map((event) => isLate(event, readFence(judgedBy)))).toEqual(lates);
        let fence: Fence | undefined = fenceOf(judged[0]!, lates[0]!);
        for (const [index, event] of judged.entries()) {
          const own = fenceOf(event, lates[index]!);
          fence = fence && own && joinFences(fence, own);
        }
        const isSame = judged.every(({ generation }) => generation === judged[0]!.generation);
        // Impressions that one counter judged go together if they are of one generation.
        expect(fence !== undefined).toBe(isSame);
        if (fence === undefined) return;
        const holds = judged.every((event, index) => isBehind(event, item) === lates[index]);
        expect(fenceHolds(fence, readFence(item))).toBe(holds);
        expect(conditionHolds(fenceCondition(fence), item)).toBe(holds);
      }),
    );
  });

  it('does not join what no counter can have', () => {
    const late = fenceOf(seen, true)!;
    expect(joinFences(fenceOf({ ...seen, epoch: 9 }, false)!, late)).toEqual({
      ...{ generation: 3, inTimeFrom: 9, lateThrough: 8 },
    });
    expect(joinFences(fenceOf(seen, false)!, late)).toBeUndefined();
  });
});

describe('what a counter adds for rights', () => {
  it('is by epoch and by the day in its number', () => {
    // Two minutes around a midnight of UTC, in zones on both sides of it.
    const rights = new Map([
      [4 * 7199 + 3, 1n],
      [4 * 7199, 2n],
      [4 * 7200, 4n],
      [4 * 7200 + 1, 8n],
    ]);
    expect(countedAdd(rights)).toEqual({
      ...{ i28799: 1n, i28796: 2n, i28800: 4n, i28801: 8n },
      ...{ d3: 1n, d4: 6n, d5: 8n },
    });
  });
});
