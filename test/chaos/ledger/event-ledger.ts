import type { Findings } from '../../load/ledger/findings.ts';

export type EventKind = 'impression' | 'click';

/** A report of one token, and whether its sender says what it is: without a user agent it is not counted. */
export interface Report {
  readonly token: string;
  readonly ad: string;
  readonly kind: EventKind;
  readonly invalid: boolean;
}

/** What the API says of the events of one ad; the last three are of both kinds together. */
export interface EventNumbers {
  readonly impressions: number;
  readonly clicks: number;
  readonly duplicate: number;
  readonly late: number;
  readonly invalid: number;
}

/** Of all ads. */
export interface EventSums extends EventNumbers {
  /** Ads with a goal, and those of them that have reached it. */
  readonly goals: number;
  readonly reached: number;
}

/** How often one event was sent, by its answers. */
interface Sent {
  acknowledged: number;
  /** Not acknowledged: each is in the log once or not at all. */
  uncertain: number;
}

/** Of one ad. */
interface Account {
  /** Tokens of decisions that were answered. */
  tokens: number;
  goal: number | undefined;
  /** By kind and token. */
  readonly valid: Readonly<Record<EventKind, Map<string, Sent>>>;
  readonly invalid: Sent;
}

/** A decision whose impressions count with its answer, which nobody has seen yet: it may have shown any ad, once. */
export interface OpenDecision {
  /** Each may have logged them. */
  tries: number;
}

/**
 * The ledger of impressions and clicks: every acknowledged report is in exactly one number, every other in one at
 * most, no token is counted twice, and no goal is passed.
 */
export class EventLedger {
  readonly #findings: Findings;
  readonly #accounts = new Map<string, Account>();
  /** Decisions that are not answered yet. */
  readonly open = new Set<OpenDecision>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Ads that a decision has named. */
  get ads(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  /** A decision was answered with a token of this ad. `goal`: impressions in all; undefined: it has none. */
  issued(ad: string, goal?: number): void {
    const account = this.#account(ad);
    account.tokens += 1;
    account.goal = goal;
  }

  /** undefined: the ad has none. */
  goal(ad: string): number | undefined {
    return this.#account(ad).goal;
  }

  /** Before it is sent; it stays uncertain until one of the next two is called. */
  sending(report: Report): void {
    this.#sent(report).uncertain += 1;
  }

  acknowledge(report: Report): void {
    const sent = this.#sent(report);
    sent.uncertain -= 1;
    sent.acknowledged += 1;
  }

  /** Certainly not written. */
  drop(report: Report): void {
    this.#sent(report).uncertain -= 1;
  }

  /** Acknowledged reports of one kind. */
  acknowledged(ad: string, kind: EventKind): number {
    return sumOf(this.#account(ad).valid[kind].values(), 'acknowledged');
  }

  sums(): { readonly tokens: number; readonly acknowledged: number; readonly uncertain: number } {
    let [tokens, acknowledged, uncertain] = [0, 0, 0];
    for (const { tokens: issued, valid, invalid } of this.#accounts.values()) {
      const all = [...valid.impression.values(), ...valid.click.values(), invalid];
      tokens += issued;
      acknowledged += sumOf(all, 'acknowledged');
      uncertain += sumOf(all, 'uncertain');
    }
    return { tokens, acknowledged, uncertain };
  }

  /** `atRest`: everything in the log is settled; otherwise numbers may still grow. */
  audit(ad: string, numbers: EventNumbers, atRest: boolean): void {
    const { tokens, goal, valid, invalid } = this.#account(ad);
    const seen = boundsOf(valid.impression);
    const clicked = boundsOf(valid.click);
    const { impressions, clicks, duplicate, late } = numbers;
    const logged = impressions + clicks + duplicate + late;
    const openTries = [...this.open].reduce((sum, { tries }) => sum + tries, 0);
    const invalidMax = invalid.acknowledged + invalid.uncertain;
    const told = `${ad}: ${JSON.stringify(numbers)}, of ${tokens} tokens, goal ${goal ?? 'none'}; ${this.open.size} decisions open; seen ${JSON.stringify(seen)}, clicked ${JSON.stringify(clicked)}, invalid ${JSON.stringify(invalid)}`;
    // Only a decision that spent a right can be late.
    if (late > 0 && goal === undefined) this.#findings.add('wrong', told);
    const isDouble =
      impressions > (goal ?? Infinity) ||
      Math.max(impressions, clicks) > tokens + this.open.size ||
      impressions > seen.tokensMax + this.open.size ||
      clicks > clicked.tokensMax ||
      logged > seen.reportsMax + clicked.reportsMax + openTries ||
      numbers.invalid > invalidMax;
    if (isDouble) this.#findings.add('double', told);
    const isLost =
      impressions + late < seen.tokensMin ||
      clicks < clicked.tokensMin ||
      logged < seen.reportsMin + clicked.reportsMin ||
      numbers.invalid < invalid.acknowledged;
    if (atRest && isLost) this.#findings.add('lost', told);
  }

  #sent({ ad, kind, token, invalid }: Report): Sent {
    const account = this.#account(ad);
    if (invalid) return account.invalid;
    let sent = account.valid[kind].get(token);
    if (sent === undefined) {
      sent = { acknowledged: 0, uncertain: 0 };
      account.valid[kind].set(token, sent);
    }
    return sent;
  }

  #account(ad: string): Account {
    let account = this.#accounts.get(ad);
    if (account === undefined) {
      const valid = { impression: new Map<string, Sent>(), click: new Map<string, Sent>() };
      account = { tokens: 0, goal: undefined, valid, invalid: { acknowledged: 0, uncertain: 0 } };
      this.#accounts.set(ad, account);
    }
    return account;
  }
}

/** How many tokens are counted, and how many reports are in the log, at least and at most. */
function boundsOf(sent: ReadonlyMap<string, Sent>) {
  const all = [...sent.values()];
  const reportsMin = sumOf(all, 'acknowledged');
  return {
    tokensMin: all.filter(({ acknowledged }) => acknowledged > 0).length,
    tokensMax: all.filter(({ acknowledged, uncertain }) => acknowledged + uncertain > 0).length,
    reportsMin,
    reportsMax: reportsMin + sumOf(all, 'uncertain'),
  };
}

function sumOf(all: Iterable<Sent>, field: keyof Sent): number {
  let sum = 0;
  for (const sent of all) sum += sent[field];
  return sum;
}
