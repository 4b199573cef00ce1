import { markAttribute, type ShardRef } from '../log-position.ts';
import { parsePartitionKey } from './counter-key.ts';
import { compareSequenceNumbers } from '../sequence-number.ts';
import { countsOnce, type CounterGroup, type CounterRecord, type Poison } from './counter-record.ts';
import type { RightsRecord } from '../delivery/goals/rights-record.ts';
import type { Tracked } from '../delivery/tracked-event.ts';
import type { Incremented } from './increment-event.ts';

/** What grouping needs to know of a record. */
interface LoggedRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
}

/**
 * Splits a batch by counter item. The records of a counter are sorted by sequence number, and a second record
 * of an event id is a repeat.
 */
export function groupRecords<R extends LoggedRecord>(
  shard: ShardRef,
  records: readonly R[],
  read: (record: R) => Incremented | Tracked | RightsRecord | Poison,
): readonly CounterGroup[] {
  const lanes = new Lanes(shard);
  records.forEach((record, index) => {
    const { group, markAttribute } = lanes.of(record.partitionKey);
    const { sequenceNumber } = record;
    append(group, { sequenceNumber, markAttribute, index, content: read(record) });
  });
  const eventIds = new Set<string>();
  for (const group of lanes.groups) {
    // Array.sort is stable: if a batch has one number twice, the first record stays first.
    if (!group.ordered) {
      group.records.sort((a, b) => compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber));
    }
    if (group.records.length > 1) {
      dropCopies(group);
      findRepeats(group.records, eventIds);
    }
  }
  return lanes.groups;
}

/**
 * The item and lane that a partition key names. A garbage key gets them too: its records can only be given
 * up, and that needs an item for their mark. A counter part that is empty or has control characters is used
 * unchanged: the store can hold it and no API call can name it. No two partition keys may share a mark,
 * because their records have no common order. So text with lone surrogates, which cannot be stored, and a
 * separator with nothing after it get a lane of their own: the escaped key, which starts with the separator,
 * as no real lane does.
 */
export function namedItem(partitionKey: string): { counterKey: string; lane: string } {
  const { counterKey, lane } = parsePartitionKey(partitionKey);
  const spelt = lane === '' ? counterKey === partitionKey : partitionKey.isWellFormed();
  if (spelt && counterKey.isWellFormed()) return { counterKey, lane };
  return { counterKey: counterKey.toWellFormed(), lane: `\u0001${JSON.stringify(partitionKey)}` };
}

interface MutableGroup {
  readonly counterKey: string;
  records: CounterRecord[];
  ordered: boolean;
}

interface Lane {
  readonly group: MutableGroup;
  readonly markAttribute: string;
}

/**
 * Groups by partition key. The partition key of a counter's plain lane is the counter key itself, so this
 * finds items too.
 */
class Lanes {
  readonly groups: MutableGroup[] = [];
  readonly #byPartitionKey = new Map<string, Lane>();
  readonly #shard: ShardRef;
  readonly #plainMark: string;

  constructor(shard: ShardRef) {
    this.#shard = shard;
    this.#plainMark = markAttribute(shard);
  }

  of(partitionKey: string): Lane {
    const known = this.#byPartitionKey.get(partitionKey);
    if (known !== undefined) return known;
    const { counterKey, lane } = namedItem(partitionKey);
    const opened = lane === '' ? this.#openGroup(counterKey) : this.#openLane(counterKey, lane);
    this.#byPartitionKey.set(partitionKey, opened);
    return opened;
  }

  #openGroup(counterKey: string): Lane {
    const group = { counterKey, records: [], ordered: true };
    this.groups.push(group);
    return { group, markAttribute: this.#plainMark };
  }

  #openLane(counterKey: string, lane: string): Lane {
    const { group } = this.of(counterKey);
    return { group, markAttribute: markAttribute(this.#shard, lane) };
  }
}

/**
 * A batch may have a record of an ad twice, and the copy is in no number. The copy of any other record adds nothing by
 * itself: an increment's is a repeat, and a poison record is given up once.
 */
function dropCopies(group: MutableGroup): void {
  if (!group.records.some(({ content }) => content.type === 'Tracked')) return;
  let before: string | undefined;
  group.records = group.records.filter(({ content, sequenceNumber }) => {
    const isCopy = before !== undefined && compareSequenceNumbers(before, sequenceNumber) === 0;
    before = sequenceNumber;
    return !isCopy || content.type !== 'Tracked';
  });
}

function findRepeats(records: CounterRecord[], eventIds: Set<string>): void {
  records.forEach((record, index) => {
    const { content } = record;
    if (!countsOnce(content)) return;
    const known = eventIds.size;
    eventIds.add(content.id);
    if (eventIds.size > known) return;
    records[index] = { ...record, content: toRepeat(content) };
  });
}

function toRepeat(content: Incremented | Tracked): CounterRecord['content'] {
  return content.type === 'Incremented'
    ? { type: 'repeat', count: content.count }
    : { type: 'uncounted', as: 'repeat', event: content };
}

function append(group: MutableGroup, record: CounterRecord): void {
  const last = group.records[group.records.length - 1];
  if (last !== undefined && group.ordered)
    group.ordered = inOrder(last.sequenceNumber, record.sequenceNumber);
  group.records.push(record);
}

/** Numbers of the same length compare as text; the general comparison is slower. */
function inOrder(a: string, b: string): boolean {
  return a.length === b.length ? a <= b : compareSequenceNumbers(a, b) <= 0;
}
