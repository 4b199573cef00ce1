/**
 * What the canary's counter must hold. Each run increments it by 1, so
 * `total = offset + sent - missing`, where `missing` increments are expected to be absent.
 */
export interface CanaryAccount {
  /** The part of the total that was there before the first run. */
  readonly offset: bigint;
  /** Increments sent since then; each is one event, however often it is appended. */
  readonly sent: bigint;
  /** Increments that may still be counted: their record is in the quarantine, or they were abandoned. */
  readonly missing: bigint;
}

/** `given-up`: the increment of this run is in the quarantine, or was dropped from it. */
export type CanaryVerdict = 'counted' | 'given-up' | 'lost' | 'doubled';

export interface Judged {
  readonly verdict: CanaryVerdict;
  /** What to compare the next total with. After a difference it begins anew, so that one is reported once. */
  readonly account: CanaryAccount;
}

/**
 * Compares the total with what was sent, once the log has been settled past the last increment. `isGivenUp`: the
 * record of the last increment is known to have been given up.
 */
export function judgeCanary(account: CanaryAccount, total: bigint, isGivenUp: boolean): Judged {
  const { offset, sent, missing } = account;
  const absent = offset + sent - total;
  if (absent < 0n) return { verdict: 'doubled', account: beginAgain(account, total) };
  if (absent <= missing) return { verdict: 'counted', account: { offset, sent, missing: absent } };
  if (isGivenUp && absent === missing + 1n) {
    return { verdict: 'given-up', account: { offset, sent, missing: absent } };
  }
  return { verdict: 'lost', account: beginAgain(account, total) };
}

/** Takes the total as it is. What was missing may still be counted, once. */
export function beginAgain({ missing }: Pick<CanaryAccount, 'missing'>, total: bigint): CanaryAccount {
  return { offset: total + missing, sent: 0n, missing };
}
