import type { Attributes } from '../../ports/state-store.ts';

/**
 * What a record adds to, in a book of an audit: an increment to the total of its counter, by the key of the counter; a
 * tracked event of an ad to one or two numbers of its counter, each an account of its own. So the audit compares them
 * all in one way.
 */
export interface AuditedNumber {
  readonly counter: string;
  /** undefined: the total. */
  readonly number: string | undefined;
}

/**
 * Every settled event of an ad that is not invalid is in one of these three. Which one is decided in the order of the
 * log and of redrives, so an audit checks their sum, and the total by itself as far as lateness leaves it open.
 */
export const countedOrNot = 'counted + duplicate + late';

const separator = '\u0001';

/** The counters of ads, written out once more: U+0001, the kind, and the id of an ad. */
const adCounter = /^\u0001[ic]#[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/; // eslint-disable-line no-control-regex -- U+0001 begins their keys

/** The name of the account of a number of an ad's counter; without `number`, of its total. */
export function accountOf(counter: string, number?: string): string {
  return number === undefined ? counter : `${counter}${separator}${number}`;
}

export function auditedNumber(account: string): AuditedNumber {
  const counter = adCounter.exec(account)?.[0];
  if (counter === undefined || counter === account) return { counter: account, number: undefined };
  return { counter, number: account.slice(counter.length + separator.length) };
}

/** The key is that of a counter of an ad, or the account is of one of its numbers. */
export function isOfAd(account: string): boolean {
  return adCounter.test(account);
}

/** What an item has of the number that came from the log and not from `mode=sync`. */
export function countedBy(account: string, item: Attributes): bigint {
  const { number } = auditedNumber(account);
  if (number === undefined) return valueOf(item, 'total') - valueOf(item, 'sync_total');
  if (number === countedOrNot)
    return valueOf(item, 'total') + valueOf(item, 'duplicate') + valueOf(item, 'late');
  return valueOf(item, number);
}

/** How far a number may be below the sum of the log: an impression whose records were all late is not in the total. */
export function mayLack(account: string, item: Attributes): bigint {
  return isOfAd(account) && auditedNumber(account).number === undefined ? valueOf(item, 'late') : 0n;
}

function valueOf(item: Attributes, attribute: string): bigint {
  const value = item[attribute];
  return typeof value === 'bigint' ? value : 0n;
}
