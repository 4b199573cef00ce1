import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodePart, encodePart, partOf } from '../../../lib/app/archive/part-codec.ts';
import type { ArchivedPart } from '../../../lib/ports/log-archive.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';

const increments = { stream: 'increments', epoch: '1' } as const;
const shardId = 'shardId-000000000000';

const records: readonly LogRecord[] = [
  { sequenceNumber: '8', partitionKey: 'a', arrivedAtMs: 1000, data: Buffer.from('{"v":1,"key":"é"}') },
  { sequenceNumber: '10', partitionKey: '', arrivedAtMs: 1001, data: Uint8Array.from([255, 254, 0]) },
  { sequenceNumber: '300', partitionKey: 'a\n\u0001', arrivedAtMs: 999, data: Buffer.from('\ufeff{}\n') },
];
const part = { shardId, after: '7', through: '300', lastArrivedAtMs: 999 };

function plain(of: readonly LogRecord[] | undefined): unknown {
  return of?.map(({ data, ...rest }) => ({ ...rest, data: [...data] }));
}

describe('a part of the archive', () => {
  it('names its shard, what it follows and its last record', () => {
    expect(partOf(shardId, '7', records)).toEqual(part);
  });

  it('holds records of any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.nat()), { minLength: 1 }),
        (some) => {
          const given = some.map(([partitionKey, data, arrivedAtMs], i) => ({
            ...{ sequenceNumber: String(i * 7), partitionKey, data, arrivedAtMs },
          }));
          const of = partOf(shardId, undefined, given);
          expect(plain(decodePart(increments, of, encodePart(increments, of, given)))).toEqual(plain(given));
        },
      ),
    );
  });

  it('is less than twice as long as what its records have, whatever that is', () => {
    for (const byte of [0x01, 0x22, 0x5c, 0x41, 0xff]) {
      const data = new Uint8Array(1_000_000).fill(byte);
      const record = { sequenceNumber: '8', partitionKey: '\u0001'.repeat(256), arrivedAtMs: 1, data };
      const of = { shardId, after: '7', through: '8', lastArrivedAtMs: 1 };
      const bytes = encodePart(increments, of, [record]);
      expect(zstdDecompressSync(bytes).length).toBeLessThan(2_000_000 + 6 * 256 + 400);
      const [back] = decodePart(increments, of, bytes)!;
      expect(Buffer.compare(back!.data, data)).toBe(0);
    }
  });

  it('is not read if a bit of it has changed', () => {
    const bytes = encodePart(increments, part, records);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at & 7));
      const found = decodePart(increments, part, damaged);
      // A bit that no reader looks at may change; a record may not.
      if (found !== undefined) expect(plain(found)).toEqual(plain(records));
    }
  });

  it('is not read if it was cut short, or is something else', () => {
    const bytes = encodePart(increments, part, records);
    for (const length of [0, 1, bytes.length >> 1, bytes.length - 1])
      expect(decodePart(increments, part, bytes.subarray(0, length))).toBeUndefined();
    expect(decodePart(increments, part, Buffer.from('{"format":"adtally-archive-1"}\n'))).toBeUndefined();
  });

  const others: readonly [string, ArchivedPart][] = [
    ['shard', { ...part, shardId: 'shardId-000000000001' }],
    ['beginning', { ...part, after: '6' }],
    ['beginning, at the first record', { ...part, after: undefined }],
    ['end', { ...part, through: '301' }],
  ];
  it.each(others)('is not read as one of another %s', (_, other) => {
    expect(decodePart(increments, other, encodePart(increments, part, records))).toBeUndefined();
  });

  it('is not read as one of another incarnation of the stream', () => {
    const bytes = encodePart(increments, part, records);
    expect(decodePart({ ...increments, epoch: '2' }, part, bytes)).toBeUndefined();
    expect(decodePart({ ...increments, stream: 'ad-events' }, part, bytes)).toBeUndefined();
  });

  it('keeps the order of the log, or is not read', () => {
    const [first, second, third] = records as [LogRecord, LogRecord, LogRecord];
    for (const wrong of [
      [second, first, third],
      [first, first, third],
    ])
      expect(decodePart(increments, part, encodePart(increments, part, wrong))).toBeUndefined();
    const late = { ...part, after: '8' };
    expect(decodePart(increments, late, encodePart(increments, late, records))).toBeUndefined();
  });
});
