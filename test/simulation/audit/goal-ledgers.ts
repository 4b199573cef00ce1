import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppendedRecord, AppliedWrite, ServedCall } from './auditor.ts';
import { demand } from './demand.ts';
import { adOf, dayOf, numberOf, numbersOf, rightsName } from './goal-items.ts';
import { lineEnd, onLine, plannedRights, type AuditedGoal, type AuditedLine } from './goal-plan.ts';
import { SignedRights } from './signed-rights.ts';
import { localDay } from './zone-days.ts';

export interface GoalLedgersOptions {
  /** The goal of an ad at a version of the catalog; undefined: it has none. */
  readonly goalAt: (adId: string, version: number) => AuditedGoal | undefined;
  readonly impressionMinutes: number;
  /** By how much the clock of a container may be ahead of the true time, milliseconds. */
  readonly clocksAheadMaxMs: number;
}

interface AuditedAd {
  /** The counter of its impressions, and its ledger, as the last write left them. */
  counter: Attributes | undefined;
  ledger: Attributes | undefined;
  /** By generation and epoch, rights that were ever leased. */
  readonly leased: Map<string, number>;
  /** Every line that the plan has had: a lease may be written by one that was replaced a moment ago. */
  lines: AuditedLine[];
  /** The most that was used, in all and of each day, since the generation began. */
  peaks: Map<string, number>;
}

/**
 * Follows every write to the ledgers of goals and to the counters beside them (G10). The bound is proven in steps, so
 * each step is checked: what a write may change, by how much, and whether it was time.
 */
export class GoalLedgers {
  readonly #options: GoalLedgersOptions;
  readonly #ads = new Map<string, AuditedAd>();
  readonly #signed = new SignedRights();
  leases = 0;
  rightsLeased = 0;
  rightsReturned = 0;
  opened = 0;
  /** Ledgers that had come to rest. */
  rested = 0;

  constructor(options: GoalLedgersOptions) {
    this.#options = options;
  }

  wrote(write: AppliedWrite): void {
    const touched = new Set<string>();
    for (const { key, before, after } of write.changes) {
      const adId = adOf(key);
      if (adId === undefined) continue;
      const ad = this.#of(adId);
      touched.add(adId);
      if (key.table === 'delivery') ad.ledger = after;
      else {
        // Nobody but the functions moves it by the rules: operators bring it back as it was.
        if (write.containerId !== undefined) checkCounter(ad, before, after, write);
        ad.counter = after;
      }
    }
    for (const { key, before, after } of write.changes) {
      const adId = key.table === 'delivery' ? adOf(key) : undefined;
      if (adId !== undefined && write.containerId !== undefined)
        this.#checkLedger(adId, before, after, write);
    }
    for (const adId of touched) {
      const ad = this.#of(adId);
      checkBound(ad, adId, write);
      for (const [name, value] of Object.entries(ad.ledger ?? {}))
        if (name === 'used' || /^d\d+$/.test(name))
          ad.peaks.set(name, Math.max(ad.peaks.get(name) ?? 0, Number(value)));
    }
  }

  appended(record: AppendedRecord): void {
    this.#signed.appended(record);
  }

  served(call: ServedCall): void {
    this.#signed.served(call);
  }

  /** Every right of these ads was counted or is back: nobody has asked for long enough (D7). */
  checkAtRest(adIds: readonly string[]): void {
    for (const adId of adIds) {
      const { counter, ledger } = this.#of(adId);
      const generation = numberOf(ledger, 'generation');
      if (generation % 2 === 0 || generation !== numberOf(counter, 'generation')) continue;
      const facts = () => ({ adId, counter, ledger });
      demand(numbersOf(ledger, 'l').size === 0, 'G12', 'rights are out though nobody asks', facts);
      const isEven = numberOf(ledger, 'used') === numberOf(counter, 'total');
      demand(isEven, 'G12', 'a right was neither counted nor came back', facts);
      for (const [day, used] of numbersOf(ledger, 'd'))
        demand(numberOf(counter, `d${day}`) === used, 'G12', 'a right of a day did not come back', facts);
      this.rested += 1;
    }
  }

  get facts(): Readonly<Record<string, number>> {
    const { leases, rightsLeased, rightsReturned, opened, rested } = this;
    return { leases, rightsLeased, rightsReturned, rightsOpened: opened, ledgersAtRest: rested };
  }

