import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite, ServedCall } from './auditor.ts';
import { parseDecisionToken } from './decision-tokens.ts';
import { demand } from './demand.ts';

/** What an ad should reach. */
export interface AuditedGoal {
  readonly total?: number;
  readonly daily?: number;
}

export interface GoalLedgersOptions {
  /** The goal of an ad at a version of the catalog; undefined: it has none. */
  readonly goalAt: (adId: string, version: number) => AuditedGoal | undefined;
}

type Numbers = ReadonlyMap<string, number>;

interface AuditedAd {
  /** The counter of its impressions, and its ledger, as the last write left them. */
  counter: Attributes | undefined;
  ledger: Attributes | undefined;
  /** By generation and epoch, rights that were ever leased, and the tokens that were signed. */
  readonly leased: Map<string, number>;
  readonly signed: Map<string, Set<string>>;
}

/**
 * Follows every write to the ledgers of goals and to the counters beside them (G10). The bound is proven in steps, so
 * each step is checked: what a write may change, by how much, and whether it was time.
 */
export class GoalLedgers {
  readonly #options: GoalLedgersOptions;
  readonly #ads = new Map<string, AuditedAd>();
  leases = 0;
  rightsLeased = 0;
  rightsReturned = 0;
  opened = 0;

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
    for (const adId of touched) checkBound(this.#of(adId), adId, write);
  }

  /** Every answer that a container gave, whether or not it arrived. */
  served({ target, answer }: ServedCall): void {
    if (target !== '/api/v1/decisions' || answer?.status !== 200) return;
    for (const [, text = ''] of answer.body.matchAll(/"decision":\{"token":"([\w-]+)"/g)) {
      const token = parseDecisionToken(text);
      if (token === undefined || token.generation % 2 === 0) continue;
      const { ad: adId, generation, epoch } = token;
      const ad = this.#of(adId);
      const name = rightsName(generation, epoch);
      const signed = ad.signed.get(name) ?? new Set();
      ad.signed.set(name, signed.add(text));
      const leased = ad.leased.get(name) ?? 0;
      demand(signed.size <= leased, 'G10', 'more decisions are signed than rights were leased', () => ({
        ...{ adId, generation, epoch, signed: signed.size, leased, ledger: ad.ledger },
      }));
    }
  }

  /** Nobody asks any more: the numbers are at most the goals that the ads have had. */
  get facts(): Readonly<Record<string, number>> {
    const { leases, rightsLeased, rightsReturned, opened } = this;
    return { leases, rightsLeased, rightsReturned, rightsOpened: opened };
  }

  #of(adId: string): AuditedAd {
    let ad = this.#ads.get(adId);
    if (ad === undefined) {
      ad = { counter: undefined, ledger: undefined, leased: new Map(), signed: new Map() };
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
    if (more.length > 0) {
      demand(more.length === 1 && less.length === 0, 'G10', 'a write leases and takes back', facts);
      this.#checkLease(adId, before, after, { epoch: Number(more[0]?.[0]), facts });
    } else if (less.length > 0) this.#checkReturn(ad, before, after, { less, facts });
    else
      demand(numberOf(after, 'used') === numberOf(before, 'used'), 'G10', 'rights come from nowhere', facts);
  }

  /** Rights go out: all numbers rise alike, and none above the goal. */
  #checkLease(adId: string, before: Attributes, after: Attributes, { epoch, facts }: LedgerChange): void {
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
    demand(isWithin(goal.total, 'used') && isWithin(goal.daily, day), 'G10', 'a lease above the goal', facts);
    const name = rightsName(numberOf(after, 'generation'), epoch);
    ad.leased.set(name, (ad.leased.get(name) ?? 0) + rights);
    this.leases += 1;
    this.rightsLeased += rights;
  }

  /** Rights come back: of epochs that the counter has closed, those that nobody saw. */
  #checkReturn(
    { counter }: AuditedAd,
    before: Attributes,
    after: Attributes,
    { less, facts }: { readonly less: readonly (readonly [string, number])[]; readonly facts: Facts },
  ): void {
    let unseen = 0;
    for (const [epoch, leased] of less) {
      const isClosed =
        numberOf(counter, 'generation') === numberOf(before, 'generation') &&
        numberOf(counter, 'closed', -1) >= Number(epoch);
      demand(isClosed, 'G10', 'rights come back of an epoch that the log has not closed', facts);
      demand(after[`l${epoch}`] === undefined, 'G10', 'a part of the rights of an epoch comes back', facts);
      unseen += leased - numberOf(counter, `i${epoch}`);
    }
    const back = numberOf(before, 'used') - numberOf(after, 'used');
    demand(back === unseen && unseen >= 0, 'G10', 'other rights come back than nobody saw', facts);
    const told = numberOf(after, 'returned') - numberOf(before, 'returned');
    demand(told === back, 'G10', 'a ledger reports other rights than came back', facts);
    this.rightsReturned += back;
  }
}

type Facts = () => Readonly<Record<string, unknown>>;

interface LedgerChange {
  readonly epoch: number;
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

/** What this is all about. */
function checkBound({ counter, ledger }: AuditedAd, adId: string, write: AppliedWrite): void {
  const generation = numberOf(ledger, 'generation');
  // Without a goal there are no rights.
  if (generation % 2 === 0 || generation !== numberOf(counter, 'generation')) return;
  const isWithin = numberOf(counter, 'total') <= numberOf(ledger, 'used');
  demand(isWithin, 'G10', 'more impressions than rights', () => ({ adId, counter, ledger, write }));
}

const counterPrefix = 'counter#\u0001i#';
const ledgerPrefix = 'ledger#';

/** The ad whose counter of impressions or whose ledger it is. */
function adOf({ table, pk }: { readonly table: string; readonly pk: string }): string | undefined {
  if (table === 'counters' && pk.startsWith(counterPrefix)) return pk.slice(counterPrefix.length);
  return table === 'delivery' && pk.startsWith(ledgerPrefix) ? pk.slice(ledgerPrefix.length) : undefined;
}

function rightsName(generation: number, epoch: number): string {
  return `${generation}/${epoch}`;
}

function numberOf(item: Attributes | undefined, name: string, absent = 0): number {
  const value = item?.[name];
  return value === undefined ? absent : Number(value);
}

/** By epoch. */
function numbersOf(item: Attributes | undefined, prefix: string): Numbers {
  const numbers = new Map<string, number>();
  for (const [name, value] of Object.entries(item ?? {}))
    if (name.startsWith(prefix) && /^\d+$/.test(name.slice(1))) numbers.set(name.slice(1), Number(value));
  return numbers;
}

const dayMinutes = 1440;

/** An epoch's number is four times its first minute, and the last two bits of the day that it is of. */
function dayOf(epoch: number): number {
  const utcDay = Math.floor(epoch / 4 / dayMinutes);
  return [utcDay - 1, utcDay, utcDay + 1].find((day) => ((day % 4) + 4) % 4 === epoch % 4) ?? Number.NaN;
}
