import { isIncrementKey } from '../../core/counters/counter-key.ts';
import { accountOf, countedOrNot, isOfAd } from './audited-number.ts';

/** What an audit needs of a record: what it adds, and to which account of the book. */
export interface AuditedEvent {
  readonly account: string;
  readonly id: string;
  /** Records with its id add once together. */
  readonly keyed: boolean;
  readonly value: bigint;
}

const valueMax = 500n * (2n ** 53n - 1n);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a record by the documented format, without the code that counts. undefined: it is no event of this counter;
 * none: it orders something about the rights of its ad, and is in no number.
 */
export function readEvents(data: Uint8Array, counterKey: string): readonly AuditedEvent[] | undefined {
  const event = parse(data) as Record<string, unknown> | null | undefined;
  if (typeof event !== 'object' || event === null) return undefined;
  if (isOfAd(counterKey)) return isOrder(event, counterKey) ? [] : readTracked(event, counterKey);
  const increment = readIncrement(event, counterKey);
  return increment && [increment];
}

function isOrder({ v, type, ad, ...rest }: Record<string, unknown>, counter: string): boolean {
  if (v !== 1 || counter.slice(1) !== `i#${String(ad)}`) return false;
  const { generation, through, ledgerClosed, impressionMinutes: minutes, plan } = rest;
  if (type === 'RightsClosed' && minutes !== undefined && !isWithin(minutes, 1, 1440)) return false;
  const numbers =
    type === 'RightsClosed'
      ? [generation, through, ledgerClosed]
      : type === 'RightsOpened'
        ? [generation, plan]
        : [undefined];
  return numbers.every((value) => isWithin(value, 0, Number.MAX_SAFE_INTEGER));
}

/** An event that is not invalid adds once to the total, unless it is late, and each of its records to a sum with it. */
function readTracked(event: Record<string, unknown>, counter: string): readonly AuditedEvent[] | undefined {
  const { v, type, id, ad, kind, at, generation, epoch, invalid, traceparent } = event;
  if (v !== 1 || type !== 'Tracked' || typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) return undefined;
  if ((kind !== 'impression' && kind !== 'click') || counter.slice(1) !== `${kind.slice(0, 1)}#${String(ad)}`)
    return undefined;
  if (![at, generation, epoch].every((value) => isWithin(value, 0, Number.MAX_SAFE_INTEGER)))
    return undefined;
  if (traceparent !== undefined && typeof traceparent !== 'string') return undefined;
  const each = (number: string): AuditedEvent => {
    return { account: accountOf(counter, number), id, keyed: false, value: 1n };
  };
  if (invalid !== undefined) {
    const number = invalidNumbers.get(invalid);
    return number === undefined ? undefined : [each(number)];
  }
  return [{ account: counter, id, keyed: true, value: 1n }, each(countedOrNot)];
}

const invalidNumbers: ReadonlyMap<unknown, string> = new Map([
  ['bot', 'invalid_bot'],
  ['prefetch', 'invalid_prefetch'],
  ['no-user-agent', 'invalid_no_user_agent'],
]);

function readIncrement(event: Record<string, unknown>, counterKey: string): AuditedEvent | undefined {
  const { v, type, id, key, value, count, keyed, at, traceparent } = event;
  if (v !== 1 || type !== 'Incremented' || key !== counterKey || !isIncrementKey(counterKey))
    return undefined;
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id) || typeof keyed !== 'boolean') return undefined;
  if (typeof value !== 'string' || !/^[1-9]\d{0,18}$/.test(value) || BigInt(value) > valueMax)
    return undefined;
  if (!isWithin(count, 1, 500) || !isWithin(at, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  if (traceparent !== undefined && typeof traceparent !== 'string') return undefined;
  return { account: counterKey, id, keyed, value: BigInt(value) };
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    // Both functions throw only for bytes that are not UTF-8 or text that is not JSON.
    return undefined;
  }
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
