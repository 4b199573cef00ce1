import { describe, expect, it } from '@jest/globals';
import { applyAction } from '../../../../lib/adapters/items/apply-action.ts';
import { conditionHolds } from '../../../../lib/adapters/items/conditions.ts';
import { closeCounter, returnRights } from '../../../../lib/core/delivery/goals/close-rights.ts';
import { readCountedRights } from '../../../../lib/core/delivery/goals/counted-rights.ts';
import type { ItemChange } from '../../../../lib/core/delivery/goals/item-change.ts';
import {
  bringNear,
  freeRights,
  leaseChange,
  leaseRightsMax,
  movePlan,
  readLedger,
  refusalOf,
  type Lease,
} from '../../../../lib/core/delivery/goals/ledger.ts';
import { openRights } from '../../../../lib/core/delivery/goals/open-rights.ts';
import type { Attributes } from '../../../../lib/ports/state-store.ts';

const key = { table: 'delivery', pk: 'ledger', sk: '' } as const;
const impressionMinutes = 10;
const minute = 60_000;
const number = 29_000_000;
/** Of a minute of 2025, and UTC's day of it: 20,138. */
const epoch = 4 * number + 2;
const ledger: Attributes = {
  ...{ generation: 3n, plan: 7n, used: 40n, t0: 5n, u0: 6n, t1: 9n, u1: 80n, closed: BigInt(epoch - 4) },
  ...{ [`l${epoch}`]: 9n, d20138: 30n, d20137: 10n },
};
const lease: Lease = { rights: 4, epoch, plan: 7, generation: 3, totalMax: 100, dayMax: 50 };

/** The item after the change; undefined: its condition is false. */
function after(item: Attributes | undefined, change: ItemChange | undefined): Attributes | undefined {
  if (change === undefined || !conditionHolds(change.condition, item)) return undefined;
  return applyAction({ type: 'update', key, ...change }, item);
}

