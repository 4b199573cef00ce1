import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base64Of } from '../../../lib/embedded/delivery/base64.ts';
import {
  eventSource,
  jsonTextBytes,
  recordOverheadBytes,
  recordPayloadBytes,
  toKinesisEvent,
} from '../../../lib/embedded/delivery/kinesis-event.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import { streamArn } from './mapping-harness.ts';

const source = eventSource(streamArn, 'shardId-000000000003', 'aggregate-increments');

function recordOf(data: Uint8Array, partitionKey = 'k'): LogRecord {
  return {
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    partitionKey,
    data,
    arrivedAtMs: 1_767_225_600_123,
  };
}

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});
const someText = fc.oneof(anyText, fc.string({ unit: 'binary' }), fc.string());

describe('base64 of many records', () => {
  it('is what Buffer makes of each', () => {
    const data = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(data, fc.nat(10), (all, from) => {
        const texts = base64Of(
          all.map((bytes) => recordOf(bytes)),
          from,
          Math.max(from, all.length),
        );
        expect(texts).toEqual(all.slice(from).map((bytes) => Buffer.from(bytes).toString('base64')));
      }),
    );
  });

  it('holds across runs, for records larger than a run and for views into a larger buffer', () => {
    const pool = new Uint8Array(400_000).map((_, i) => i * 31);
    const sizes = [1, 2, 3, 60_000, 0, 49_151, 49_152, 49_153, 5, 20_000, 20_000, 20_000, 7, 100_000, 11];
    let at = 3;
    const views = sizes.map((size) => {
      at += size;
      return pool.subarray(at - size, at);
    });
    const texts = base64Of(
      views.map((view) => recordOf(view)),
      0,
      views.length,
    );
    texts.forEach((text, i) => {
      expect(text === Buffer.from(views[i]!).toString('base64')).toBe(true);
    });
  });
});

describe('the size of a record in its event', () => {
  it('counts the bytes of any key in JSON as JSON.stringify writes them', () => {
    fc.assert(
      fc.property(someText, (text) => {
        expect(jsonTextBytes(text)).toBe(Buffer.byteLength(JSON.stringify(text)) - 2);
      }),
    );
  });

  it('is never less than what the event has, and more by a few bytes at most', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array(), someText), { minLength: 1, maxLength: 5 }), (parts) => {
        const records = parts.map(([data, key]) => recordOf(data, key));
        const overhead = recordOverheadBytes(source);
        const predicted = records.reduce((sum, record) => sum + recordPayloadBytes(record, overhead), 14);
        const actual = Buffer.byteLength(JSON.stringify(toKinesisEvent(source, records)));
        expect(predicted - actual).toBeGreaterThanOrEqual(0);
        expect(predicted - actual).toBeLessThanOrEqual(records.length);
      }),
    );
  });
});
