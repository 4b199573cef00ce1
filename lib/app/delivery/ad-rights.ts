import { closableAtMs, epochAt, epochMinutes, epochStartMs } from '../../core/delivery/epoch.ts';
import {
  afterGrant,
  afterRefusal,
  firstAsking,
  leaseSize,
  type Asking,
} from '../../core/delivery/goals/asking.ts';
import { hasRights } from '../../core/delivery/goals/fence.ts';
import type { ItemChange } from '../../core/delivery/goals/item-change.ts';
import {
  bringNear,
  freeRights,
  leaseChange,
  movePlan,
  readLedger,
  refusalOf,
  type Lease,
  type Ledger,
  type Refusal,
} from '../../core/delivery/goals/ledger.ts';
import { openingOf, type Opening } from '../../core/delivery/goals/opening.ts';
import {
  accrualMs,
  isBehind,
  leaseLimits,
  newLine,
  nextRightAt,
  planAt,
  rightsBy,
  type Plan,
} from '../../core/delivery/goals/plan.ts';
import type { GoalAd, ZonedGoal } from '../../core/delivery/goals/standing.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { ledgerKey } from '../state-keys.ts';
import { logRights } from './rights-writer.ts';
import { closeEveryMs, hasOverdue, readGoalItems, takeBack, type TakeBackPorts } from './take-back.ts';

/** An ad that has a goal, or had one: its generation is not 0. */
export interface RightsAd extends Omit<GoalAd, 'goal'> {
  readonly id: string;
  readonly goal: ZonedGoal | undefined;
}

/** What a decision is signed with. */
export interface Right {
  readonly generation: number;
  readonly epoch: number;
}

/** A request waits this long for an answer of the store, milliseconds; later it is as refused. */
export const leaseWaitMs = 50;

/** Writes and reads of one ask: nearly all need one write, and the first of a container two reads before it. */
const turnsMax = 5;

/** About this long, milliseconds: until it asks again after the store failed, or a newer catalog is needed. */
const pauseMs = 1000;
/** Until an order of its own should have been obeyed. */
const obeyedMs = 5000;
/** Until it logs the same opening again, and until it reads again whether an ad without a goal is still open. */
const openAgainMs = 60_000;
const lookAgainMs = 60_000;
/** Until it looks again for rights to take back. */
const takeBackAgainMs = 60_000;
/** A ledger that it last heard of longer ago says nothing about who is behind. */
const heardMsMax = 60_000;

/**
 * The rights of one ad in one container. One ask is under way at a time, and its answer goes to the first request, so
 * nothing waits here that cannot be lost: a container that dies loses rights that come back when their epoch is closed.
 * Nothing of it decides whether the goal holds; that is up to the conditions of the writes (goals/ledger.ts).
 */
export class AdRights {
  readonly #deps: TakeBackPorts;
  readonly #impressionMinutes: number;
  #ad: RightsAd;
  /** The catalog's row of that version. */
  #row: object;
  #asking: Asking = firstAsking;
  /** Rights in hand; they are of the version that `#ad` has. */
  #held: { readonly generation: number; readonly epoch: number; left: number } | undefined;
  /** Whose right one is, so that it goes back once, and only to its own lease. */
  readonly #heldOf = new WeakMap<Right, object>();
  /** As it was heard of last. */
  #ledger: Ledger | undefined;
  #heardAtMs = -Infinity;
  #ask: { readonly startedMs: number; readonly done: Promise<void> } | undefined;
  /** Without a goal: the generation of its decisions, and until when it is taken for granted. */
  #open: { readonly generation: number; readonly untilMs: number } | undefined;
  #openAgainAtMs = -Infinity;
  #takeBackAtMs = -Infinity;
  /** How long the next order to close is given, milliseconds: consumers may be behind. */
  #obeyMs = obeyedMs;
  #failedUntilMs = -Infinity;

  constructor(deps: TakeBackPorts, ad: RightsAd, row: object) {
    this.#deps = deps;
    this.#impressionMinutes = deps.settings.delivery.impressionMinutes;
    this.#ad = ad;
    this.#row = row;
  }

  /** Whether the row may be of another version than the one that is known here. */
  isOther(row: object): boolean {
    return row !== this.#row;
  }

