import type { AuditBook, PendingRecord } from './audit-book.ts';
import { auditedNumber, isOfAd } from './audited-number.ts';

/** A counter with a number that differs from the log. */
export interface Difference {
  readonly key: string;
  /** Which number of an ad's counter; undefined: the total. */
  readonly number?: string;
  /** What the number should be, for the total `total - sync_total`. */
  readonly expected: bigint;
  /** By how much the number exceeds it. */
  readonly difference: bigint;
}

/**
 * All sums are sums of the values of increments. If `notAuditable` is 0 and nothing is in `different`: accepted = counted +
 * inFlight + quarantined + dropped.
 */
export interface AuditReport {
  /** `not-auditable`: nothing differs, but the log does not hold the whole history of some counters. */
  readonly status: 'equal' | 'different' | 'not-auditable';
  readonly counters: number;
  readonly different: readonly Difference[];
  /** Counters that could be compared only from their first audit on. */
  readonly notAuditable: number;
  readonly accepted: bigint;
  readonly counted: bigint;
  readonly inFlight: bigint;
  readonly quarantined: bigint;
  readonly dropped: bigint;
  /** Records that are neither increments nor tracked events. */
  readonly unreadable: number;
  /** Tracked events of ads, each record once. They are in no sum above. */
  readonly tracked: bigint;
}

export interface WithheldSums {
  readonly quarantined: bigint;
  readonly dropped: bigint;
}

export function reportOf(
  book: AuditBook,
  found: { different: readonly Difference[]; counted: bigint; withheld: WithheldSums },
): AuditReport {
  let accepted = 0n;
  let inFlight = 0n;
  let tracked = 0n;
  const notAuditable = new Set<string>();
  for (const [account, { settled, pending, baseline }] of book.accounts) {
    const { counter, number } = auditedNumber(account);
    if (baseline !== undefined) notAuditable.add(counter);
    if (number !== undefined) tracked += settled + BigInt(pending.length);
    if (isOfAd(account)) continue;
    accepted += settled;
    inFlight += sumOf(pending);
  }
  const uncertain = notAuditable.size > 0 || !book.whole;
  return {
    status: found.different.length > 0 ? 'different' : uncertain ? 'not-auditable' : 'equal',
    counters: countersOf(book),
    different: found.different,
    notAuditable: notAuditable.size,
    accepted: accepted + inFlight,
    counted: found.counted,
    inFlight,
    ...found.withheld,
    unreadable: book.unreadable,
    tracked,
  };
}

/** How many counters a book knows. */
export function countersOf({ accounts }: Pick<AuditBook, 'accounts'>): number {
  return new Set(accounts.keys().map((account) => auditedNumber(account).counter)).size;
}

/** An event with several records is in flight once. */
function sumOf(pending: readonly PendingRecord[]): bigint {
  const counted = new Set<string>();
  let sum = 0n;
  for (const { value, eventId } of pending) {
    if (eventId !== undefined && value !== 0n) {
      if (counted.has(eventId)) continue;
      counted.add(eventId);
    }
    sum += value;
  }
  return sum;
}
