import { assert } from '../../assert.ts';
import { dayOfEpoch, epochsBefore, openEpochsMax } from '../epoch.ts';
import {
  absent,
  absentOr,
  all,
  compare,
  numberAt,
  numbersAt,
  type ItemChange,
  type StoredAttributes,
} from './item-change.ts';

/**
 * The ledger of an ad with a goal: how many rights are out. A right is the permission to make one decision for the ad.
 * A container leases rights for one epoch with a conditional write, spends each on one decision, and loses what it has
 * not spent at the epoch's end. The log of impressions says which were seen; the others come back (close.ts).
 *
 * Why an ad never passes its goal. Of each generation and epoch e, l(e) rights were leased and i(e) impressions counted.
 *
 * 1. `used` is the impressions counted before the generation, plus l(e) of the epochs whose rights are out, plus i(e) of
 *    those whose rights came back. A lease adds as much to `used` as to one l(e). Where rights come back, l(e) leaves the
 *    item and `used` loses l(e) - i(e). Each is one atomic write of this item, and no other write changes either.
 * 2. i(e) <= l(e): a decision of epoch e is signed only for a right of e, a right is spent once, and the claim of an
 *    impression counts a decision once.
 * 3. i(e) is final before rights of e come back. Counting requires `closed` < e in the counter item; a record of the log
 *    moves that `closed`; and rights come back only of epochs that the counter has closed. If more are leased in such an
 *    epoch, none of them is counted.
 * 4. A lease of c rights requires `used` + c <= goal, and by 2 `used` never rises where rights come back.
 *
 * So impressions <= `used` <= goal, by 1 and 2, and by 4. Nothing in this mentions time, how many containers there are,
 * or in which order they act; clocks decide only how early a right is out and which impression is late. The same holds
 * for each day, with `d<day>` in place of `used`: an epoch belongs to one day, which is in its number.
 *
 * Two events end a generation: a goal that is set or removed, and a ledger that is gone, because an operator deletes
 * one that was restored. Both are a record of the log (open-rights.ts). From it on, decisions of other generations are
 * late, and `used` begins with all that was counted.
 * A goal that is lowered below `used` stops leases, and the impressions of rights already out may still count.
 *
 * test/core/delivery/goals/model tries these functions in every order.
 */
export interface Ledger {
  /** Rises when a goal is set or removed, and after a restore. */
  readonly generation: number;
  /** The version of the ad that set its goal or its status. */
  readonly plan: number;
  readonly used: number;
  /** Epochs up to this number are closed. */
  readonly closed: number;
  /** undefined: none has been drawn yet. */
  readonly line: Line | undefined;
  /** Since when the goal is as it is, and from what it began. Only for reports. undefined: nobody has asked since. */
  readonly since: PlanStart | undefined;
  /** Rights out by epoch; none has 0. Nearly all epochs are open. */
  readonly leased: ReadonlyMap<number, number>;
  /** Rights out and impressions counted, by day. */
  readonly days: ReadonlyMap<number, number>;
  /** Rights that came back in this generation, because nobody saw what they were spent on. Only for reports. */
  readonly returned: number;
  /** Impressions counted in this generation without a right, as far as it is known. By the proof above there are none. */
  readonly over: number;
}

/**
 * A plan is straight from `u0` rights at `t0` to `u1` rights at `t1`, milliseconds since 1970. Its end says what it was
 * drawn for: another goal, time or day has another one.
 */
export interface Line {
  readonly t0: number;
  readonly u0: number;
  readonly t1: number;
  readonly u1: number;
}

/** At `atMs` (milliseconds since 1970), so many rights were used: of what is paced, and in all. */
export interface PlanStart {
  readonly atMs: number;
  readonly used: number;
  readonly usedInAll: number;
}

/** The most rights of one lease. */
export const leaseRightsMax = 256;

