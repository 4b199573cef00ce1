import { isIncrementKey } from '../../core/counters/counter-key.ts';

/** The fields of an increment that an audit needs. */
export interface AuditedEvent {
  readonly id: string;
  readonly keyed: boolean;
  readonly value: bigint;
}

const valueMax = 500n * (2n ** 53n - 1n);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes an increment by the documented format, without the code that counts; undefined: not an increment of
 * this counter.
 */
export function readEvent(data: Uint8Array, counterKey: string): AuditedEvent | undefined {
  const event = parse(data);
  if (typeof event !== 'object' || event === null) return undefined;
  const { v, type, id, key, value, count, keyed, at, traceparent } = event as Record<string, unknown>;
  if (v !== 1 || type !== 'Incremented' || key !== counterKey || !isIncrementKey(counterKey))
    return undefined;
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id) || typeof keyed !== 'boolean') return undefined;
  if (typeof value !== 'string' || !/^[1-9]\d{0,18}$/.test(value) || BigInt(value) > valueMax)
    return undefined;
  if (!isWithin(count, 1, 500) || !isWithin(at, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  if (traceparent !== undefined && typeof traceparent !== 'string') return undefined;
  return { id, keyed, value: BigInt(value) };
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
