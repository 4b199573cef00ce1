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
export interface Placed {
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

const records: readonly (readonly [Place, Logged])[] = [
  ['counted', increment('calm', 1)],
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
const twice = keyed('twice', 1);

const shard = { epoch: '1', shardId: 'shardId-000000000000' };
export const adEventId: QuarantineId = { stream: 'ad-events', ...shard, sequenceNumber: '7' };
const adEvent = {
  ...{ v: 1, type: 'AdDeleted', id: 'a'.repeat(32) },
  ...{ adId: '01990000-0000-7000-8000-000000000000', at: 5 },
};

/**
 * A world with a record in every place. `files`: with those of the failure destination, otherwise with those
 * of the quarantine; a world with both takes twice the time.
 */
export async function openQuarantineWorld({ files }: { readonly files: boolean }): Promise<QuarantineWorld> {
  const world = createOperatorWorld({ clock: stopped });
  const isHere = ([place]: readonly [Place, Logged]): boolean =>
    place === 'counted' || (place.includes('file') || place === 'passed') === files;
  const all = [
    ...records,
    ...(['counted', 'quarantined-copy'] as const).map((place) => [place, twice] as const),
  ];
  const here = all.filter(isHere);
  const placed: Placed[] = [];
  for (const [place, logged] of here) {
    const [result] = await world.increments.append([logged]);
    if (result?.status !== 'appended') throw new Error('the log of a test takes what it gets');
    const { shardId, sequenceNumber } = result;
    const id = { stream: 'increments', epoch: '1', shardId, sequenceNumber } as const;
    const { partitionKey, data, event } = logged;
    const record = { sequenceNumber, partitionKey, data, arrivedAtMs: virtualStartMs };
    const at = { epoch: '1', shardId };
    const file =
      files && !['counted'].includes(place) ? `${failureFilePrefix}${shardId}/${partitionKey}` : undefined;
    placed.push({
      place,
      key: partitionKey,
      value: Number(event?.value ?? 0),
      isPoison: event === undefined,
      id,
      file,
    });
    await settle(world, place, record, at);
    if (file !== undefined) addToFile(world, file, record, shardId);
  }
  const data = new TextEncoder().encode(JSON.stringify(adEvent));
  await placeAdEvent(world, data, files);
  if (files) world.files.set(`${failureFilePrefix}zz-foreign`, '{"not":"a file of a mapping"}');
  return { ...world, placed, fileTexts: new Map(world.files) };
}

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

const filed = new WeakMap<OperatorWorld, Map<string, LogRecord[]>>();

function addToFile(world: OperatorWorld, file: string, record: LogRecord, shardId: string): void {
  const contents = filed.get(world) ?? new Map<string, LogRecord[]>();
  filed.set(world, contents);
  const content = [...(contents.get(file) ?? []), record];
  contents.set(file, content);
  world.files.set(file, failureFileText(content, shardId));
}

async function placeAdEvent(world: OperatorWorld, data: Uint8Array, inFile: boolean): Promise<void> {
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

export interface Whereabouts {
  readonly key: string;
  readonly value: number;
  readonly counted: number;
  readonly state: string | undefined;
  readonly bytes: boolean;
  readonly inFile: boolean;
}

/** Where each record is, from the stored items alone. */
export async function whereabouts(world: QuarantineWorld): Promise<readonly Whereabouts[]> {
  const found: Whereabouts[] = [];
  for (const { key, value, id, file } of world.placed) {
    const total = BigInt(
      ((await counterItem(world.memoryState, key))?.['total'] as bigint | undefined) ?? 0n,
    );
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
    const at = { what, ...record, place, state, bytes, inFile, counted };
    const isOnce = isCopied ? counted === 1 : counted <= 1;
    const ended = counted + (state === 'dropped' ? 1 : 0);
    const isKept =
      isPoison || place === 'unfinished' ? waits || bytes || state === 'dropped' : waits || ended > 0;
    const agrees = state !== 'counted' || counted === 1;
    const isOne = isCopied || ended <= 1;
    expect({ ...at, isOnce, isKept, agrees, isOne }).toEqual({
      ...at,
      ...{ isOnce: true, isKept: true, agrees: true, isOne: true },
    });
  }
}

/** Everything that operators can find afterwards, in comparable form. */
export async function endState(world: QuarantineWorld): Promise<unknown> {
  const { records: kept } = await world.quarantine.list({ limit: 1000 });
  const logged = await world.adEvents.read(shard.shardId, undefined, { recordsMax: 100, bytesMax: 1e6 });
  return {
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
}

export const idOf = (world: QuarantineWorld, place: Place, value: number): string =>
  quarantineKey(world.placed.find((each) => each.place === place && each.value === value)!.id);