  #of(adId: string): AuditedAd {
    let ad = this.#ads.get(adId);
    if (ad === undefined) {
      ad = {
        counter: undefined,
        ledger: undefined,
        leased: new Map(),
        lines: [],
        peaks: new Map(),
      };
      this.#ads.set(adId, ad);
    }
    return ad;
  }

  #checkLedger(
    adId: string,
    before: Attributes | undefined,
    after: Attributes | undefined,
    write: AppliedWrite,
  ): void {
    const ad = this.#of(adId);
    const facts = () => ({ adId, before, after, counter: ad.counter, write });
    demand(after !== undefined, 'G10', 'a ledger is gone', facts);
    if (before === undefined || numberOf(after, 'generation') !== numberOf(before, 'generation')) {
      this.opened += 1;
      ad.lines = [lineOf(after)];
      ad.peaks = new Map();
      checkOpened(ad, before, after, facts);
      return;
    }
    const [was, is] = [numbersOf(before, 'l'), numbersOf(after, 'l')];
    const more = [...is].filter(([epoch, count]) => count > (was.get(epoch) ?? 0));
    const less = [...was].filter(([epoch, count]) => count > (is.get(epoch) ?? 0));
    for (const name of ['plan', 'closed'])
      demand(
        numberOf(after, name) >= numberOf(before, name),
        'G10',
        `the ${name} of a ledger goes back`,
        facts,
      );
    if (lineText(before) !== lineText(after)) this.#checkLine(adId, before, after, { write, facts });
    if (more.length > 0) {
      demand(more.length === 1 && less.length === 0, 'G10', 'a write leases and takes back', facts);
      this.#checkLease(adId, before, after, { epoch: Number(more[0]?.[0]), atMs: write.atMs, facts });
    } else if (less.length > 0) this.#checkReturn(ad, before, after, { less, facts });
    else
      demand(numberOf(after, 'used') === numberOf(before, 'used'), 'G10', 'rights come from nowhere', facts);
  }

  /** Rights go out: all numbers rise alike, and none above the goal. */
  #checkLease(
    adId: string,
    before: Attributes,
    after: Attributes,
    { epoch, atMs, facts }: LedgerChange,
  ): void {
    const ad = this.#of(adId);
    const raised = (name: string): number => numberOf(after, name) - numberOf(before, name);
    const rights = raised(`l${epoch}`);
    const day = `d${dayOf(epoch)}`;
    demand(raised('used') === rights && raised(day) === rights, 'G10', 'a lease adds unevenly', facts);
    demand(epoch > numberOf(before, 'closed'), 'G10', 'a lease in an epoch that is closed', facts);
    const goal = this.#options.goalAt(adId, numberOf(after, 'plan'));
    const isWithin = (bound: number | undefined, name: string): boolean =>
      bound === undefined || numberOf(after, name) <= bound;
    demand(goal !== undefined, 'G10', 'a lease for an ad without a goal', facts);
    demand(goal.status !== 'paused', 'G10', 'a lease for an ad that is paused', facts);
    demand(isWithin(goal.total, 'used') && isWithin(goal.daily, day), 'G10', 'a lease above the goal', facts);
    this.#checkPlan(ad, goal, after, { epoch, atMs, facts });
    const generation = numberOf(after, 'generation');
    const name = rightsName(generation, epoch);
    ad.leased.set(name, (ad.leased.get(name) ?? 0) + rights);
    this.#signed.lease({ adId, generation, epoch, version: numberOf(after, 'plan') }, rights);
    this.leases += 1;
    this.rightsLeased += rights;
  }

  /** No more rights are out than the plan has by now, by the clock that is ahead the furthest (D4). */
  #checkPlan(
    ad: AuditedAd,
    goal: AuditedGoal,
    after: Attributes,
    { epoch, atMs, facts }: LedgerChange,
  ): void {
    const { impressionMinutes, clocksAheadMaxMs } = this.#options;
    const day = dayOf(epoch);
    const at = { atMs: atMs + clocksAheadMaxMs, day, impressionMinutes };
    const planned = Math.max(...ad.lines.map((line) => plannedRights(goal, line, at)));
    const used = numberOf(after, goal.daily === undefined ? 'used' : `d${day}`);
    demand(used <= planned, 'G12', 'a lease before its time', () => ({
      ...{ planned, used, goal, lines: ad.lines, atMs },
      ...facts(),
    }));
    // The epoch is of the day that its container has, and two clocks differ by little.
    const zone = goal.timezone ?? 'UTC';
    const first = localDay(zone, atMs - clocksAheadMaxMs - lateMaxMs);
    const last = localDay(zone, atMs + clocksAheadMaxMs);
    demand(first <= day && day <= last, 'G12', 'a lease for another day', () => ({
      ...{ first, day, last },
      ...facts(),
    }));
  }

  /** A plan is drawn anew from what is used, when it changes and at most hourly. */
  #checkLine(
    adId: string,
    before: Attributes,
    after: Attributes,
    { write, facts }: { readonly write: AppliedWrite; readonly facts: Facts },
  ): void {
    const ad = this.#of(adId);
    const [was, is] = [lineOf(before), lineOf(after)];
    const plan = numberOf(after, 'plan');
    const isNew = plan > numberOf(before, 'plan');
    const goal = this.#options.goalAt(adId, plan);
    demand(goal !== undefined, 'G12', 'a plan of no goal', facts);
    demand(is.t0 <= write.atMs + this.#options.clocksAheadMaxMs, 'G12', 'a line of the future', facts);
    const day = localDay(goal.timezone ?? 'UTC', is.t0);
    const name = goal.daily === undefined ? 'used' : `d${day}`;
    // One that is shown as soon as possible has none.
    const isGone = after['t1'] === undefined;
    demand(
      !isGone || goal.pacing === 'asap' || before['t1'] === undefined,
      'G12',
      'a plan loses its line',
      facts,
    );
    const isDrawn = !isGone && (is.t0 !== was.t0 || is.u0 !== was.u0);
    const { impressionMinutes } = this.#options;
    const end = lineEnd(goal, { day, impressionMinutes });
    const isOfGoal = !isDrawn || (is.t1 === end.t1 && is.u1 === end.u1);
    demand(isOfGoal, 'G12', 'a line does not end with its goal', () => ({ end, goal, ...facts() }));
    if (is.t1 === was.t1 && is.u1 === was.u1) {
      demand(isNew || is.t0 - was.t0 >= hourMs, 'G12', 'a plan is drawn anew too soon', facts);
      const isBelow = !isDrawn || is.u0 <= onLine(was, is.t0);
      demand(isBelow, 'G12', 'a line is drawn anew that is not below the one before', facts);
    }
    const isOfLedger = (is.t0 === was.t0 && is.u0 === was.u0) || is.u0 <= (ad.peaks.get(name) ?? 0);
    demand(isOfLedger, 'G12', 'a line begins above what was used', facts);
    ad.lines = isNew ? [is] : [...ad.lines, is];
  }

  /** Rights come back: of epochs that the counter has closed, those that nobody saw. */
  #checkReturn(
    { counter }: AuditedAd,
    before: Attributes,
    after: Attributes,
    { less, facts }: { readonly less: readonly (readonly [string, number])[]; readonly facts: Facts },
  ): void {
    const last = Math.max(...less.map(([epoch]) => Number(epoch)));
    demand(numberOf(after, 'closed') >= last, 'G10', 'rights come back of an epoch that is open', facts);
    let unseen = 0;
    const ofDays = new Map<string, number>();
    for (const [epoch, leased] of less) {
      const isClosed =
        numberOf(counter, 'generation') === numberOf(before, 'generation') &&
        numberOf(counter, 'closed', -1) >= Number(epoch);
      demand(isClosed, 'G10', 'rights come back of an epoch that the log has not closed', facts);
      demand(after[`l${epoch}`] === undefined, 'G10', 'a part of the rights of an epoch comes back', facts);
      const own = leased - numberOf(counter, `i${epoch}`);
      unseen += own;
      const day = `d${dayOf(Number(epoch))}`;
      ofDays.set(day, (ofDays.get(day) ?? 0) + own);
    }
    const back = numberOf(before, 'used') - numberOf(after, 'used');
    demand(back === unseen && unseen >= 0, 'G10', 'other rights come back than nobody saw', facts);
    const told = numberOf(after, 'returned') - numberOf(before, 'returned');
    demand(told === back, 'G10', 'a ledger reports other rights than came back', facts);
    for (const [day, own] of ofDays) {
      // Days that are over are forgotten as a whole.
      const isBack = after[day] === undefined || numberOf(before, day) - numberOf(after, day) === own;
      demand(isBack, 'G10', 'other rights of a day come back than nobody saw', facts);
    }
    this.rightsReturned += back;
  }
}

