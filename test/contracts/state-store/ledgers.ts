import { expect, test } from '@jest/globals';
import { returnRights } from '../../../lib/core/delivery/goals/close-rights.ts';
import { readCountedRights } from '../../../lib/core/delivery/goals/counted-rights.ts';
import { leaseChange, readLedger } from '../../../lib/core/delivery/goals/ledger.ts';
import { openRights } from '../../../lib/core/delivery/goals/open-rights.ts';
import { freshKey, type StoreUnderTest } from './opened-store.ts';

const goal = 10;
const epoch = 400;
const impressionMinutes = 10;

/** The writes of a ledger (lib/core/delivery/goals), whose conditions are what keeps a goal. */
export function testLedgers(store: StoreUnderTest): void {
  test('leases of a ledger by many at once never pass its goal, and what was not seen comes back', async () => {
    const key = freshKey();
    const opened = openRights({ generation: 1, plan: 3 }, readCountedRights({ total: 2n }), undefined);
    await store().transact([{ type: 'put', key, ...opened!.ledger! }]);
    const lease = (totalMax: number, plan = 3) =>
      store().write({
        ...{ type: 'update', key },
        ...leaseChange(
          { rights: 1, epoch, plan, generation: 1, totalMax, dayMax: undefined },
          impressionMinutes,
        ),
      });
    const near = await store().write({ type: 'update', key, set: { closed: 396n } });
    expect(near.status).toBe('written');
    const results = await Promise.all(Array.from({ length: 20 }, () => lease(goal)));
    expect(results.filter(({ status }) => status === 'written')).toHaveLength(goal - 2);
    const refused = results.find(({ status }) => status === 'condition-failed');
    expect(refused?.item).toMatchObject({ used: 10n, l400: 8n, plan: 3n });
    expect((await lease(100, 2)).status).toBe('condition-failed');
    const ledger = readLedger(await store().get(key));
    const counter = readCountedRights({ generation: 1n, total: 5n, closed: 403n, i400: 3n });
    const back = returnRights(counter, ledger!);
    const twice = await Promise.all([1, 2].map(() => store().write({ type: 'update', key, ...back! })));
    expect(twice.map(({ status }) => status).sort()).toEqual(['condition-failed', 'written']);
    const found = await store().get(key);
    expect(found).toMatchObject({ used: 5n, closed: 403n });
    expect(found).not.toHaveProperty('l400');
    expect((await lease(goal)).status).toBe('condition-failed');
  });

  test('no ledger grants nothing', async () => {
    const key = freshKey();
    const lease = { rights: 1, epoch, plan: 3, generation: 1, totalMax: undefined, dayMax: undefined };
    const result = await store().write({ type: 'update', key, ...leaseChange(lease, impressionMinutes) });
    expect([result.status, await store().get(key)]).toEqual(['condition-failed', undefined]);
  });
}
