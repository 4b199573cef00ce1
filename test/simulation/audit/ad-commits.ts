import type { AppliedWrite, ItemChange } from './auditor.ts';
import { seeHead, type HeadSeen } from './ad-head.ts';
import { itemFault, type Expected } from './ad-commit-items.ts';
import type { AdHistory } from './ad-history.ts';
import type { AdLog, LoggedEvent } from './ad-log.ts';
import type { AdModel, ModelLimits, ModelOutcome } from './ad-model.ts';
import type { AdSides } from './ad-sides.ts';
import { sideOf } from './ad-sides.ts';
import { demand } from './demand.ts';

export interface AdTruth {
  readonly log: AdLog;
  readonly model: AdModel;
  readonly history: AdHistory;
  readonly limits: ModelLimits;
  /** Days for which ads that have ended are kept. */
  readonly endedDays: number;
  /** The projections of the ads. */
  readonly sides: AdSides;
  /** Ends that the Scheduler was asked for, see `scheduledEnd`. */
  readonly asked: Set<string>;
  /** Calls of the Scheduler that failed in a row, of each container. */
  readonly failuresInRow: Map<string, number>;
  /** A record older than this need not be delivered any more. */
  readonly recordAgeMaxMs: number;
}

/**
 * Given up after it had ended the function too often: the one case in which a sound event comes to nothing.
 */
const endedFunction = /^ended the function \d+ times$/;

/**
 * Holds every commit of the projector against the model at the instant the store applies it: the mark moves
 * forwards over a piece of the log, and what the transaction writes is what these records come to, no more
 * and no less (G3).
 */
export function checkCommit(truth: AdTruth, write: AppliedWrite): void {
  const items = new Map(write.changes.map((change) => [change.key.pk, change]));
  const head = items.get('head');
  if (head === undefined) {
    checkOutsideCommits(truth, write);
    return;
  }
  for (const change of write.changes) checkSchedule(truth, write, change);
  const before = seeHead(head.before);
  const after = seeHead(head.after);
  const { model, history } = truth;
  demand(before.version === model.version, 'G3', 'the head is not where it was left', () => ({ before }));
  const taken = settle(truth, before, after, write.atMs);
  const passed = passedOver(truth, taken, write);
  const expected = takeAll(truth, model, taken.slice(passed), write);
  for (const logged of taken) {
    logged.versionAfter ??= model.version;
    logged.settledAtMs = write.atMs;
  }
  demand(after.version === model.version, 'G3', 'the version is not the one the log leads to', () => ({
    stored: after.version,
    model: model.version,
    records: taken.map(({ event }) => event),
  }));
  demand(
    after.liveAds === model.live.size && after.liveBytes === model.liveBytes,
    'G3',
    'the head counts other live ads',
    () => ({ after, liveAds: model.live.size, liveBytes: model.liveBytes }),
  );
  const removed = (reason: string): number =>
    expected.changes.filter((change) => change.type === 'remove' && change.reason === reason).length;
  demand(
    after.counted === after.version &&
      after.deleted === before.deleted + removed('deleted') &&
      after.expired === before.expired + removed('expired'),
    'G3',
    'the head counts other removals',
    () => ({ before, after }),
  );
  const fault = taken.length === 0 ? undefined : itemFault(write.changes, expected);
  demand(fault === undefined, 'G3', fault?.what ?? '', () => fault?.facts ?? {});
  history.note(model, write.atMs);
  history.weigh(model);
}

export function scheduledEnd(adId: string, endAtMs: number | bigint): string {
  return `${adId} ${endAtMs}`;
}

/** A container need not ask a Scheduler that has failed it so often in a row (docs/operations.md). */
const failuresInRowMax = 8;

/** A process that dies after the commit must not leave an ad whose end nobody was asked for. */
function checkSchedule(
  { asked, failuresInRow }: AdTruth,
  { containerId }: AppliedWrite,
  { key, before, after }: ItemChange,
): void {
  if (containerId !== undefined && (failuresInRow.get(containerId) ?? 0) >= failuresInRowMax) return;
  if (!key.pk.startsWith('ad#') || after?.ad === undefined || after.end_at === before?.end_at) return;
  const adId = key.pk.slice('ad#'.length);
  demand(asked.has(scheduledEnd(adId, after.end_at as bigint)), 'G4', 'an end has no schedule', () => ({
    adId,
    endAt: after.end_at,
  }));
}

/**
 * How many of the records, the oldest ones, the mapping gave up because they had grown too old before it got
 * to deliver them: nobody but the commit itself can tell, so any number that explains it will do.
 */