  /** false: a newer version of the ad is known already. Rights of an older one are dropped: they come back. */
  know(ad: RightsAd, row: object): boolean {
    if (ad.version < this.#ad.version) return false;
    this.#row = row;
    if (ad.version === this.#ad.version) return true;
    if (ad.generation !== this.#ad.generation) {
      this.#open = undefined;
      this.#openAgainAtMs = -Infinity;
    }
    this.#ad = ad;
    this.#held = undefined;
    this.#asking = { ...this.#asking, askAtMs: 0 };
    return true;
  }

  hasRight(nowMs: number): boolean {
    if (this.#ad.goal === undefined) return this.#open !== undefined && nowMs < this.#open.untilMs;
    return this.#held !== undefined && this.#held.left > 0 && this.#held.epoch === this.#epochAt(nowMs);
  }

  /** Spends a right of the present epoch; undefined: there is none in hand. */
  take(nowMs: number): Right | undefined {
    if (!this.hasRight(nowMs)) return undefined;
    if (this.#open !== undefined && this.#ad.goal === undefined)
      return { generation: this.#open.generation, epoch: epochAt(nowMs, this.#impressionMinutes) };
    if (this.#held === undefined) return undefined;
    this.#held.left -= 1;
    const right = { generation: this.#held.generation, epoch: this.#held.epoch };
    this.#heldOf.set(right, this.#held);
    return right;
  }

  /** A right that was taken, and that nothing is signed with. One of an earlier lease is dropped. */
  giveBack(right: Right): void {
    if (this.#held !== undefined && this.#heldOf.get(right) === this.#held) this.#held.left += 1;
    this.#heldOf.delete(right);
  }

  /** Whether a request may ask for a right, or wait for an ask that is under way. */
  mayAsk(nowMs: number): boolean {
    if (this.#ask !== undefined) return this.#deps.clock.monotonicMs() - this.#ask.startedMs < leaseWaitMs;
    return nowMs >= this.#asking.askAtMs && !this.isFailing(nowMs);
  }

  /** The store failed when it was last asked. */
  isFailing(nowMs: number): boolean {
    return nowMs < this.#failedUntilMs;
  }

  /** It has less than its plan by much, as far as this container knows. */
  isBehind(nowMs: number): boolean {
    if (this.#ad.goal?.of.pacing !== 'even' || this.#ledger === undefined) return false;
    if (nowMs - this.#heardAtMs > heardMsMax) return false;
    const plan = this.#planAt(this.#ad, this.#ad.goal, this.#ledger, nowMs);
    return isBehind(plan.paced, rightsBy(plan, nowMs), plan.used);
  }

  /** Asks for rights, or joins the ask that is under way. Resolves when it is answered; a failure is no rejection. */
  ask(): Promise<void> {
    if (this.#ask === undefined) {
      const startedMs = this.#deps.clock.monotonicMs();
      const done = this.#run(this.#ad).finally(() => {
        this.#ask = undefined;
      });
      this.#ask = { startedMs, done };
    }
    return this.#ask.done;
  }

  async #run(ad: RightsAd): Promise<void> {
    const { clock, telemetry } = this.#deps;
    let isBlocked = false;
    try {
      if (ad.goal === undefined) await this.#openWithoutGoal(ad);
      else isBlocked = await this.#lease(ad, ad.goal);
      this.#failedUntilMs = -Infinity;
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      telemetry.warn('the ledger of an ad cannot be asked', { code: error.code });
      this.#failedUntilMs = clock.nowMs() + this.#about(pauseMs);
      // What was open is open: only a restore or a new goal ends it.
      if (this.#open !== undefined) this.#open = { ...this.#open, untilMs: this.#failedUntilMs };
      return;
    }
    // A request that waits for the right need not wait for this.
    void this.#takeBack(ad, isBlocked);
  }

  /** Whether nothing is free until rights come back. */
  async #lease(ad: RightsAd, goal: ZonedGoal): Promise<boolean> {
    for (let turn = 0; turn < turnsMax; turn += 1) {
      // One of a goal that was removed meanwhile: what it leases does not count for the goal that followed.
      if (this.#ledger !== undefined && !isForGoal(this.#ledger, ad)) this.#ledger = undefined;
      const ledger = this.#ledger ?? (await this.#openLedger(ad));
      if (ledger === undefined) return false;
      const nowMs = this.#deps.clock.nowMs();
      const plan = this.#planAt(ad, goal, ledger, nowMs);
      const replanned = replan(ad, ledger, plan, nowMs);
      if (replanned !== undefined) {
        await this.#write(ad, replanned);
        continue;
      }
      const epoch = this.#epochAt(nowMs, goal);
      const limits = leaseLimits(plan, nowMs);
      const rights = leaseSize(this.#asking, freeRights(ledger, { epoch, ...limits }), nowMs);
      const { generation } = ledger;
      const lease: Lease = { rights, epoch, plan: ad.version, generation, ...limits };
      if (refusalOf(ledger, lease, this.#impressionMinutes) === 'idle') {
        await this.#bringNear(ad, ledger, epoch);
        continue;
      }
      if (await this.#write(ad, leaseChange(lease, this.#impressionMinutes))) {
        this.#granted(ad, goal, lease);
        return false;
      }
      const refusal = refusalOf(this.#ledger, lease, this.#impressionMinutes);
      if (refusal === 'absent' || refusal === 'generation') this.#ledger = undefined;
      if (isWorthAnotherTurn(refusal, this.#ledger, lease)) continue;
      return this.#refused(ad, goal, refusal, epoch);
    }
    this.#pause();
    return false;
  }

  #granted(ad: RightsAd, { of: { pacing } }: ZonedGoal, lease: Lease): void {
    const { generation, epoch, rights } = lease;
    const nowMs = this.#deps.clock.nowMs();
    const part = this.#deps.ids.random();
    this.#asking = afterGrant(this.#asking, rights, { nowMs, part, asap: pacing === 'asap' });
    // With a newer version the goal may be lower.
    if (this.#ad.version !== ad.version) return;
    this.#held = { generation, epoch, left: rights };
  }

  #refused(ad: RightsAd, goal: ZonedGoal, refusal: Refusal | undefined, epoch: number): boolean {
    const ledger = this.#ledger;
    if (ledger === undefined || refusal === 'newer-plan') {
      this.#pause();
      return false;
    }
    const nowMs = this.#deps.clock.nowMs();
    const plan = this.#planAt(ad, goal, ledger, nowMs);
    const planned = nextRightAt(plan);
    const isBlocked = refusal === 'too-many-open' || planned === undefined;
    const nextRightAtMs =
      refusal === 'closed'
        ? epochStartMs(epoch) + epochMinutes(this.#impressionMinutes) * 60_000
        : isBlocked
          ? this.#closableAt(ledger)
          : planned;
    const part = this.#deps.ids.random();
    this.#asking = afterRefusal(this.#asking, { nowMs, part, nextRightAtMs, accrualMs: accrualMs(plan) });
    return isBlocked;
  }

  /** When the first of the rights that are out can come back; undefined: none is out. */
  #closableAt({ leased }: Ledger): number | undefined {
    const [oldest] = leased.keys();
    return oldest === undefined ? undefined : closableAtMs(oldest, this.#impressionMinutes);
  }

  async #bringNear(ad: RightsAd, ledger: Ledger, epoch: number): Promise<void> {
    const near = bringNear(ledger, epoch, this.#impressionMinutes);
    if (near !== undefined) await this.#write(ad, near);
  }

  /** Whether it was written; either way the ledger is known afterwards. */
  async #write(ad: RightsAd, change: ItemChange): Promise<boolean> {
    const result = await this.#deps.state.write({ type: 'update', key: ledgerKey(ad.id), ...change });
    this.#hear(readLedger(result.item));
    return result.status === 'written';
  }

  #hear(ledger: Ledger | undefined): void {
    this.#ledger = ledger;
    this.#heardAtMs = this.#deps.clock.nowMs();
  }

  /** undefined: it has none that is open for the ad, and has done what it can. */
  async #openLedger(ad: RightsAd): Promise<Ledger | undefined> {
    const { counter, ledger } = await readGoalItems(this.#deps, ad.id);
    const opening = openingOf(ad, counter, ledger);
    if (opening.status === 'open') {
      this.#hear(ledger);
      return ledger;
    }
    await this.#order(ad, opening);
    this.#pause();
    return undefined;
  }

  async #openWithoutGoal(ad: RightsAd): Promise<void> {
    const { counter, ledger } = await readGoalItems(this.#deps, ad.id);
    const opening = openingOf(ad, counter, ledger);
    const isOpen = opening.status === 'open' || (await this.#order(ad, opening));
    const generation = opening.status === 'open' ? opening.generation : generationOf(opening);
    if (!isOpen || generation === undefined || this.#ad.generation !== ad.generation) {
      this.#open = undefined;
      this.#pause();
      return;
    }
    this.#open = { generation, untilMs: this.#deps.clock.nowMs() + this.#about(lookAgainMs) };
  }

  /** Whether what opens the ad is in the log. Impressions of decisions that come after this come after it there. */
  async #order(ad: RightsAd, opening: Opening): Promise<boolean> {
    if (opening.status !== 'closed') return false;
    const { clock } = this.#deps;
    if (clock.nowMs() < this.#openAgainAtMs && ad.goal !== undefined) return false;
    const [isLogged = false] = await logRights(this.#deps, [
      { v: 1, type: 'RightsOpened', ad: ad.id, ...opening.order },
    ]);
    if (isLogged) this.#openAgainAtMs = clock.nowMs() + openAgainMs;
    return isLogged;
  }

  async #takeBack(ad: RightsAd, isBlocked: boolean): Promise<void> {
    const { clock, telemetry } = this.#deps;
    const nowMs = clock.nowMs();
    const impressionMinutes = this.#impressionMinutes;
    const before = this.#ledger;
    if (before === undefined || nowMs < this.#takeBackAtMs) return;
    // Looking costs two reads, of each container.
    const closeAfterMs = isBlocked ? 0 : closeEveryMs;
    if (!hasOverdue(before, { sinceMs: closeAfterMs, nowMs, impressionMinutes })) return;
    this.#takeBackAtMs = nowMs + this.#about(takeBackAgainMs);
    try {
      const { ledger, ordered } = await takeBack(this.#deps, ad.id, { closeAfterMs });
      this.#hear(ledger);
      const isFreed = ledger !== undefined && ledger.used < before.used;
      const obeyedAtMs = clock.nowMs() + this.#about(this.#obeyMs);
      if (ordered) this.#takeBackAtMs = obeyedAtMs;
      this.#obeyMs = isFreed
        ? obeyedMs
        : ordered
          ? Math.min(2 * this.#obeyMs, takeBackAgainMs)
          : this.#obeyMs;
      if (isBlocked && isFreed) this.#askBy(clock.nowMs());
      else if (isBlocked && ordered) this.#askBy(obeyedAtMs);
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      telemetry.warn('the rights of an ad cannot be taken back', { code: error.code });
    }
  }

  #askBy(atMs: number): void {
    this.#asking = { ...this.#asking, askAtMs: Math.min(this.#asking.askAtMs, atMs) };
  }

  #pause(): void {
    this.#asking = { ...this.#asking, askAtMs: this.#deps.clock.nowMs() + this.#about(pauseMs) };
  }

  /** From a half of it to one and a half, so that containers do not act together. */
  #about(ms: number): number {
    return ms * (0.5 + this.#deps.ids.random());
  }

  #planAt(ad: RightsAd, { of, days }: ZonedGoal, ledger: Ledger, atMs: number): Plan {
    return planAt(of, ad, ledger, { atMs, days, impressionMinutes: this.#impressionMinutes });
  }

  /** The epoch of decisions that are made now: it is of the goal's day. */
  #epochAt(nowMs: number, goal = this.#ad.goal): number {
    return epochAt(nowMs, this.#impressionMinutes, goal?.days.at(nowMs).day);
  }
}

/** After a ledger was lost, its generation may be above the ad's although it is of the time without a goal. */
function isForGoal({ generation }: Ledger, ad: RightsAd): boolean {
  return generation >= ad.generation && hasRights(generation);
}

function generationOf(opening: Opening): number | undefined {
  return opening.status === 'closed' ? opening.order.generation : undefined;
}

/** The plan that the ledger should get first; undefined: it has the one of this version, and a good line. */
function replan(ad: RightsAd, ledger: Ledger, plan: Plan, nowMs: number): ItemChange | undefined {
  if (ledger.plan > ad.version) return undefined;
  const isNew = ledger.plan < ad.version;
  const drawn = newLine(plan, nowMs, isNew);
  if (drawn === undefined && !isNew) return undefined;
  return movePlan(ledger, ad.version, plan.goal.pacing === 'asap' ? 'none' : drawn);
}

function isWorthAnotherTurn(refusal: Refusal | undefined, ledger: Ledger | undefined, lease: Lease): boolean {
  switch (refusal) {
    case undefined:
    case 'absent':
    case 'generation':
    case 'older-plan':
    case 'idle':
      return true;
    case 'used':
      // There are some, but fewer than it thought.
      return lease.rights > 1 && ledger !== undefined && freeRights(ledger, lease) >= 1;
    case 'newer-plan':
    case 'closed':
    case 'too-many-open':
      return false;
  }
}
