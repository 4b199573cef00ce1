import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { laneOf } from '../../../lib/embedded/delivery/lane-of.ts';
import { LaneQueue, payloadBytesMax } from '../../../lib/embedded/delivery/lane-queue.ts';
import { ReadAhead } from '../../../lib/embedded/delivery/read-ahead.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';

function record(sequenceNumber: number, partitionKey = 'k', arrivedAtMs = 0): LogRecord {
  return { sequenceNumber: String(sequenceNumber), partitionKey, data: new Uint8Array(3), arrivedAtMs };
}

describe('the queue of a lane', () => {
  it('fills a batch up to its size, and the next one with what is left', () => {
    const queue = new LaneQueue(2);
    for (let i = 0; i < 3; i += 1) queue.push(record(i), i, 10);
    expect([queue.full, queue.gathered]).toEqual([true, 2]);
    expect(queue.take().map(({ sequenceNumber }) => sequenceNumber)).toEqual(['0', '1']);
    expect([queue.full, queue.gathered, queue.firstGathered]).toEqual([false, 1, 2]);
  });

  it('is full when one more record would pass the payload limit, though a batch may take exactly as much', () => {
    const queue = new LaneQueue(100);
    const room = payloadBytesMax - '{"Records":[]}'.length;
    queue.push(record(0), 0, room - 10);
    queue.push(record(1), 1, 10);
    expect([queue.full, queue.gathered]).toEqual([false, 2]);
    queue.push(record(2), 2, 1);
    expect([queue.full, queue.gathered]).toEqual([true, 2]);
  });

  it('refuses a second batch while one is in delivery, and to settle what is not', () => {
    const queue = new LaneQueue(1);
    queue.push(record(0), 0, 1);
    queue.push(record(1), 1, 1);
    queue.take();
    expect(() => queue.take()).toThrow('one batch at a time');
    expect(() => queue.settle(2)).toThrow('in delivery');
  });
});

describe('the lane of a key', () => {
  it('is the same each time, below the number of lanes, and similar keys spread', () => {
    for (const lanes of [1, 2, 3, 10]) {
      const counts = new Array<number>(lanes).fill(0);
      for (let i = 0; i < 1000; i += 1) {
        const lane = laneOf(`counter-${i}`, lanes);
        expect(laneOf(`counter-${i}`, lanes)).toBe(lane);
        counts[lane] = (counts[lane] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThan(500 / lanes);
      expect(counts).toHaveLength(lanes);
    }
  });
});

describe('reading ahead', () => {
  const options = { lanes: 2, batchSize: 10, recordsMax: 8, payloadBytesMax: 1_000_000, overheadBytes: 100 };

  it('is full at its limit of records or bytes, and roomy again at half of it', () => {
    const readAhead = new ReadAhead({ ...options, lanes: 1 }, undefined);
    readAhead.add(
      Array.from({ length: 8 }, (_, i) => record(i)),
      0,
    );
    expect([readAhead.full, readAhead.recordsFree]).toEqual([true, 0]);
    const [lane] = readAhead.lanes;
    lane!.take();
    readAhead.settle(lane!, 3);
    expect([readAhead.full, readAhead.roomy, readAhead.recordsFree]).toEqual([false, false, 3]);
    readAhead.settle(lane!, 1);
    expect(readAhead.roomy).toBe(true);
  });

  it('counts bytes as they are read and as they are settled', () => {
    const readAhead = new ReadAhead({ ...options, lanes: 1, payloadBytesMax: 200 }, undefined);
    readAhead.add([record(1), record(2)], 0);
    expect(readAhead.full).toBe(true);
    const [lane] = readAhead.lanes;
    lane!.take();
    readAhead.settle(lane!, 2);
    expect([readAhead.full, readAhead.roomy]).toEqual([false, true]);
  });

  it('begins behind the checkpoint it is given, and keeps it while nothing settles', () => {
    const readAhead = new ReadAhead(options, '41');
    expect([readAhead.position, readAhead.checkpoint]).toEqual(['41', '41']);
    readAhead.add([record(42)], 0);
    expect([readAhead.position, readAhead.checkpoint]).toEqual(['42', '41']);
  });

  it('knows when the window of each lane opened', () => {
    const readAhead = new ReadAhead({ ...options, lanes: 1, batchSize: 2 }, undefined);
    const [lane] = readAhead.lanes;
    expect(readAhead.openedAtMs(lane!)).toBeUndefined();
    readAhead.add([record(1)], 5);
    readAhead.add([record(2), record(3)], 9);
    expect(readAhead.openedAtMs(lane!)).toBe(5);
    lane!.take();
    expect(readAhead.openedAtMs(lane!)).toBe(9);
  });

  it('keeps the checkpoint right before the lowest unsettled record, however the lanes settle', () => {
    const step = fc.record({ lane: fc.nat(3), count: fc.integer({ min: 1, max: 5 }), append: fc.nat(7) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (lanes, steps) => {
        const readAhead = new ReadAhead({ ...options, lanes, batchSize: 3, recordsMax: 1e6 }, undefined);
        const arrived: LogRecord[] = [];
        const settled = new Set<string>();
        const inDelivery = readAhead.lanes.map((): LogRecord[] => []);
        for (const { lane, count, append } of steps) {
          const records = Array.from({ length: append }, (_, i) =>
            record(arrived.length + i + 1, `k${(arrived.length + i) * 7}`, arrived.length + i),
          );
          arrived.push(...records);
          readAhead.add(records, 0);
          const queue = readAhead.lanes[lane % lanes]!;
          const batch = inDelivery[lane % lanes]!;
          if (batch.length === 0 && queue.gathered > 0) batch.push(...queue.take());
          const done = batch.splice(0, count);
          readAhead.settle(queue, done.length);
          for (const { sequenceNumber } of done) settled.add(sequenceNumber);
          const lowest = arrived.findIndex(({ sequenceNumber }) => !settled.has(sequenceNumber));
          const before = lowest < 0 ? arrived.length : lowest;
          expect(readAhead.checkpoint).toBe(before === 0 ? undefined : arrived[before - 1]?.sequenceNumber);
          expect(readAhead.lowestUnsettled).toBe(before);
          expect(readAhead.unsettled).toBe(arrived.length - settled.size);
          expect(readAhead.oldestArrivedAtMs).toBe(lowest < 0 ? undefined : arrived[lowest]?.arrivedAtMs);
        }
      }),
    );
  });
});
