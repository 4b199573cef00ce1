import type { Findings } from './findings.ts';
import { isSumOfSome } from './explain-sum.ts';

export interface Add {
  readonly key: string;
  readonly value: number;
}

/** What is known of one counter. */
interface Account {
  /** The sum of what was acknowledged: counted, each once. */
  acknowledged: bigint;
  /** Sent once and never answered, or with an error that leaves it open: each is counted once or not at all. */
  readonly uncertain: bigint[];
  /** The sum of what has been sent and is not yet one of the above. */
  underWay: bigint;
  /** The largest total that a read has shown. */
  seen: bigint;
}

/**
 * From so many uncertain values on a counter is not written to any more without a key. With the requests still under
 * way then, they stay few enough to tell whether a total is the sum of some of them.
 */
const uncertainMax = 8;

/** The books of everything that was added to counters. Values are drawn wide, so that no two sums are alike by chance. */
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

  /** At rest, with nothing under way: every total is explained, and exact where nothing is uncertain. */
  audit(totals: ReadonlyMap<string, bigint>): void {
    for (const key of totals.keys()) {
      if (!this.#accounts.has(key)) this.#findings.add('wrong', `a counter ${key} that nobody wrote to`);
    }
    for (const [key, account] of this.#accounts) this.#auditOne(key, account, totals.get(key) ?? 0n);
  }

  #auditOne(key: string, { acknowledged, uncertain, underWay, seen }: Account, total: bigint): void {
    const atMost = acknowledged + sumOf(uncertain);
    const told = `${key} is ${total}; acknowledged ${acknowledged}, uncertain ${uncertain.join(' ') || 'nothing'}`;
    if (underWay !== 0n) this.#findings.add('wrong', `the books of ${key} are open by ${underWay}`);
    if (total < acknowledged || total < seen) this.#findings.add('lost', `${told}; a read showed ${seen}`);
    else if (total > atMost) this.#findings.add('double', told);
    else if (!isSumOfSome(total - acknowledged, uncertain)) this.#findings.add('wrong', told);
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

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}
