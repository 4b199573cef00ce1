import type { AppendedRecord } from './auditor.ts';
import { demand } from './demand.ts';

/** A record of `increments` and its result. */
export interface LedgerRecord {
  readonly record: AppendedRecord;
  readonly sequence: bigint;
  /** undefined: poison, or a tracked event. */
  readonly event: LoggedIncrement | undefined;
  /** undefined: it is none. */
  readonly tracked: LoggedTracked | undefined;
  /** undefined: it is none. */
  readonly order: LoggedOrder | undefined;
  /** True time at which the mark passed it. */
  settledAtMs: number | undefined;
  /** It was given up, and is in the quarantine or has left it. */
  skip: 'quarantined' | 'counted' | 'dropped' | undefined;
}

export interface LoggedIncrement {
  readonly id: string;
  readonly key: string;
  readonly value: bigint;
  readonly count: number;
  readonly keyed: boolean;
  readonly atMs: number;
  readonly traceparent: string | undefined;
}

/** An impression or a click of an ad. */
export interface LoggedTracked {
  /** One for each decision and kind. */
  readonly id: string;
  readonly counter: string;
  readonly isClick: boolean;
  readonly invalid: string | undefined;
  readonly generation: number;
  readonly epoch: number;
  readonly atMs: number;
  readonly traceparent: string | undefined;
}

/** An order about the rights of an ad, under the key of its impressions. */
export interface LoggedOrder {
  readonly counter: string;
  readonly generation: number;
  /** undefined: it opens the generation. Else it closes the epochs up to this number. */
  readonly through: number | undefined;
}

/** What makes impressions of an ad late, as its log has it so far. */
export interface Fence {
  generation: number;
  /** Epochs up to this number are closed; -1: none. */
  closed: number;
}

/** Everything the log took, by the mark that has to pass it. */
export class CounterLedger {
  readonly records: LedgerRecord[] = [];
  /** By event id: how often it is in the log. */
  readonly copies = new Map<string, LedgerRecord[]>();
  readonly counted = new Set<string>();
  /** Tracked events, apart from invalid ones, by their id. */
  readonly trackedCopies = new Map<string, LedgerRecord[]>();
  readonly trackedCounted = new Set<string>();
  /** Those that were late, however often. */
  readonly trackedLate = new Set<string>();
  /** By counter of impressions; as far as its marks have come. */
  readonly #fences = new Map<string, Fence>();
  /** By counter and mark attribute; a lane's records are in the order of their numbers. */
  readonly #lanes = new Map<string, LedgerRecord[]>();
  readonly #byPosition = new Map<string, LedgerRecord>();

  append(record: AppendedRecord): void {
    const event = readEvent(record);
    const sequence = BigInt(record.sequenceNumber);
    const tracked = readTracked(record);
    const order = readOrder(record);
    const entry: LedgerRecord = {
      ...{ record, sequence, event, tracked, order },
      ...{ settledAtMs: undefined, skip: undefined },
    };
    this.records.push(entry);
    this.#byPosition.set(positionText(record), entry);
    const lane = laneOf(record);
    const records = this.#lanes.get(lane) ?? [];
    records.push(entry);
    this.#lanes.set(lane, records);
    if (tracked?.invalid === undefined && tracked !== undefined)
      this.trackedCopies.set(tracked.id, [...(this.trackedCopies.get(tracked.id) ?? []), entry]);
    if (event === undefined) return;
    const copies = this.copies.get(event.id) ?? [];
    copies.push(entry);
    this.copies.set(event.id, copies);
    demand(copies.length === 1 || event.keyed, 'G1', 'an event without a claim is in the log twice', () => ({
      eventId: event.id,
      positions: copies.map((copy) => positionText(copy.record)),
    }));
  }

  fence(counter: string): Fence {
    const fence = this.#fences.get(counter) ?? { generation: 0, closed: -1 };
    this.#fences.set(counter, fence);
    return fence;
  }

  at(position: { epoch: string; shardId: string; sequenceNumber: string }): LedgerRecord | undefined {
    return this.#byPosition.get(positionText(position));
  }

  lane(counter: string, attribute: string): readonly LedgerRecord[] {
    return this.#lanes.get(`${counter}\n${attribute}`) ?? [];
  }
}

export function positionText(record: { epoch: string; shardId: string; sequenceNumber: string }): string {
  return `${record.epoch}/${record.shardId}/${record.sequenceNumber}`;
}