function without(item: Attributes, ...names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

describe('a lease', () => {
  it('takes rights of the total, the epoch and its day in one write', () => {
    expect(after(ledger, leaseChange(lease, impressionMinutes))).toEqual({
      ...ledger,
      ...{ used: 44n, [`l${epoch}`]: 13n, d20138: 34n },
    });
  });

  it('takes the last rights and never one more', () => {
    const takes = (fields: Partial<Lease>): boolean =>
      after(ledger, leaseChange({ ...lease, ...fields }, impressionMinutes)) !== undefined;
    expect([44, 43].map((totalMax) => takes({ totalMax }))).toEqual([true, false]);
    expect([34, 33].map((dayMax) => takes({ dayMax }))).toEqual([true, false]);
    expect(takes({ totalMax: undefined, dayMax: undefined })).toBe(true);
    // Another day has none yet: 4 number + 3 is a day later.
    expect([4, 3].map((dayMax) => takes({ epoch: epoch + 1, dayMax }))).toEqual([true, false]);
    expect(takes({ totalMax: 2 })).toBe(false);
  });

  it.each([0, 1.5, leaseRightsMax + 1])('is not of %d rights', (rights) => {
    expect(() => leaseChange({ ...lease, rights }, impressionMinutes)).toThrow('1 to 256 rights');
  });

  it.each([
    ['there is no ledger', undefined, {}, 'absent'],
    ['it has another generation', ledger, { generation: 1 }, 'generation'],
    ['it has a newer plan', ledger, { plan: 6 }, 'newer-plan'],
    ['it has an older plan', ledger, { plan: 8 }, 'older-plan'],
    ['it has closed the epoch', { ...ledger, closed: BigInt(epoch) }, {}, 'closed'],
    ['too many epochs are open', { ...ledger, closed: BigInt(epoch - 4 * 64) }, {}, 'too-many-open'],
    [
      'it has been idle for long',
      { generation: 3n, plan: 7n, used: 40n, closed: 5n, t0: 0n, u0: 0n },
      {},
      'idle',
    ],
    ['the total is used', ledger, { totalMax: 43 }, 'used'],
    ['the day is used', ledger, { dayMax: 33 }, 'used'],
  ] as const)('is refused where %s', (_, item, fields, refusal) => {
    const asked = { ...lease, ...fields };
    expect(after(item, leaseChange(asked, impressionMinutes))).toBeUndefined();
    expect(refusalOf(readLedger(item), asked, impressionMinutes)).toBe(refusal);
  });

  it('is not refused where 64 epochs are open with its own', () => {
    const closed = (number - 64) * 4 + 3;
    const item = { ...ledger, closed: BigInt(closed) };
    expect(after(item, leaseChange(lease, impressionMinutes))).toBeDefined();
    expect(refusalOf(readLedger(item), lease, impressionMinutes)).toBeUndefined();
    const before = { ...item, closed: BigInt(closed - 1) };
    expect(after(before, leaseChange(lease, impressionMinutes))).toBeUndefined();
  });

  it('knows what is left: the less of total and day', () => {
    const read = readLedger(ledger)!;
    expect(freeRights(read, lease)).toBe(20);
    expect(freeRights(read, { ...lease, totalMax: 45 })).toBe(5);
    expect(freeRights(read, { epoch, totalMax: undefined, dayMax: undefined })).toBe(Infinity);
    expect(freeRights(read, { ...lease, totalMax: 39 })).toBe(-1);
  });
});

describe('a ledger', () => {
  it('lists rights out and days', () => {
    expect(readLedger({ ...ledger, returned: 5n })?.returned).toBe(5);
    expect(readLedger(ledger)).toEqual({
      ...{ returned: 0, over: 0, since: undefined },
      ...{ generation: 3, plan: 7, used: 40, closed: epoch - 4, line: { t0: 5, u0: 6, t1: 9, u1: 80 } },
      leased: new Map([[epoch, 9]]),
      days: new Map([
        [20_137, 10],
        [20_138, 30],
      ]),
    });
  });

  it('without a number that it must have is a bug', () => {
    expect(() => readLedger(without(ledger, 'used'))).toThrow('a ledger has no used');
  });

  it('is brought near if no rights are out, to half of the epochs that may be open', () => {
    const idle = { generation: 3n, plan: 7n, used: 40n, closed: 5n, t0: 0n, u0: 0n };
    const change = bringNear(readLedger(idle)!, epoch, impressionMinutes);
    expect(after(idle, change)).toEqual({ ...idle, closed: BigInt((number - 32) * 4 + 3) });
    for (const other of [{ used: 41n }, { closed: 6n }, { generation: 5n }])
      expect(after({ ...idle, ...other }, change)).toBeUndefined();
    expect(bringNear(readLedger({ ...idle, l8: 1n })!, epoch, impressionMinutes)).toBeUndefined();
    expect(bringNear(readLedger(ledger)!, epoch, impressionMinutes)).toBeUndefined();
  });

  it('moves to a newer plan, with a line of its own', () => {
    const line = { t0: 1000, u0: 40, t1: 2000, u1: 90 };
    const change = movePlan(readLedger(ledger)!, 8, { line, since: { atMs: 990, used: 39, usedInAll: 40 } });
    const moved = { ...ledger, plan: 8n, t0: 1000n, u0: 40n, t1: 2000n, u1: 90n };
    expect(after(ledger, change)).toEqual({ ...moved, since: 990n, since_used: 39n, since_all: 40n });
    expect(readLedger(after(ledger, change))).toMatchObject({
      ...{ line, since: { atMs: 990, used: 39, usedInAll: 40 } },
    });
    expect(after(ledger, movePlan(readLedger(ledger)!, 8, { line, since: undefined }))).toEqual(moved);
    expect(after(ledger, movePlan(readLedger(ledger)!, 8, undefined))).toEqual({ ...ledger, plan: 8n });
    const none = { ...without(ledger, 't0', 'u0', 't1', 'u1'), plan: 8n };
    expect(after(ledger, movePlan(readLedger(ledger)!, 8, 'none'))).toEqual(none);
    for (const other of [{ plan: 9n }, { t0: 6n }, { generation: 5n }, { used: 41n }])
      expect(after({ ...ledger, ...other }, change)).toBeUndefined();
    expect(() => movePlan(readLedger(ledger)!, 6, undefined)).toThrow('only forward');
  });

  it('gets its first line once', () => {
    const opened = without(ledger, 't0', 'u0', 't1', 'u1');
    const line = { t0: 1000, u0: 40, t1: 2000, u1: 90 };
    const change = movePlan(readLedger(opened)!, 7, { line, since: undefined });
    expect(after(opened, change)).toEqual({ ...opened, t0: 1000n, u0: 40n, t1: 2000n, u1: 90n });
    expect(after(ledger, change)).toBeUndefined();
  });
});

describe('a close', () => {
  const counter: Attributes = {
    ...{ generation: 3n, total: 25n, closed: BigInt(epoch - 8) },
    ...{ [`i${epoch - 8}`]: 2n, [`i${epoch - 4}`]: 1n, [`i${epoch}`]: 5n, d20136: 4n, d20138: 8n },
  };
  const record = { generation: 3, through: epoch, ledgerClosed: epoch - 8 };
  const long = (number + 60) * minute;

  it('closes epochs of the counter, and forgets those that the ledger has closed, and days that are over', () => {
    const rest = without(counter, `i${epoch - 8}`, 'd20136');
    const change = closeCounter(record, readCountedRights(counter), long, impressionMinutes);
    expect(after(counter, change)).toEqual({ ...rest, closed: BigInt(epoch) });
  });

  it('forgets a day once no epoch of it is open', () => {
    const through = 4 * 20_138 * 1440;
    const closing = { ...record, through, ledgerClosed: 0 };
    const change = closeCounter(
      closing,
      { ...readCountedRights(counter), closed: 0 },
      long,
      impressionMinutes,
    );
    expect(change?.remove).toEqual(['d20136']);
    const sooner = { ...closing, through: through - 1 };
    const kept = closeCounter(sooner, { ...readCountedRights(counter), closed: 0 }, long, impressionMinutes);
    expect(kept?.remove).toEqual([]);
  });

  it('closes no epoch whose impressions may count when it arrives, whatever clock wrote it', () => {
    const closedAt = (arrivedAtMs: number): bigint | undefined =>
      closeCounter(record, readCountedRights({ generation: 3n }), arrivedAtMs, impressionMinutes)?.set?.[
        'closed'
      ];
    // The minute of the epoch, ten in which its impressions count, and three for their way.
    expect(closedAt((number + 14) * minute)).toBe(BigInt(epoch));
    expect(closedAt((number + 14) * minute - 1)).toBe(BigInt(4 * number - 1));
  });

  it.each([
    ['of another generation', { generation: 1 }],
    ['of epochs that are closed', { through: epoch - 8 }],
  ])('%s changes nothing', (_, fields) => {
    const closing = { ...record, ...fields };
    expect(closeCounter(closing, readCountedRights(counter), long, impressionMinutes)).toBeUndefined();
  });

  it('gives back what was not seen, to the total and to the day', () => {
    const closed: Attributes = { ...counter, closed: BigInt(epoch) };
    const change = returnRights(readCountedRights(closed), readLedger(ledger)!);
    const rest = without(ledger, `l${epoch}`);
    const back = { ...rest, used: 36n, d20138: 26n, closed: BigInt(epoch) };
    expect(after(ledger, change)).toEqual({ ...back, returned: 4n });
    expect(after({ ...ledger, returned: 5n }, change)).toEqual({ ...back, returned: 9n });
    for (const other of [{ generation: 5n }, { closed: 7n }, { [`l${epoch}`]: 10n }])
      expect(after({ ...ledger, ...other }, change)).toBeUndefined();
  });

  describe('of impressions that had no right', () => {
    const closed = { generation: 3n, closed: BigInt(epoch + 4) };

    it('counts them as used, in all and of the day, and gives back what others had', () => {
      // 9 rights and 12 impressions; 6 and 2; none and 5; of an epoch that is still open, none and 7.
      const item = { ...ledger, used: 46n, d20138: 36n, [`l${epoch + 4}`]: 6n };
      const counted = {
        [`i${epoch}`]: 12n,
        [`i${epoch + 4}`]: 2n,
        [`i${epoch - 1}`]: 5n,
        [`i${epoch + 8}`]: 7n,
      };
      const read = readCountedRights({ ...closed, ...counted, total: 26n });
      const change = returnRights(read, readLedger(item)!);
      const rest = without(item, `l${epoch}`, `l${epoch + 4}`);
      const day = { d20138: 35n, d20137: 15n };
      expect(after(item, change)).toEqual({
        ...{ ...rest, ...day, used: 50n, closed: BigInt(epoch + 4), returned: 4n, over: 8n },
      });
    });

    it('knows none where each had one, and none of epochs that the ledger has closed before', () => {
      const counted = { [`i${epoch}`]: 9n, [`i${epoch - 4}`]: 5n };
      const change = returnRights(
        readCountedRights({ ...closed, ...counted, total: 40n }),
        readLedger(ledger)!,
      );
      expect(after(ledger, change)).toEqual({
        ...without(ledger, `l${epoch}`),
        closed: BigInt(epoch + 4),
      });
    });

    it('makes an old ledger have used all that was counted', () => {
      const item = { ...ledger, over: 1n };
      const read = readCountedRights({ ...closed, [`i${epoch}`]: 3n, total: 70n });
      const change = returnRights(read, readLedger(item)!);
      expect(after(item, change)).toMatchObject({ used: 70n, returned: 6n, over: 37n, d20138: 24n });
    });
  });

  it('gives back nothing of a counter of another generation, or that is not ahead', () => {
    const read = readLedger(ledger)!;
    expect(
      returnRights(readCountedRights({ ...counter, generation: 5n, closed: 10n ** 9n }), read),
    ).toBeUndefined();
    expect(returnRights(readCountedRights(counter), read)).toBeUndefined();
    expect(returnRights(readCountedRights({ generation: 3n }), read)).toBeUndefined();
  });

  it('gives back rights that were leased while their epoch was closed', () => {
    const late = { ...ledger, closed: BigInt(epoch) };
    const change = returnRights(
      readCountedRights({ generation: 3n, closed: BigInt(epoch) }),
      readLedger(late)!,
    );
    expect(after(late, change)).toMatchObject({ used: 31n, d20138: 21n, closed: BigInt(epoch) });
  });
});

describe('an opening', () => {
  const counter: Attributes = { generation: 3n, total: 25n, closed: 99n, i120: 2n, d20138: 8n };
  const record = { generation: 5, plan: 12 };

  it('begins with what was counted', () => {
    const opened = openRights(record, readCountedRights(counter), readLedger(ledger))!;
    expect(after(counter, opened.counter)).toEqual({ generation: 5n, total: 25n, closed: 99n, d20138: 8n });
    expect(opened.ledger?.attributes).toEqual({
      ...{ generation: 5n, plan: 12n, used: 25n, closed: 99n, d20138: 8n },
    });
    expect(
      [undefined, ledger, { ...ledger, generation: 5n }].map((item) =>
        conditionHolds(opened.ledger?.condition, item),
      ),
    ).toEqual([true, true, false]);
    expect(after({ ...counter, total: 26n }, opened.counter)).toBeUndefined();
  });

  it('begins with nothing for an ad that was never seen', () => {
    const opened = openRights(record, readCountedRights(undefined), undefined)!;
    expect(after(undefined, opened.counter)).toEqual({ generation: 5n });
    expect(opened.ledger?.attributes).toMatchObject({ used: 0n, closed: 0n });
    expect(after({ total: 1n }, opened.counter)).toBeUndefined();
  });

  it('leaves a ledger of its generation as it is, and opens nothing twice', () => {
    const opened = openRights({ generation: 5, plan: 1 }, readCountedRights(counter), {
      ...readLedger(ledger)!,
      generation: 5,
    });
    expect(opened?.ledger).toBeUndefined();
    expect(openRights({ generation: 3, plan: 1 }, readCountedRights(counter), undefined)).toBeUndefined();
  });
});
