import { describe, expect, it } from '@jest/globals';
import { readRecord } from '../../../lib/app/counters/read-record.ts';
import { encodeRights } from '../../../lib/app/delivery/rights-codec.ts';
import { isRightsRecord, type RightsRecord } from '../../../lib/core/delivery/goals/rights-record.ts';

const ad = '01890a5d-ac96-774b-bcce-b302099a8057';
const impressions = `\u0001i#${ad}`;
const closed = {
  v: 1,
  type: 'RightsClosed',
  ad,
  generation: 3,
  through: 118_666_671,
  ledgerClosed: 0,
} as const;
const opened = { v: 1, type: 'RightsOpened', ad, generation: 3, plan: 12 } as const;

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const read = (value: unknown, partitionKey = impressions) => readRecord({ partitionKey, data: bytes(value) });

describe('an order about rights in the log', () => {
  it.each<RightsRecord>([closed, { ...closed, impressionMinutes: 10 }, opened])(
    'is the JSON of its fields, and read as it was written: %p',
    (order) => {
      const data = encodeRights(order);
      expect(Buffer.from(data).toString()).toBe(JSON.stringify(order));
      const found = readRecord({ partitionKey: impressions, data });
      expect(found).toStrictEqual(order);
      expect(isRightsRecord(found)).toBe(true);
    },
  );

  it('may have fields of a later release', () => {
    expect(read({ ...closed, later: 1 })).toStrictEqual(closed);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a version that this release does not read', { ...opened, v: 2 }, 'version 2 of RightsOpened is newer'],
    ['no plan', { ...opened, plan: undefined }, 'plan: invalid_type'],
    ['no epoch to close', { ...closed, through: undefined }, 'through: invalid_type'],
    ['no time for impressions', { ...closed, impressionMinutes: 0 }, 'impressionMinutes: '],
    ['more than a day for impressions', { ...closed, impressionMinutes: 1441 }, 'impressionMinutes: '],
    ['a part of an epoch', { ...closed, through: 0.5 }, 'through: '],
    ['a generation below 0', { ...closed, generation: -1 }, 'generation: too_small'],
    ['no ad', { ...closed, ad: 'x' }, 'ad: custom'],
    ['another ad', { ...opened, ad: ad.replace('7', '8') }, 'the partition key names another counter'],
    ['a type that it does not know', { ...opened, type: 'RightsDoubled' }, 'type: invalid_value'],
  ])('is poison with %s', (_, order, reason) => {
    const found = read(order);
    expect(found.type === 'poison' && found.reason).toContain(reason);
  });

  it.each([`\u0001c#${ad}`, 'a'])('is poison under a key that is not that of impressions: %p', (key) => {
    expect(read(opened, key).type).toBe('poison');
  });

  it('is never written with fields that no reader takes', () => {
    for (const fields of [{ generation: -1 }, { ad: 'x' }, { plan: Number.NaN }])
      expect(() => encodeRights({ ...opened, ...fields })).toThrow('its own schema');
  });
});
