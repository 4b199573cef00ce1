import { describe, expect, it } from '@jest/globals';
import { parsePartitionKey, toPartitionKey } from '../../../lib/core/counters/counter-key.ts';

describe('a partition key', () => {
  it('is the counter key itself in the plain lane', () => {
    expect(toPartitionKey('clicks')).toBe('clicks');
    expect(parsePartitionKey('clicks')).toEqual({ counterKey: 'clicks', lane: '' });
  });

  it('gives back the counter and the lane', () => {
    const spread = toPartitionKey('clicks', '3');
    expect(spread).toBe('clicks\u00013');
    expect(parsePartitionKey(spread)).toEqual({ counterKey: 'clicks', lane: '3' });
  });

  it('of the canary is its key, which begins with the separator', () => {
    expect(parsePartitionKey('\u0001canary')).toEqual({ counterKey: '\u0001canary', lane: '' });
    expect(parsePartitionKey('\u0001canary\u00013')).toEqual({ counterKey: '', lane: 'canary\u00013' });
    expect(parsePartitionKey('\u0001canaries')).toEqual({ counterKey: '', lane: 'canaries' });
  });

  it('is cut at the first separator, wherever that stands', () => {
    expect(parsePartitionKey('a\u0001b\u0001c')).toEqual({ counterKey: 'a', lane: 'b\u0001c' });
    expect(parsePartitionKey('\u0001b')).toEqual({ counterKey: '', lane: 'b' });
    expect(parsePartitionKey('')).toEqual({ counterKey: '', lane: '' });
  });
});
