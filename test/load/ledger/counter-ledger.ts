import type { Findings } from './findings.ts';

export interface Add {
  readonly key: string;
  readonly value: number;
}

/** What is known of one counter. */
interface Account {
  /** The sum of what was acknowledged: counted, each once. */
  acknowledged: bigint;
  /**
   * Sent once and never answered, or with an error that leaves it open: each is counted once or not at all.
   */
  readonly uncertain: bigint[];
  /** The sum of what has been sent and is not yet one of the above. */
  underWay: bigint;
  /** The largest total that a read has shown. */
  seen: bigint;
}

/**
 * With this number of uncertain values a counter is not written to any more without a key (`openKey`). With
 * the requests still under way then, they stay few enough to tell whether a total is the sum of some of them.
 */
const uncertainMax = 8;

/**
 * The ledger of everything that was added to counters: what was acknowledged is counted once, what is
 * uncertain once at most. Where values are drawn wide, no two sums are alike by chance.
 */
export class CounterLedger {
  readonly #findings: Findings;
  readonly #accounts = new Map<string, Account>();
  readonly #generations = new Map<string, number>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get keys(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  /** A counter of this name for writes without a key: a new one when too much about the last is uncertain. */
  openKey(name: string): string {
    let generation = this.#generations.get(name) ?? 0;
    if (this.#account(`${name}.${generation}`).uncertain.length >= uncertainMax) generation += 1;
    this.#generations.set(name, generation);
    return `${name}.${generation}`;
  }

  /** Before the first try. */
  sending(adds: readonly Add[]): void {
    for (const { key, value } of adds) this.#account(key).underWay += BigInt(value);
  }

  acknowledge(adds: readonly Add[]): void {
    for (const add of adds) this.#settle(add).acknowledged += BigInt(add.value);
  }

  /** Sent once, and nobody knows. */
  leaveOpen(adds: readonly Add[]): void {
    for (const add of adds) this.#settle(add).uncertain.push(BigInt(add.value));
  }

  /** Certainly not written. */
  drop(adds: readonly Add[]): void {
    for (const add of adds) this.#settle(add);
  }

  /** As `sending` and `acknowledge`, for a sum. */
  acknowledged(key: string, sum: number): void {
    this.#account(key).acknowledged += BigInt(sum);
  }

  acknowledgedSum(key: string): bigint {
    return this.#account(key).acknowledged;
  }

  /** The largest total of the counter that any read has shown so far: no later read may show less. */
  seen(key: string): bigint {
    return this.#account(key).seen;
  }

  /** A read showed this total; `atLeast` was known before the read was sent. */
  observe(key: string, total: bigint, atLeast: bigint): void {
    const account = this.#account(key);
    const atMost = account.acknowledged + account.underWay + sumOf(account.uncertain);
    if (total < atLeast) this.#findings.add('lost', `a read of ${key} shows ${total}, less than ${atLeast}`);
    if (total > atMost) this.#findings.add('double', `a read of ${key} shows ${total}, more than ${atMost}`);
    if (total > account.seen) account.seen = total;
  }

  /** Whether some acknowledged value is not counted yet. */
  isBehind(totals: ReadonlyMap<string, bigint>): boolean {
    return [...this.#accounts].some(([key, { acknowledged }]) => (totals.get(key) ?? 0n) < acknowledged);
  }

  /** Sums over all counters. */
  sums(): { readonly acknowledged: number; readonly uncertain: number } {
    const accounts = [...this.#accounts.values()];
    return {
      acknowledged: Number(sumOf(accounts.map(({ acknowledged }) => acknowledged))),
      uncertain: Number(sumOf(accounts.flatMap(({ uncertain }) => uncertain))),
    };
  }

  /** At rest, with nothing under way: every total is explained, and exact where nothing is uncertain. */
  audit(totals: ReadonlyMap<string, bigint>, findings = this.#findings): void {
    for (const key of totals.keys()) {
      if (!this.#accounts.has(key)) findings.add('wrong', `a counter ${key} that nobody wrote to`);
    }
    for (const [key, account] of this.#accounts) auditOne(key, account, totals.get(key) ?? 0n, findings);
  }

  #settle({ key, value }: Add): Account {
    const account = this.#account(key);
    account.underWay -= BigInt(value);
    return account;
  }

  #account(key: string): Account {
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { acknowledged: 0n, uncertain: [], underWay: 0n, seen: 0n };
      this.#accounts.set(key, account);
    }
    return account;
  }
}

function auditOne(
  key: string,
  { acknowledged, uncertain, underWay, seen }: Account,
  total: bigint,
  findings: Findings,
): void {
  const atMost = acknowledged + sumOf(uncertain);
  const told = `${key} is ${total}; acknowledged ${acknowledged}, uncertain ${uncertain.join(' ') || 'nothing'}`;
  if (underWay !== 0n) findings.add('wrong', `the account of ${key} is open by ${underWay}`);
  if (total < acknowledged || total < seen) findings.add('lost', `${told}; a read showed ${seen}`);
  else if (total > atMost) findings.add('double', told);
  else if (uncertain.length <= explainValuesMax && !isSumOfSome(total - acknowledged, uncertain))
    findings.add('wrong', told);
}

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}

/** With more values it would take too long: then only the bounds of a total are checked. */
export const explainValuesMax = 40;

/**
 * Whether `sum` is the sum of some of the values: all sums of one half are looked up among those of the
 * other.
 */
export function isSumOfSome(sum: bigint, values: readonly bigint[]): boolean {
  if (values.length > explainValuesMax) throw new RangeError(`${values.length} values are too many`);
  const half = values.length >> 1;
  const first = allSums(values.slice(0, half));
  return [...allSums(values.slice(half))].some((part) => first.has(sum - part));
}

function allSums(values: readonly bigint[]): Set<bigint> {
  const sums = new Set([0n]);
  for (const value of values) for (const sum of [...sums]) sums.add(sum + value);
  return sums;
}
