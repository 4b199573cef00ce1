import { markAttribute, type ShardRef } from '../log-position.ts';
import { parsePartitionKey } from '../partition-key.ts';
import { compareSequenceNumbers } from '../sequence-number.ts';
import type { CounterGroup, CounterRecord, Poison } from './counter-record.ts';
import type { Incremented } from './increment-event.ts';

/** What grouping needs to know of a record. */
interface LoggedRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
}

/**
 * Splits a batch by counter item. An event id that occurs again becomes a repeat, whatever counter it names: an id
 * stands for one event. Within a group the order is that of the numbers, whatever the batch's.
 */
export function groupRecords<R extends LoggedRecord>(
  shard: ShardRef,
  records: readonly R[],
  read: (record: R) => Incremented | Poison,
): readonly CounterGroup[] {
  const items = new Map<string, MutableGroup>();
  const lanes = new Map<string, Lane>();
  const eventIds = new Set<string>();
  records.forEach((record, index) => {
    let lane = lanes.get(record.partitionKey);
    if (lane === undefined) {
      lane = openLane(shard, record.partitionKey, items);
      lanes.set(record.partitionKey, lane);
    }
    const content = dropRepeat(read(record), eventIds);
    const { group, markAttribute } = lane;
    append(group, { sequenceNumber: record.sequenceNumber, markAttribute, index, content });
  });
  for (const group of items.values()) {
    // Array.sort is stable: of one number delivered twice in a batch, the first stays first.
    if (!group.ordered) {
      group.records.sort((a, b) => compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber));
    }
  }
  return [...items.values()];
}

/**
 * The item and lane that a partition key names, be it garbage: its records can only be given up, and that needs an
 * item to hold their mark. A counter part that is empty or has control characters is taken as it is: the store can
 * hold it and no API call can name it. Text with lone surrogates cannot be stored; it is escaped, in a lane of its
 * own (it starts with the separator, as no real lane does), so that it never shares a mark with another key.
 */
export function namedItem(partitionKey: string): { counterKey: string; lane: string } {
  const { counterKey, lane } = parsePartitionKey(partitionKey);
  if (partitionKey.isWellFormed()) return { counterKey, lane };
  return { counterKey: counterKey.toWellFormed(), lane: `\u0001${JSON.stringify(partitionKey)}` };
}

interface MutableGroup {
  readonly counterKey: string;
  readonly records: CounterRecord[];
  ordered: boolean;
}

interface Lane {
  readonly group: MutableGroup;
  readonly markAttribute: string;
}

function openLane(shard: ShardRef, partitionKey: string, items: Map<string, MutableGroup>): Lane {
  const { counterKey, lane } = namedItem(partitionKey);
  let group = items.get(counterKey);
  if (group === undefined) {
    group = { counterKey, records: [], ordered: true };
    items.set(counterKey, group);
  }
  return { group, markAttribute: markAttribute(shard, lane) };
}

function dropRepeat(content: Incremented | Poison, eventIds: Set<string>): CounterRecord['content'] {
  if (content.type === 'poison') return content;
  const known = eventIds.size;
  eventIds.add(content.id);
  return eventIds.size === known ? { type: 'repeat', count: content.count } : content;
}

function append(group: MutableGroup, record: CounterRecord): void {
  const last = group.records[group.records.length - 1];
  if (last !== undefined && group.ordered) group.ordered = inOrder(last.sequenceNumber, record.sequenceNumber);
  group.records.push(record);
}

/** Digits of one length compare as text; the general comparison is slower. */
function inOrder(a: string, b: string): boolean {
  return a.length === b.length ? a <= b : compareSequenceNumbers(a, b) <= 0;
}
