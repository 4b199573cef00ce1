import { describe, it } from '@jest/globals';
import { eventValueMax } from '../../lib/core/counters/increment-event.ts';
import { givenRecordsIn } from '../support/counter-spec.ts';
import { garbage, increment, keyed } from '../support/counter-world.ts';
import type { SpecificationStore } from './specification-store.ts';

/** What is counted and what is given up, given what was logged; on any store. */
export function specifyCounting(store: SpecificationStore): void {
  const given = givenRecordsIn(store);

  describe('counting what was logged', () => {
    it('adds increments of one key', () =>
      given(increment('a', 1), increment('a', 2), increment('a', 3)).thenCounters({ a: 6n }));

    it('adds increments of several keys', () =>
      given(increment('a', 1), increment('b', 10), increment('a', 2), increment('c', 100)).thenCounters({
        a: 3n,
        b: 10n,
        c: 100n,
      }));

    it('stays exact beyond 2^53', () =>
      given(increment('a', eventValueMax), increment('a', eventValueMax), increment('a', 1)).thenCounters({
        a: 2n * eventValueMax + 1n,
      }));

    it('counts a keyed event that was logged three times once', () => {
      const event = keyed('a', 5);
      return given(event, increment('a', 1), event, keyed('b', 2), event).thenCounters({ a: 6n, b: 2n });
    });

    it('counts two keyed events of equal value twice', () =>
      given(keyed('a', 5), keyed('a', 5)).thenCounters({ a: 10n }));

    it('gives a record up that is no event, and counts the others of its key', () =>
      given(increment('a', 1), garbage('a'), increment('a', 2), keyed('a', 4), garbage('b')).thenCounters(
        { a: 7n },
        [1, 4],
      ));

    it('gives a record up whose partition key names another counter', () => {
      const strayed = { ...increment('b', 100), partitionKey: 'a', event: undefined };
      return given(increment('a', 1), strayed, increment('b', 2)).thenCounters({ a: 1n, b: 2n }, [1]);
    });

    it('gives records up whose partition key cannot be a counter', () =>
      given(
        garbage('\u0002'),
        increment('a'),
        garbage('\u0001'),
        garbage('\ud800'),
        garbage('x\ud800'),
      ).thenCounters({ a: 1n }, [0, 2, 3, 4]));
  });
}
