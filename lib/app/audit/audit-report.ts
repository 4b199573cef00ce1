import type { AuditBook, PendingRecord } from './audit-book.ts';

/** A counter whose total differs from the log. */
export interface Difference {
  readonly key: string;
  /** What `total - sync_total` should be. */
  readonly expected: bigint;
  /** By how much the total exceeds it. */
  readonly difference: bigint;
}

/**
 * All sums are sums of values. If `notAuditable` is 0 and nothing is in `different`: accepted = counted +
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
  /** Records that are not increments. */
  readonly unreadable: number;
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
  let notAuditable = 0;
  for (const { settled, pending, baseline } of book.accounts.values()) {
    accepted += settled;
    inFlight += sumOf(pending);
    if (baseline !== undefined) notAuditable += 1;
  }
  const uncertain = notAuditable > 0 || !book.whole;
  return {
    status: found.different.length > 0 ? 'different' : uncertain ? 'not-auditable' : 'equal',
    counters: book.accounts.size,
    different: found.different,
    notAuditable,
    accepted: accepted + inFlight,
    counted: found.counted,
    inFlight,
    ...found.withheld,
    unreadable: book.unreadable,
  };
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
