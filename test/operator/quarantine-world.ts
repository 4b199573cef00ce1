import { expect } from '@jest/globals';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { giveUpIncrement } from '../../lib/app/quarantine/give-up.ts';
import { skipKey } from '../../lib/app/state-keys.ts';
import { failureFilePrefix } from '../../lib/aws-names.ts';

import type { Clock } from '../../lib/ports/clock.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import { quarantineKey, type QuarantineId } from '../../lib/ports/quarantine.ts';
import { counterItem, deliver, garbage, increment, keyed, type Logged } from '../support/counter-world.ts';
import { failureFileText } from '../support/failure-file-text.ts';
import { createOperatorWorld, type OperatorWorld } from '../support/operator-world.ts';
import { virtualStartMs } from '../support/virtual-clock.ts';

/** Where a record is when an operator begins. */
type Place =
  /** Its consumer counted it. */
  | 'counted'
  /** Its consumer gave it up. */
  | 'quarantined'
  /** Given up, but another record of its event was counted. */
  | 'quarantined-copy'
  /** Its bytes are in the quarantine, but its consumer did not finish and still has it. */
  | 'unfinished'
  /** In a failure file, and no mark has passed it. */
  | 'in-file'
  /** In a failure file, and the mark of its counter has passed it, though it was not counted. */
  | 'passed'
  /** In a failure file, though it was counted. */
  | 'counted-and-in-file';

/** A record of the world. Its value is a power of ten: the digits of a total tell how often each was counted. */
interface Placed {
  readonly place: Place;
  readonly key: string;
  readonly value: number;
  /** Nothing that could be counted. */
  readonly isPoison: boolean;
  readonly id: QuarantineId;
  readonly file: string | undefined;
}

export interface QuarantineWorld extends OperatorWorld {
  readonly placed: readonly Placed[];
  /** The failure files as they were at the beginning. */
  readonly fileTexts: ReadonlyMap<string, string>;
}

/** Time does not pass, so that two ways to one end leave the same items. */
const stopped: Clock = {
  nowMs: () => virtualStartMs,
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
};

const twice = keyed('twice', 1);

const records: readonly (readonly [Place, Logged])[] = [
  ['counted', twice],
  ['quarantined-copy', twice],
  ['quarantined', increment('given', 1)],
  ['quarantined', keyed('given', 10)],
  ['quarantined', garbage('given')],
  ['unfinished', increment('unfinished', 1)],
  ['in-file', increment('fresh', 1)],
  ['in-file', keyed('fresh', 10)],
  ['in-file', garbage('fresh')],
  ['passed', increment('passed', 1)],
  ['passed', increment('passed', 10)],
  ['passed', keyed('passed-keyed', 1)],
  ['counted-and-in-file', increment('late', 1)],
  ['counted-and-in-file', keyed('late-keyed', 1)],
  ['counted', increment('passed', 100)],
  ['counted', increment('passed-keyed', 10)],
];
const shard = { epoch: '1', shardId: 'shardId-000000000000' };
const adEventId: QuarantineId = { stream: 'ad-events', ...shard, sequenceNumber: '7' };
const adEvent = {
  ...{ v: 1, type: 'AdDeleted', id: 'a'.repeat(32) },
  ...{ adId: '01990000-0000-7000-8000-000000000000', at: 5 },
};