/** undefined: there is no ledger, and so there are no rights. */
export function readLedger(item: StoredAttributes | undefined): Ledger | undefined {
  const generation = numberAt(item, 'generation');
  if (generation === undefined) return undefined;
  const numberOf = (name: string): number => {
    const value = numberAt(item, name);
    assert(value !== undefined, `a ledger has no ${name}`);
    return value;
  };
  return {
    generation,
    plan: numberOf('plan'),
    used: numberOf('used'),
    closed: numberOf('closed'),
    line: lineOf(item),
    since: startOf(item),
    leased: numbersAt(item, 'l'),
    days: numbersAt(item, 'd'),
    returned: numberAt(item, 'returned') ?? 0,
    over: numberAt(item, 'over') ?? 0,
  };
}

function lineOf(item: StoredAttributes | undefined): Line | undefined {
  const [t0, u0, t1, u1] = ['t0', 'u0', 't1', 'u1'].map((name) => numberAt(item, name));
  return t0 === undefined || u0 === undefined || t1 === undefined || u1 === undefined
    ? undefined
    : { t0, u0, t1, u1 };
}

function startOf(item: StoredAttributes | undefined): PlanStart | undefined {
  const [atMs, used, usedInAll] = ['since', 'since_used', 'since_all'].map((name) => numberAt(item, name));
  return atMs === undefined || used === undefined || usedInAll === undefined
    ? undefined
    : { atMs, used, usedInAll };
}

export function leasedAttribute(epoch: number): string {
  return `l${epoch}`;
}

export function dayAttribute(day: number): string {
  return `d${day}`;
}

/** What a container asks the ledger for. */
export interface Lease {
  /** 1 .. `leaseRightsMax`. */
  readonly rights: number;
  readonly epoch: number;
  /**
   * As the container knows it. If it knows a newer one when the answer comes, it must not spend the rights: by then the
   * goal may be lower.
   */
  readonly plan: number;
  /** As the container knows it; also that of the decisions for which the rights are spent. */
  readonly generation: number;
  /** How many rights may be out after the lease; undefined: as many as one likes. */
  readonly totalMax: number | undefined;
  /** The same for those of the epoch's day. */
  readonly dayMax: number | undefined;
}

/** The write that leases. It fails on an absent ledger, and gives all its rights or none. */
export function leaseChange(lease: Lease, impressionMinutes: number): ItemChange {
  const { rights, epoch, plan, generation, totalMax, dayMax } = lease;
  assert(Number.isInteger(rights) && rights >= 1 && rights <= leaseRightsMax, 'a lease of 1 to 256 rights');
  const day = dayAttribute(dayOfEpoch(epoch));
  const count = BigInt(rights);
  return {
    add: { used: count, [leasedAttribute(epoch)]: count, [day]: count },
    condition: all(
      compare('generation', '=', generation),
      compare('plan', '=', plan),
      compare('closed', '<', epoch),
      compare('closed', '>=', oldestClosed(epoch, impressionMinutes)),
      ...(totalMax === undefined ? [] : [compare('used', '<=', totalMax - rights)]),
      ...(dayMax === undefined ? [] : [(dayMax < rights ? compare : absentOr)(day, '<=', dayMax - rights)]),
    ),
  };
}

/**
 * Why a lease was refused, and what to do next.
 * `absent`, `generation`: ask again once the ledger is open, and with its generation.
 * `newer-plan`: the container's catalog is old; refresh it. `older-plan`: move the plan of the ledger first.
 * `closed`: the container's clock is behind; wait for its next epoch.
 * `idle`: bring the ledger near first. `too-many-open`: close epochs first.
 * `used`: wait for the plan, or for rights that come back.
 */
export type Refusal =
  'absent' | 'generation' | 'newer-plan' | 'older-plan' | 'closed' | 'idle' | 'too-many-open' | 'used';

