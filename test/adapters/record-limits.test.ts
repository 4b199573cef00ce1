import { describe, expect, test } from '@jest/globals';
import { AppendListeners } from '../../lib/adapters/records/append-listeners.ts';
import { assertEntries } from '../../lib/adapters/records/entry-limits.ts';
import { readFacts } from '../../lib/adapters/records/quarantined-facts.ts';
import { assertPageLimit, assertSchedule } from '../../lib/adapters/records/schedule-limits.ts';
import { UnreadableRecordError } from '../../lib/ports/quarantine.ts';

/** Each limit of records, schedules and pages, exactly met and passed by one. */
const entry = (partitionKey: string, bytes: number) => ({ partitionKey, data: new Uint8Array(bytes) });
const entries = (count: number) => Array.from({ length: count }, () => entry('k', 0));
const schedule = (name: string, atMs: number, endAtMs = 0) => ({ name, atMs, input: { adId: 'a', endAtMs } });
const largest = 2 ** 53 - 1;

describe.each<[string, () => void, () => void]>([
  [
    'entries',
    () => {
      assertEntries(entries(500));
    },
    () => {
      assertEntries(entries(501));
    },
  ],
  [
    'bytes of a record',
    () => {
      assertEntries([entry('k', 1_048_575)]);
    },
    () => {
      assertEntries([entry('k', 1_048_576)]);
    },
  ],
  [
    'bytes, each of the key included',
    () => {
      assertEntries([entry('é'.repeat(256), 1_048_064)]);
    },
    () => {
      assertEntries([entry('é'.repeat(256), 1_048_065)]);
    },
  ],
  [
    'the second of two',
    () => {
      assertEntries([entry('k', 1), entry('k', 1_048_575)]);
    },
    () => {
      assertEntries([entry('k', 1), entry('k', 1_048_576)]);
    },
  ],
  [
    'a key',
    () => {
      assertEntries([entry('k', 0)]);
    },
    () => {
      assertEntries([entry('', 0)]);
    },
  ],
  [
    'characters of a key',
    () => {
      assertEntries([entry('k'.repeat(256), 0)]);
    },
    () => {
      assertEntries([entry('k'.repeat(257), 0)]);
    },
  ],
  [
    'astral characters of a key',
    () => {
      assertEntries([entry('😀'.repeat(256), 0)]);
    },
    () => {
      assertEntries([entry(`${'😀'.repeat(256)}k`, 0)]);
    },
  ],
  [
    'a key that has UTF-8',
    () => {
      assertEntries([entry('😀', 0)]);
    },
    () => {
      assertEntries([entry('\ud83d', 0)]);
    },
  ],
  [
    'a long key that has UTF-8',
    () => {
      assertEntries([entry('😀'.repeat(200), 0)]);
    },
    () => {
      assertEntries([entry(`${'😀'.repeat(200)}\ud83d`, 0)]);
    },
  ],
  [
    'a name',
    () => {
      assertSchedule(schedule('a', 0));
    },
    () => {
      assertSchedule(schedule('', 0));
    },
  ],
  [
    'characters of a name',
    () => {
      assertSchedule(schedule('a'.repeat(64), 0));
    },
    () => {
      assertSchedule(schedule('a'.repeat(65), 0));
    },
  ],
  [
    'the first instant',
    () => {
      assertSchedule(schedule('a', 0));
    },
    () => {
      assertSchedule(schedule('a', -1));
    },
  ],
  [
    'the last instant',
    () => {
      assertSchedule(schedule('a', largest));
    },
    () => {
      assertSchedule(schedule('a', largest + 1));
    },
  ],
  [
    'whole milliseconds',
    () => {
      assertSchedule(schedule('a', 1));
    },
    () => {
      assertSchedule(schedule('a', 1.5));
    },
  ],
  [
    'the first end',
    () => {
      assertSchedule(schedule('a', 0, 0));
    },
    () => {
      assertSchedule(schedule('a', 0, -1));
    },
  ],
  [
    'the least page',
    () => {
      assertPageLimit(1);
    },
    () => {
      assertPageLimit(0);
    },
  ],
  [
    'the largest page',
    () => {
      assertPageLimit(1000);
    },
    () => {
      assertPageLimit(1001);
    },
  ],
])('%s', (_, within, beyond) => {
  test('just within, and passed by one', () => {
    expect(within).not.toThrow();
    expect(beyond).toThrow(RangeError);
  });
});

describe('the facts of a quarantined record', () => {
  const facts = {
    stream: 'increments',
    epoch: '1',
    shardId: 's',
    sequenceNumber: '5',
    partitionKey: 'k',
    arrivedAtMs: 1,
    quarantinedAtMs: 2,
    reason: 'r',
  };
  const key = 'increments/1/s/5';

  test('come back', () => {
    expect(readFacts(key, JSON.stringify(facts))).toEqual(facts);
  });

  test.each([
    ['no JSON', '{'],
    ['another shape', '[]'],
    ['no reason', JSON.stringify({ ...facts, reason: undefined })],
    ['another stream', JSON.stringify({ ...facts, stream: 'other' })],
    ['the record of another key', JSON.stringify({ ...facts, sequenceNumber: '6' })],
  ])('are unreadable if the entry has %s', (_, json) => {
    expect(() => readFacts(key, json)).toThrow(UnreadableRecordError);
  });
});

test('listeners hear of every shard, and one that leaves during a call takes no other along', () => {
  const listeners = new AppendListeners();
  const heard: string[] = [];
  const leave = listeners.add((shardId) => {
    heard.push(`first ${shardId}`);
    leave();
  });
  listeners.add((shardId) => heard.push(`second ${shardId}`));
  listeners.call('a');
  listeners.call('b');
  expect(heard).toEqual(['first a', 'second a', 'second b']);
});
