import { describe, expect, it } from '@jest/globals';
import { parsePartitionKey } from '../../../lib/core/counters/counter-key.ts';
import { namedItem } from '../../../lib/core/counters/group-records.ts';
import { deliveryKey, parseDeliveryKey } from '../../../lib/core/delivery/delivery-key.ts';

const ad = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('the counters of an ad', () => {
  it('have keys that no caller can name, one for each kind', () => {
    expect(deliveryKey(ad, 'impression')).toBe(`\u0001i#${ad}`);
    expect(deliveryKey(ad, 'click')).toBe(`\u0001c#${ad}`);
  });

  it('are known by their keys', () => {
    expect(parseDeliveryKey(`\u0001i#${ad}`)).toStrictEqual({ adId: ad, kind: 'impression' });
    expect(parseDeliveryKey(`\u0001c#${ad}`)).toStrictEqual({ adId: ad, kind: 'click' });
  });

  it.each([
    `i#${ad}`,
    `\u0001x#${ad}`,
    `\u0001i#${ad.toUpperCase()}`,
    `\u0001i#${ad}\u00013`,
    `\u0001i#${ad}x`,
    '\u0001i#',
    '\u0001canary',
    '',
  ])('are not taken for what is none: %j', (key) => {
    expect(parseDeliveryKey(key)).toBeUndefined();
  });

  it('have an item each, whatever their records hold, and no lanes', () => {
    for (const key of [`\u0001i#${ad}`, `\u0001c#${ad}`]) {
      expect(parsePartitionKey(key)).toStrictEqual({ counterKey: key, lane: '' });
      expect(namedItem(key)).toStrictEqual({ counterKey: key, lane: '' });
    }
    expect(parsePartitionKey(`\u0001i#${ad}\u00013`)).toStrictEqual({
      counterKey: '',
      lane: `i#${ad}\u00013`,
    });
  });
});