/** undefined: nothing stands in the way of this lease. */
export function refusalOf(
  ledger: Ledger | undefined,
  lease: Lease,
  impressionMinutes: number,
): Refusal | undefined {
  if (ledger === undefined) return 'absent';
  if (ledger.generation !== lease.generation) return 'generation';
  if (ledger.plan !== lease.plan) return ledger.plan > lease.plan ? 'newer-plan' : 'older-plan';
  if (ledger.closed >= lease.epoch) return 'closed';
  if (ledger.closed < oldestClosed(lease.epoch, impressionMinutes))
    return ledger.leased.size === 0 ? 'idle' : 'too-many-open';
  return freeRights(ledger, lease) < lease.rights ? 'used' : undefined;
}

/** How many rights the ledger may still lease for the day of an epoch; negative: more are out than may be. */
export function freeRights(
  ledger: Ledger,
  { epoch, totalMax = Infinity, dayMax = Infinity }: Pick<Lease, 'epoch' | 'totalMax' | 'dayMax'>,
): number {
  const ofDay = ledger.days.get(dayOfEpoch(epoch)) ?? 0;
  return Math.min(totalMax - ledger.used, dayMax - ofDay);
}

/** With `closed` at this number or above it, the epoch and all open ones before it are at most `openEpochsMax`. */
function oldestClosed(epoch: number, impressionMinutes: number): number {
  return epochsBefore(epoch, openEpochsMax, impressionMinutes);
}

/** As far as an idle ledger is brought: half of the epochs that may be open, so that slower clocks can lease too. */
const broughtNearEpochs = openEpochsMax / 2;

/**
 * Closes the epochs long ago of a ledger that has no rights out, so that it can lease in this one. undefined: it has
 * some, or it is near already.
 */
export function bringNear(ledger: Ledger, epoch: number, impressionMinutes: number): ItemChange | undefined {
  if (ledger.leased.size > 0 || ledger.closed >= oldestClosed(epoch, impressionMinutes)) return undefined;
  return {
    set: { closed: BigInt(epochsBefore(epoch, broughtNearEpochs, impressionMinutes)) },
    // With these two as they were read, no right has gone out since: a lease raises `used`, and what takes rights back
    // raises `closed`.
    condition: all(
      compare('generation', '=', ledger.generation),
      compare('closed', '=', ledger.closed),
      compare('used', '=', ledger.used),
    ),
  };
}

/** A line for a ledger, and since when the goal is as it is; undefined: as the ledger says. */
export interface DrawnLine {
  readonly line: Line;
  readonly since: PlanStart | undefined;
}

/** What an ad has that is shown as soon as possible; a line would be of no use if that ends. */
const lineAttributes = ['t0', 'u0', 't1', 'u1', 'since', 'since_used', 'since_all'] as const;

/**
 * Moves a ledger to a newer plan, gives it a new line (`none`: takes its line away), or both. A plan never moves back.
 */
export function movePlan(ledger: Ledger, plan: number, drawn: DrawnLine | 'none' | undefined): ItemChange {
  assert(plan >= ledger.plan, 'a plan moves only forward');
  const { line, since } = drawn === 'none' || drawn === undefined ? {} : drawn;
  return {
    ...(drawn === 'none' && { remove: lineAttributes }),
    set: {
      plan: BigInt(plan),
      ...(line && { t0: BigInt(line.t0), u0: BigInt(line.u0), t1: BigInt(line.t1), u1: BigInt(line.u1) }),
      ...(since && {
        since: BigInt(since.atMs),
        since_used: BigInt(since.used),
        since_all: BigInt(since.usedInAll),
      }),
    },
    condition: all(
      compare('generation', '=', ledger.generation),
      compare('plan', '=', ledger.plan),
      ledger.line === undefined ? absent('t1') : compare('t0', '=', ledger.line.t0),
      // A container that has not asked for long knows an old number, and an ad on its line would seem to be behind.
      ...(line === undefined ? [] : [compare('used', '=', ledger.used)]),
    ),
  };
}
