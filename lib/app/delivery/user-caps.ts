import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import { assert } from '../../core/assert.ts';
import { CapWindows, type CapWindow } from '../../core/delivery/caps/cap-windows.ts';
import { isStateStoreError, type WriteAction } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { readRange } from '../read-range.ts';
import { capKey, capSortKey, capSortKeyAfter, capsPartition, thingOfCap } from '../state-keys.ts';
import { hmacSha256 } from './hmac.ts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';

/** `full`: the window has as many decisions as the cap allows. `unknown`: the store gave no answer. */
export type Taken = 'taken' | 'full' | 'unknown';

/** The frequency caps of one user at one instant. */
export interface UserCaps {
  /**
   * Counts a decision for each of these capped ads, no two of one campaign, unless its window is full. Result i belongs
   * to row i. An ad with an unknown result must not be shown, although it may be counted.
   */
  take(rows: readonly CatalogRow[]): Promise<readonly Taken[]>;
  /** Tells the capped ads that the user has got as often as they allow. Rejects with a StateStoreError. */
  full(): Promise<(row: CatalogRow) => boolean>;
}

/** Of a user, 1 character and more, at an instant. */
export type CapsOf = (user: string, nowMs: number) => UserCaps;

/** Items are kept so much longer than their windows, because clocks of containers differ. */
const keptMs = 3_600_000;
/** No window is longer: 30 days of a zone, one of them with 25 hours. */
const windowMsMax = 31 * 86_400_000;
/**
 * The users of a window are hashed with the key that signed so much before it began. Every container has read that key
 * by then, also one whose clock is ahead, so all of them hash alike until the window ends, whatever is rotated.
 */
const settledMs = 10 * 60_000;

/**
 * Caps as conditional counts in the store, one item for each user, thing and window. So they hold however many
 * containers decide at once. The user becomes a keyed hash of 128 bits here; the text goes no further.
 */
export function createUserCaps({ state }: Pick<Ports, 'state'>, keys: Pick<SigningKeys, 'between'>): CapsOf {
  const windows = new CapWindows();
  const windowOf = (row: CatalogRow, nowMs: number): CapWindow => {
    const { frequency, ...ad } = row.ad;
    assert(frequency !== undefined, 'a capped ad has a cap');
    return windows.at({ ...ad, frequency }, nowMs);
  };
  return (user, nowMs) => ({
    async take(rows) {
      try {
        const actions = await Promise.all(
          rows.map(async (row) => {
            const window = windowOf(row, nowMs);
            const settled = window.startMs - settledMs;
            const [key] = await keys.between(settled, settled);
            assert(key !== undefined, 'some key signs at each instant');
            return takeOne(userHash(key, user), window);
          }),
        );
        const results = await state.writeEach(actions);
        return results.map((result) => {
          if (result instanceof Error) return 'unknown';
          return result.status === 'written' ? 'taken' : 'full';
        });
      } catch (error) {
        if (!isStateStoreError(error)) throw error;
        return rows.map(() => 'unknown');
      }
    },
    async full() {
      const after = capSortKeyAfter(nowMs);
      const counts = new Map<string, bigint>();
      // Two keys for a month after a rotation. No window has users of both.
      const used = await keys.between(nowMs - windowMsMax - settledMs, nowMs);
      await Promise.all(
        used.map(async (key) => {
          const pk = capsPartition(userHash(key, user));
          for await (const { sk, attributes } of readRange(state, { table: 'delivery', pk, after })) {
            const { n } = attributes;
            assert(typeof n === 'bigint', 'a count is a number');
            counts.set(sk, n);
          }
        }),
      );
      const things = new Set([...counts.keys()].map(thingOfCap));
      return (row) => {
        // Most rows are none of them, and to know the window of a row means to parse it.
        if (!row.capped || !(things.has(`a${row.id}`) || things.has(`c${row.campaignId ?? ''}`)))
          return false;
        const window = windowOf(row, nowMs);
        return (counts.get(capSortKey(window)) ?? 0n) >= window.max;
      };
    },
  });
}

/** One atomic write: a read before it would let two containers both see the last place. */
function takeOne(hash: string, window: CapWindow): Exclude<WriteAction, { type: 'check' }> {
  const attribute = 'n';
  return {
    type: 'update',
    key: capKey(hash, window),
    add: { [attribute]: 1n },
    set: { expires_at: BigInt(Math.ceil((window.endMs + keptMs) / 1000)) },
    condition: {
      op: 'any',
      of: [
        { op: 'absent', attribute },
        { op: '<', attribute, value: BigInt(window.max) },
      ],
    },
  };
}

/** The key signs tokens too, which never begin with these letters. */
function userHash({ secret }: SigningKey, user: string): string {
  return Buffer.from(hmacSha256(secret, `user:${user}`), 'latin1').toString('hex', 0, 16);
}
