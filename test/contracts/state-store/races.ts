import { describe, expect, test } from '@jest/globals';
import {
  isStateStoreError,
  type StateStore,
  type TransactResult,
  type WriteAction,
} from '../../../lib/ports/state-store.ts';
import { freshItem, freshKey, type StoreUnderTest } from './opened-store.ts';

/** Conflicts that one writer may meet before the others are through. */
const attemptsMax = 1000;

export function testRaces(store: StoreUnderTest, writersMax: number): void {
  const writers = Array.from({ length: writersMax }, (_, writer) => writer);

  describe('races', () => {
    test('increments at once all count', async () => {
      const key = freshKey();
      await Promise.all(writers.map(async () => store().write({ type: 'update', key, add: { total: 3n } })));
      expect(await store().get(key)).toEqual({ total: BigInt(3 * writersMax) });
    });

    test('each of them is told a total of its own', async () => {
      const key = freshKey();
      const results = await Promise.all(
        writers.map(async () => store().write({ type: 'update', key, add: { total: 1n } })),
      );
      const totals = results.map(({ item }) => Number(item?.['total'])).sort((a, b) => a - b);
      expect(totals).toEqual(writers.map((writer) => writer + 1));
    });

    test('a count with a bound reaches it and never passes it', async () => {
      const key = freshKey();
      const max = Math.max(1, Math.floor(writersMax / 2));
      const condition = {
        op: 'any',
        of: [
          { op: 'absent', attribute: 'n' },
          { op: '<', attribute: 'n', value: BigInt(max) },
        ],
      } as const;
      const results = await Promise.all(
        writers.map(async () =>
          store().writeEach([{ type: 'update', key, add: { n: 1n }, set: { expires_at: 9n }, condition }]),
        ),
      );
      const statuses = results.map(([result]) => (result instanceof Error ? result.code : result?.status));
      expect(statuses.filter((status) => status === 'written')).toHaveLength(max);
      expect(statuses.filter((status) => status === 'condition-failed')).toHaveLength(writersMax - max);
      expect(await store().get(key)).toEqual({ n: BigInt(max), expires_at: 9n });
    });

    test('of many that create an item one wins, and the others see the winner', async () => {
      const key = freshKey();
      const results = await Promise.all(
        writers.map(async (writer) =>
          store().write({
            type: 'put',
            key,
            attributes: { owner: BigInt(writer) },
            condition: { op: 'item-absent' },
          }),
        ),
      );
      const item = await store().get(key);
      expect(results.filter(({ status }) => status === 'written')).toHaveLength(1);
      expect(results.map((result) => result.item)).toEqual(writers.map(() => item));
    });

    test('a compare-and-set loop loses no step', async () => {
      const key = await freshItem(store(), { version: 0n });
      await Promise.all(writers.map(async () => step(store(), key)));
      expect(await store().get(key)).toEqual({ version: BigInt(writersMax) });
    });

    test('transactions that cross on the same items neither mix nor get stuck', async () => {
      const left = await freshItem(store(), { total: 0n });
      const right = await freshItem(store(), { total: 0n });
      await Promise.all(
        writers.map(async (writer) => {
          const keys = writer % 2 === 0 ? [left, right] : [right, left];
          await untilSettled(store(), [
            ...keys.map((key): WriteAction => ({ type: 'update', key, add: { total: 1n } })),
            { type: 'put', key: freshKey(), attributes: {}, condition: { op: 'item-absent' } },
          ]);
        }),
      );
      const total = BigInt(writersMax);
      expect(await store().getMany([left, right])).toEqual([{ total }, { total }]);
    });

    test('of many transactions with one claim one counts', async () => {
      const [claim, counter] = [freshKey(), freshKey()];
      const results = await Promise.all(
        writers.map(async () =>
          untilSettled(store(), [
            { type: 'put', key: claim, attributes: {}, condition: { op: 'item-absent' } },
            { type: 'update', key: counter, add: { total: 7n } },
          ]),
        ),
      );
      expect(results.filter(({ status }) => status === 'written')).toHaveLength(1);
      expect(await store().get(counter)).toEqual({ total: 7n });
    });
  });
}

async function step(store: StateStore, key: WriteAction['key']): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const version = (await store.get(key))?.['version'];
    if (typeof version !== 'bigint') throw new Error('the item is gone');
    const result = await store.write({
      type: 'update',
      key,
      set: { version: version + 1n },
      condition: { op: '=', attribute: 'version', value: version },
    });
    if (result.status === 'written') return;
  }
  throw new Error('lost every race');
}

/**
 * `state-conflict` says that nothing was written: the one error after which a transaction is simply sent
 * again.
 */
async function untilSettled(store: StateStore, actions: readonly WriteAction[]): Promise<TransactResult> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    try {
      return await store.transact(actions);
    } catch (error) {
      if (!isStateStoreError(error) || error.code !== 'state-conflict') throw error;
    }
  }
  throw new Error('lost every race');
}