type Facts = () => Readonly<Record<string, unknown>>;

interface LedgerChange {
  readonly epoch: number;
  readonly atMs: number;
  readonly facts: Facts;
}

/** A generation begins with what was counted, and nothing is out. */
function checkOpened(
  { counter }: AuditedAd,
  before: Attributes | undefined,
  after: Attributes,
  facts: Facts,
): void {
  const isNewer = before === undefined || numberOf(after, 'generation') > numberOf(before, 'generation');
  demand(isNewer, 'G10', 'a generation of a ledger goes back', facts);
  const isAsCounted =
    numberOf(after, 'used') === numberOf(counter, 'total') &&
    numberOf(after, 'generation') === numberOf(counter, 'generation');
  demand(isAsCounted, 'G10', 'a ledger begins with another number than was counted', facts);
  demand(numbersOf(after, 'l').size === 0, 'G10', 'a ledger begins with rights out', facts);
  for (const [day, count] of numbersOf(counter, 'd'))
    demand(
      numberOf(after, `d${day}`) === count,
      'G10',
      'a ledger begins with another number of a day',
      facts,
    );
}

/** What a counter adds is in its epochs too, and of no epoch that the log had closed. */
function checkCounter(
  ad: AuditedAd,
  before: Attributes | undefined,
  after: Attributes | undefined,
  write: AppliedWrite,
): void {
  const facts = () => ({ before, after, ledger: ad.ledger, write });
  const generation = numberOf(after, 'generation');
  const [was, is] = [numbersOf(before, 'i'), numbersOf(after, 'i')];
  if (generation !== numberOf(before, 'generation')) {
    demand(generation > numberOf(before, 'generation'), 'G10', 'a generation of a counter goes back', facts);
    return;
  }
  const closed = numberOf(before, 'closed', -1);
  demand(numberOf(after, 'closed', -1) >= closed, 'G10', 'a counter opens an epoch again', facts);
  let counted = 0;
  for (const [epoch, count] of is) {
    const added = count - (was.get(epoch) ?? 0);
    demand(added >= 0, 'G10', 'a counter loses impressions of an epoch', facts);
    demand(added === 0 || Number(epoch) > closed, 'G10', 'an impression of a closed epoch is counted', facts);
    const leased = ad.leased.get(rightsName(generation, Number(epoch))) ?? 0;
    demand(count <= leased, 'G10', 'more impressions of an epoch than rights', () => ({
      leased,
      ...facts(),
    }));
    counted += added;
  }
  const lost = [...was.keys()].filter((epoch) => !is.has(epoch));
  const isReturned = lost.every((epoch) => Number(epoch) <= numberOf(ad.ledger, 'closed', -1));
  demand(isReturned, 'G10', 'a counter forgets an epoch whose rights are out', facts);
  if (generation % 2 === 0) return;
  const added = numberOf(after, 'total') - numberOf(before, 'total');
  demand(added === counted, 'G10', 'an impression without a right is counted', facts);
}