/** Of a record that was put on a stream with AUTO distribution without a key. */
export const noPartitionKey = '';

const laneSeparator = '\u0001';

/** It and the counters of ads are the only ones in the log whose keys have the separator, at their beginning. */
export const canaryCounter = '\u0001canary';

// eslint-disable-next-line no-control-regex -- U+0001 begins their keys
const adCounter = /^\u0001[ic]#[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isAdCounter(counter: string): boolean {
  return adCounter.test(counter);
}

/** U+0001, the kind, `#` and a UUID. */
const adCounterLength = 39;

/** An account of an audit's book is that of an ad's counter, or of one of its numbers. */
export function isOfAd(account: string): boolean {
  return isAdCounter(account.slice(0, adCounterLength));
}

function counterOf(partitionKey: string): string {
  const hasNoLanes = partitionKey === canaryCounter || isAdCounter(partitionKey);
  return hasNoLanes ? partitionKey : (partitionKey.split(laneSeparator)[0] ?? '');
}

/** The item that a partition key names, and the attribute in it that keeps this shard's mark. */
function laneOf({ partitionKey, epoch, shardId }: AppendedRecord): string {
  const counter = counterOf(partitionKey);
  const lane = partitionKey.slice(counter.length + laneSeparator.length);
  return `${counter}\nhw|${epoch}|${shardId}|${lane}`;
}

const invalidReasons: readonly unknown[] = ['bot', 'prefetch', 'no-user-agent'];

/** undefined: it is no JSON. */
function jsonIn(data: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** The format of tracked events, once more as well. */
export function readTracked({ data, partitionKey }: AppendedRecord): LoggedTracked | undefined {
  if (!isAdCounter(partitionKey)) return undefined;
  const json = jsonIn(data);
  if (json === undefined) return undefined;
  const { v, type, id, ad, kind, at, generation, epoch, invalid, traceparent: trace } = json;
  if (v !== 1 || type !== 'Tracked' || typeof id !== 'string' || typeof ad !== 'string') return undefined;
  if (typeof at !== 'number' || typeof generation !== 'number' || typeof epoch !== 'number') return undefined;
  const isClick = kind === 'click';
  if (partitionKey !== `${laneSeparator}${isClick ? 'c' : 'i'}#${ad}`) return undefined;
  if (!isClick && kind !== 'impression') return undefined;
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const traceparent = typeof trace === 'string' ? trace : undefined;
  const tracked = { id, counter: partitionKey, isClick, generation, epoch, atMs: at, traceparent };
  if (typeof invalid !== 'string') return invalid === undefined ? { ...tracked, invalid } : undefined;
  return invalidReasons.includes(invalid) ? { ...tracked, invalid } : undefined;
}

/** The format of orders. */
export function readOrder({ data, partitionKey }: AppendedRecord): LoggedOrder | undefined {
  if (!isAdCounter(partitionKey)) return undefined;
  const json = jsonIn(data);
  if (json === undefined) return undefined;
  const { v, type, ad, generation, through, plan, ledgerClosed } = json;
  const isNamed = v === 1 && partitionKey === `${laneSeparator}i#${String(ad)}`;
  if (!isNamed || typeof generation !== 'number') return undefined;
  const order = { counter: partitionKey, generation };
  if (type === 'RightsOpened' && typeof plan === 'number') return { ...order, through: undefined };
  const closes = type === 'RightsClosed' && typeof ledgerClosed === 'number';
  return closes && typeof through === 'number' ? { ...order, through } : undefined;
}

/** The format of the events, read here once more so that a mistake of the codec does not hide itself. */
export function readEvent({ data, partitionKey }: AppendedRecord): LoggedIncrement | undefined {
  const json = jsonIn(data);
  if (json === undefined) return undefined;
  const { v, type, id, key, value, count, keyed, at, traceparent } = json;
  const isEvent = v === 1 && type === 'Incremented' && typeof id === 'string' && typeof value === 'string';
  if (!isEvent || typeof key !== 'string' || typeof count !== 'number' || typeof keyed !== 'boolean')
    return undefined;
  if (typeof at !== 'number') return undefined;
  if (key !== counterOf(partitionKey) || !/^[1-9]\d{0,18}$/.test(value)) return undefined;
  const trace = typeof traceparent === 'string' ? traceparent : undefined;
  return { id, key, value: BigInt(value), count, keyed, atMs: at, traceparent: trace };
}