/** Small worlds, because each call of each command needs some of its own. */
export const worldKinds = {
  quarantine: ['given', 'twice', 'unfinished', 'ads'],
  'file of fresh records': ['file', 'fresh'],
  'file of passed records': ['file', 'passed'],
  'file of passed keyed records': ['file', 'passed-keyed'],
  'file of counted records': ['file', 'late'],
  'file of counted keyed records': ['file', 'late-keyed'],
  'file of ad events': ['file', 'ads'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type WorldKind = keyof typeof worldKinds;

/** A world with the records of some counters, in the quarantine or in failure files. */
export async function openQuarantineWorld(...kinds: readonly WorldKind[]): Promise<QuarantineWorld> {
  const world = createOperatorWorld({ clock: stopped });
  const keys: readonly string[] = kinds.flatMap((kind) => worldKinds[kind]);
  const files = keys.includes('file');
  const placed: Placed[] = [];
  const contents = new Map<string, LogRecord[]>();
  for (const [place, logged] of records.filter(([, { partitionKey }]) => keys.includes(partitionKey))) {
    const [result] = await world.increments.append([logged]);
    if (result?.status !== 'appended') throw new Error('the log of a test takes what it gets');
    const { shardId, sequenceNumber } = result;
    const id = { stream: 'increments', epoch: '1', shardId, sequenceNumber } as const;
    const { partitionKey, data, event } = logged;
    const record = { sequenceNumber, partitionKey, data, arrivedAtMs: virtualStartMs };
    const file = files && place !== 'counted' ? `${failureFilePrefix}${partitionKey}` : undefined;
    const value = Number(event?.value ?? 0);
    placed.push({ place, key: partitionKey, value, isPoison: event === undefined, id, file });
    await settle(world, place, record, { epoch: '1', shardId });
    if (file === undefined) continue;
    contents.set(file, [...(contents.get(file) ?? []), record]);
    world.files.set(file, failureFileText(contents.get(file) ?? [], shardId));
  }
  if (keys.includes('ads')) await placeAdEvent(world, files);
  if (files) world.files.set(foreignFile, '{"not":"a file of a mapping"}');
  return { ...world, placed, fileTexts: new Map(world.files) };
}

/** Not written by a mapping: no command changes it. */
export const foreignFile = `${failureFilePrefix}zz-foreign`;

async function settle(
  world: OperatorWorld,
  place: Place,
  record: LogRecord,
  at: { readonly epoch: string; readonly shardId: string },
): Promise<void> {
  switch (place) {
    case 'counted':
    case 'counted-and-in-file':
      await deliver(createAggregator(world.ports), [record], at);
      break;
    case 'quarantined':
    case 'quarantined-copy':
      await giveUpIncrement(world.ports, { shard: at, record, reason: 'kills the function' });
      break;
    case 'unfinished':
      await world.quarantine.store({
        ...{ ...record, ...at, stream: 'increments' as const },
        ...{ quarantinedAtMs: virtualStartMs, reason: 'not finished' },
      });
      break;
    case 'in-file':
    case 'passed':
      break;
  }
}

async function placeAdEvent(world: OperatorWorld, inFile: boolean): Promise<void> {
  const data = new TextEncoder().encode(JSON.stringify(adEvent));
  const record = { sequenceNumber: '7', partitionKey: 'ads', data, arrivedAtMs: virtualStartMs };
  if (inFile) {
    world.files.set(`${failureFilePrefix}ads`, failureFileText([record], shard.shardId, 'ad-events'));
    return;
  }
  const facts = { quarantinedAtMs: virtualStartMs, reason: 'by hand' };
  await world.quarantine.store({ ...adEventId, ...record, ...facts });
  const attributes = { state: 'quarantined', reason: 'by hand' };
  await world.memoryState.write({ type: 'put', key: skipKey('ad-events', adEventId), attributes });
}

interface Whereabouts {
  readonly key: string;
  readonly value: number;
  readonly counted: number;
  readonly state: string | undefined;
  readonly bytes: boolean;
  readonly inFile: boolean;
}

/** Where each record is, from the stored items alone. */
async function whereabouts(world: QuarantineWorld): Promise<readonly Whereabouts[]> {
  const found: Whereabouts[] = [];
  for (const { key, value, id, file } of world.placed) {
    const item = await counterItem(world.memoryState, key);
    const total = (item?.['total'] as bigint | undefined) ?? 0n;
    const counted = value === 0 ? 0 : Number((total / BigInt(value)) % 10n);
    const skip = await world.memoryState.get(skipKey('increments', id));
    found.push({
      ...{ key, value, counted },
      state: skip?.['state'] as string | undefined,
      bytes: (await world.quarantine.get(id)) !== undefined,
      inFile: file !== undefined && world.files.has(file),
    });
  }
  return found;
}

/** No record is lost, counted twice, or both counted and dropped: at every instant, whatever failed. */
export async function expectNothingLost(world: QuarantineWorld, what: string): Promise<void> {
  const found = await whereabouts(world);
  for (const [index, { place, isPoison }] of world.placed.entries()) {
    const { counted, state, bytes, inFile, ...record } = found[index]!;
    const waits = (state === 'quarantined' && bytes) || inFile;
    const isCopied = record.key === 'twice';
    const isOnce = isCopied ? counted === 1 : counted <= 1;
    const ended = counted + (state === 'dropped' ? 1 : 0);
    const isKept =
      isPoison || place === 'unfinished' ? waits || bytes || state === 'dropped' : waits || ended > 0;
    const agrees = state !== 'counted' || counted === 1;
    const isOne = isCopied || ended <= 1;
    // Compared only where it fails: there are thousands of these.
    if (isOnce && isKept && agrees && isOne) continue;
    const facts = { what, ...record, place, state, bytes, inFile, counted };
    expect({ ...facts, isOnce, isKept, agrees, isOne }).toEqual({
      ...{ ...facts, isOnce: true, isKept: true, agrees: true, isOne: true },
    });
  }
}

/** Everything that operators can find afterwards, as one text. */
export async function endState(world: QuarantineWorld): Promise<string> {
  const { records: kept } = await world.quarantine.list({ limit: 1000 });
  const logged = await world.adEvents.read(shard.shardId, undefined, { recordsMax: 100, bytesMax: 1e6 });
  const everything = {
    items: world.memoryState.all(),
    quarantined: kept.map((record) => [
      quarantineKey(record),
      Buffer.from(record.data).toString('hex'),
      record.reason,
    ]),
    files: [...world.files.keys()].sort(),
    // A second copy has no effect, because of its event id.
    adEvents: [...new Set(logged.map(({ data }) => Buffer.from(data).toString()))],
  };
  const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  return JSON.stringify(everything, plain, 1);
}
