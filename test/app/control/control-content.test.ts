import { describe, expect, it } from '@jest/globals';
import { controlText, parseControl, parseControlText } from '../../../lib/app/control/control-content.ts';

const key246 = 'x'.repeat(246);
const keys = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, lanes: 2 }));

describe('what an operator may change', () => {
  it.each([
    [{}],
    [{ rate: { per_second: 1, burst: 1 } }],
    [{ rate: { per_second: 1_000_000, burst: 1_000_000 } }],
    [{ live_ads_max: 0, live_ad_bytes_max: 0 }],
    [{ live_ads_max: 9_007_199_254_740_991, live_ad_bytes_max: 9_007_199_254_740_991 }],
    [{ hot_keys: [] }],
    [
      {
        hot_keys: [
          { key: key246, lanes: 2 },
          { key: 'a', lanes: 32 },
        ],
      },
    ],
    [{ hot_keys: [{ key: '__proto__', lanes: 3 }] }],
    [{ hot_keys: keys(100) }],
    [{ series: {} }],
    [{ series: { minute: 1, hour: 3650, day: 7 } }],
    [{ trace_share: 0 }],
    [{ trace_share: 1 }],
  ])('is %j', (content) => {
    expect(parseControl(content)).toEqual({ status: 'ok', content });
  });

  const rateFields = 'rate: must have per_second and burst, and nothing else';
  const rateOf = (field: string) => `rate.${field}: must be a whole number from 1 to 1000000`;
  const badKey = 'must be a counter key of 1 to 246 characters without control characters';
  const levels = 'series: must have levels out of minute, hour and day, each with its days';
  it.each<[unknown, string]>([
    [null, 'the content: Invalid input: expected object, received null'],
    [[], 'the content: Invalid input: expected object, received array'],
    [{ speed: 1 }, 'the content: has a field that this version does not know'],
    [{ rate: { per_second: 5 } }, rateOf('burst')],
    [{ rate: { per_second: 5, burst: 5, more: 1 } }, rateFields],
    [{ rate: 5 }, rateFields],
    [{ rate: { per_second: 0, burst: 1 } }, rateOf('per_second')],
    [{ rate: { per_second: 1_000_001, burst: 1 } }, rateOf('per_second')],
    [{ rate: { per_second: 1.5, burst: 1 } }, rateOf('per_second')],
    [{ rate: { per_second: 1, burst: 0 } }, rateOf('burst')],
    [{ rate: { per_second: 1, burst: 1_000_001 } }, rateOf('burst')],
    [{ live_ads_max: -1 }, 'live_ads_max: must be a whole number from 0 to 9007199254740991'],
    [{ live_ad_bytes_max: '7' }, 'live_ad_bytes_max: must be a whole number from 0 to 9007199254740991'],
    [{ hot_keys: keys(101) }, 'hot_keys: must be a list of 100 keys at most'],
    [{ hot_keys: {} }, 'hot_keys: must be a list of 100 keys at most'],
    [{ hot_keys: [...keys(1), ...keys(1)] }, 'hot_keys: must name each key once'],
    [{ hot_keys: [{ key: 'a', lanes: 1 }] }, 'hot_keys.0.lanes: must be a whole number from 2 to 32'],
    [{ hot_keys: [{ key: 'a', lanes: 33 }] }, 'hot_keys.0.lanes: must be a whole number from 2 to 32'],
    [{ hot_keys: [{ key: '', lanes: 2 }] }, `hot_keys.0.key: ${badKey}`],
    [{ hot_keys: [{ key: `${key246}x`, lanes: 2 }] }, `hot_keys.0.key: ${badKey}`],
    [{ hot_keys: [{ key: 'a\u0001', lanes: 2 }] }, `hot_keys.0.key: ${badKey}`],
    [
      { hot_keys: [{ key: 'a', lanes: 2, more: 1 }] },
      'hot_keys.0: must have a key and its lanes, and nothing else',
    ],
    [{ series: { week: 1 } }, levels],
    [{ series: { minute: 0 } }, 'series.minute: must be a whole number from 1 to 3650'],
    [{ series: { minute: 3651 } }, 'series.minute: must be a whole number from 1 to 3650'],
    [{ series: { minute: null } }, 'series.minute: must be a whole number from 1 to 3650'],
    [{ trace_share: -0.01 }, 'trace_share: must be a number from 0 to 1'],
    [{ trace_share: 1.01 }, 'trace_share: must be a number from 0 to 1'],
    [{ trace_share: null }, 'trace_share: must be a number from 0 to 1'],
  ])('is not %j', (content, fault) => {
    expect(parseControl(content)).toEqual({ status: 'invalid', faults: [fault] });
  });

  it('is told of with every fault', () => {
    expect(parseControl({ trace_share: 2, live_ads_max: 0.5 })).toMatchObject({
      faults: [expect.stringMatching(/^live_ads_max: /), expect.stringMatching(/^trace_share: /)],
    });
  });

  it('is stored as one text, whatever the order of its fields', () => {
    const text = controlText({ trace_share: 0.5, rate: { per_second: 2, burst: 3 } });
    expect(text).toBe('{"rate":{"per_second":2,"burst":3},"trace_share":0.5}');
    expect(parseControlText(text)).toEqual({
      status: 'ok',
      content: { rate: { per_second: 2, burst: 3 }, trace_share: 0.5 },
    });
    expect(parseControlText('{')).toEqual({ status: 'invalid', faults: ['the content: must be JSON'] });
    expect(parseControlText(undefined)).toEqual({
      status: 'invalid',
      faults: ['the content: must be JSON'],
    });
  });
});