const hourMs = 3_600_000;
/** A write may be applied so long after its container gave up on it. */
const lateMaxMs = 150_000;

function lineOf(ledger: Attributes | undefined): AuditedLine {
  const [t0 = 0, u0 = 0, t1 = 0, u1 = 0] = ['t0', 'u0', 't1', 'u1'].map((name) => numberOf(ledger, name));
  return { t0, u0, t1, u1 };
}

function lineText(ledger: Attributes | undefined): string {
  return JSON.stringify([lineOf(ledger), numberOf(ledger, 'plan')]);
}

/** What this is all about. */
function checkBound({ counter, ledger }: AuditedAd, adId: string, write: AppliedWrite): void {
  const generation = numberOf(ledger, 'generation');
  // Without a goal there are no rights.
  if (generation % 2 === 0 || generation !== numberOf(counter, 'generation')) return;
  const isWithin = numberOf(counter, 'total') <= numberOf(ledger, 'used');
  const facts = () => ({ adId, counter, ledger, write });
  demand(isWithin, 'G10', 'more impressions than rights', facts);
  // The same of each day, until one of the two forgets it.
  for (const [day, used] of numbersOf(ledger, 'd'))
    demand(numberOf(counter, `d${day}`) <= used, 'G10', 'more impressions of a day than rights', facts);
}
