import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite, ItemChange } from './auditor.ts';
import { seeHead, type HeadSeen } from './ad-head.ts';
import type { AdHistory } from './ad-history.ts';
import type { AdLog, LoggedEvent } from './ad-log.ts';
import type { AdModel, ModelChange, ModelLimits, ModelOutcome } from './ad-model.ts';
import { changeRow, rowOf, storedChange, storedRow } from './ad-rows.ts';
import { demand } from './demand.ts';

export interface AdTruth {
  readonly log: AdLog;
  readonly model: AdModel;
  readonly history: AdHistory;
  readonly limits: ModelLimits;
}

/** Given up after it had ended the function too often: the one case in which a sound event comes to nothing. */
const endedFunction = /^ended the function \d+ times$/;

/**
 * Holds every commit of the projector against the model at the instant the store applies it: the mark moves forwards
 * over a piece of the log, and what the transaction writes is what these records come to, no more and no less (G3).
 */
export function checkCommit(truth: AdTruth, write: AppliedWrite): void {
  const items = new Map(write.changes.map((change) => [change.key.pk, change]));
  const head = items.get('head');
  if (head === undefined) {
    checkOutsideCommits(write);
    return;
  }
  const before = seeHead(head.before);
  const after = seeHead(head.after);
  const { model, history } = truth;
  const versionBefore = model.version;
  demand(before.version === versionBefore, 'G3', 'the head is not where it was left', () => ({ before }));
  const taken = settle(truth, before, after);
  const outcomes = new Map<string, ModelOutcome>();
  for (const logged of taken) {
    const skip = write.changes.find(({ key }) => key.pk.startsWith('skip#') && isSkipOf(key.pk, logged));
    const outcome = takeRecord(model, logged, skip);
    if (outcome !== undefined && logged.event !== undefined) outcomes.set(logged.event.id, outcome);
    logged.versionAfter = model.version;
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
  if (taken.length > 0) {
    const changes = model.changes.slice(versionBefore);
    checkWritten(write.changes, changes, outcomes);
  }
  history.note(model, write.atMs);
  history.weigh(model);
}

/** The records that the moved mark settles. */
function settle({ log }: AdTruth, before: HeadSeen, after: HeadSeen): readonly LoggedEvent[] {
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
  return log.takeThrough(epoch, shardId, String(number));
}

function isSkipOf(pk: string, { record }: LoggedEvent): boolean {
  return pk === `skip#ad-events/${record.epoch}/${record.shardId}/${record.sequenceNumber}`;
}

/** What the record comes to; undefined: nothing, because it is none, was decided before or was given up. */
function takeRecord(
  model: AdModel,
  { event, record }: LoggedEvent,
  skip: ItemChange | undefined,
): ModelOutcome | undefined {
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

function checkWritten(
  written: readonly ItemChange[],
  changes: readonly ModelChange[],
  outcomes: ReadonlyMap<string, ModelOutcome>,
): void {
  const expected = expectedItems(changes, outcomes);
  for (const { key, before, after } of written) {
    if (key.pk === 'head' || key.pk.startsWith('skip#')) continue;
    const name = key.sk === '' ? key.pk : `${key.pk}/${Number(key.sk)}`;
    const wanted = expected.get(name);
    const found = describeItem(key.pk, Number(key.sk), after);
    demand(found === wanted, 'G3', 'a commit writes another item than the log leads to', () => ({
      item: name,
      found,
      wanted,
    }));
    demand(
      !key.pk.startsWith('changes#') || before === undefined,
      'G3',
      'a version is written twice',
      () => ({
        item: name,
      }),
    );
    expected.delete(name);
  }
  demand(expected.size === 0, 'G3', 'a commit leaves out what the log leads to', () => ({
    missing: [...expected],
  }));
}

/** Name -> text of every item that a commit of these changes and outcomes writes. */
function expectedItems(
  changes: readonly ModelChange[],
  outcomes: ReadonlyMap<string, ModelOutcome>,
): Map<string, string> {
  const items = new Map<string, string>();
  for (const change of changes) {
    items.set(`changes#${Math.floor(change.version / 1000)}/${change.version}`, changeRow(change));
    items.set(`ad#${change.adId}`, change.type === 'put' ? rowOf(change.ad) : 'gone');
  }
  for (const [id, outcome] of outcomes) items.set(`outcome#${id}`, outcomeText(outcome));
  return items;
}

function describeItem(pk: string, version: number, item: Attributes | undefined): string | undefined {
  if (pk.startsWith('changes#')) return storedChange(version, item?.change);
  // A tombstone says "gone" as well as no item does.
  if (pk.startsWith('ad#')) return item?.ad === undefined ? 'gone' : storedRow(item.ad);
  return pk.startsWith('outcome#') ? storedOutcome(item) : undefined;
}

export function outcomeText(outcome: ModelOutcome): string {
  return outcome.status === 'applied' ? `applied ${outcome.version}` : `refused ${outcome.reason}`;
}

export function storedOutcome(item: Attributes | undefined): string {
  return item?.outcome === 'applied' ? `applied ${String(item.version)}` : `refused ${String(item?.reason)}`;
}

/** Changes are for ever; ads and outcomes are written with the head, or removed by the store when their time is over. */
function checkOutsideCommits({ changes, atMs, containerId }: AppliedWrite): void {
  for (const { key, before, after } of changes) {
    if (key.table !== 'ads' || !/^(?:changes|ad|outcome)#/.test(key.pk)) continue;
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