function passedOver(truth: AdTruth, taken: readonly LoggedEvent[], write: AppliedWrite): number {
  const { model, recordAgeMaxMs } = truth;
  const fresh = taken.findIndex(({ record }) => write.atMs - record.arrivedAtMs <= recordAgeMaxMs);
  const overdue = fresh < 0 ? taken.length : fresh;
  for (let passed = 0; passed <= overdue && overdue > 0; passed += 1) {
    const kept = taken.slice(passed).map((logged) => ({ ...logged }));
    // What is no event and was kept by nobody here must have been kept before, as too old.
    if (kept.some((logged) => isGarbage(logged) && skipOf(logged, write) === undefined)) continue;
    const expected = takeAll(truth, model.fork(), kept, write);
    if (itemFault(write.changes, expected) === undefined) return passed;
  }
  return 0;
}

/** Lets the model decide the records in order. */
function takeAll(
  { endedDays }: AdTruth,
  model: AdModel,
  taken: readonly LoggedEvent[],
  write: AppliedWrite,
): Expected {
  const versionBefore = model.version;
  const outcomes = new Map<string, ModelOutcome>();
  for (const logged of taken) {
    const outcome = takeRecord(model, logged, skipOf(logged, write));
    if (outcome !== undefined && logged.event !== undefined) outcomes.set(logged.event.id, outcome);
    logged.versionAfter = model.version;
  }
  return { changes: model.changes.slice(versionBefore), outcomes, endedDays };
}

/** The records that the moved mark settles. */
function settle(
  { log, recordAgeMaxMs }: AdTruth,
  before: HeadSeen,
  after: HeadSeen,
  atMs: number,
): readonly LoggedEvent[] {
  const moved = [...after.marks].filter(([shard, number]) => before.marks.get(shard) !== number);
  demand(moved.length <= 1, 'I4', 'one commit moves several marks', () => ({ moved: String(moved) }));
  const [mark] = moved;
  if (mark === undefined) return [];
  const [shard, number] = mark;
  demand((before.marks.get(shard) ?? -1n) < number, 'I4', 'a mark goes back', () => ({
    shard,
    from: String(before.marks.get(shard)),
    to: String(number),
  }));
  const [epoch = '', shardId = ''] = shard.split('|');
  return log.takeThrough(epoch, shardId, String(number), atMs - recordAgeMaxMs);
}

function skipOf({ record }: LoggedEvent, { changes }: AppliedWrite): ItemChange | undefined {
  const pk = `skip#ad-events/${record.epoch}/${record.shardId}/${record.sequenceNumber}`;
  return changes.find(({ key }) => key.pk === pk);
}

function isGarbage({ event, isControl }: LoggedEvent): boolean {
  return event === undefined && !isControl;
}

/** What the record comes to; undefined: nothing, because it is none, was decided before or was given up. */
function takeRecord(
  model: AdModel,
  logged: LoggedEvent,
  skip: ItemChange | undefined,
): ModelOutcome | undefined {
  const { event, record } = logged;
  if (logged.isControl && skip === undefined) return undefined;
  if (event === undefined) {
    demand(skip?.after?.state === 'quarantined', 'G6', 'a record that is no event was dropped', () => ({
      record: record.sequenceNumber,
    }));
    return undefined;
  }
  if (skip === undefined) return model.take(event);
  demand(
    skip.after?.state === 'quarantined' && endedFunction.test(String(skip.after.reason)),
    'G6',
    'a sound event was given up',
    () => ({ event, reason: skip.after?.reason }),
  );
  return undefined;
}

/**
 * Changes are for ever; ads and outcomes are written with the head, or removed by the store when their time
 * is over.
 */
function checkOutsideCommits({ sides }: AdTruth, { changes, atMs, containerId }: AppliedWrite): void {
  for (const { key, before, after } of changes) {
    const { prefix, name } = sideOf(key.pk);
    if (key.table !== 'ads' || !/^(?:changes|ad|ended|outcome)#/.test(name)) continue;
    // One that is being built or dropped.
    if (name.startsWith('ad#') && !sides.kept.includes(prefix)) continue;
    const expiresAt = before?.expires_at;
    const isExpired = typeof expiresAt === 'bigint' && Number(expiresAt) * 1000 <= atMs;
    demand(
      containerId === undefined && after === undefined && isExpired,
      'G3',
      'an item was written without the head',
      () => ({
        pk: key.pk,
        sk: key.sk,
        containerId,
      }),
    );
  }
}
