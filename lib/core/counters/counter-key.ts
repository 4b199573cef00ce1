import { parseDeliveryKey } from '../delivery/delivery-key.ts';
import { canaryKey } from './reserved-key.ts';

/** Unicode code points. */
export const counterKeyCharactersMax = 256;

// eslint-disable-next-line no-control-regex -- control characters (Unicode Cc) are what it looks for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * 1..256 characters, no control characters, no lone surrogates. Ingest checks what a stage requires beyond
 * that.
 */
export function isCounterKey(text: string): boolean {
  if (text.length < 1 || text.length > 2 * counterKeyCharactersMax) return false;
  if (controlCharacters.test(text) || !text.isWellFormed()) return false;
  return text.length <= counterKeyCharactersMax || Array.from(text).length <= counterKeyCharactersMax;
}

/** The key of an increment in the log: a caller's, or that of the canary. */
export function isIncrementKey(text: string): boolean {
  return isCounterKey(text) || text === canaryKey;
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** RFC 9562, 5.9. Programs send it for an id that they forgot to set. */
const nilUuid = '00000000-0000-0000-0000-000000000000';

/** Says what is wrong with a key in a stage whose keys are UUIDs; undefined: it is one. */
export function uuidKeyFault(key: string): string | undefined {
  if (!uuidPattern.test(key)) return 'must be a UUID in this stage, as crypto.randomUUID() makes them';
  return key === nilUuid
    ? 'must not be the nil UUID, which names nothing; send the id that you mean'
    : undefined;
}

/**
 * The one spelling of a key. Where keys are UUIDs, they are the same in upper and in lower case, and written in
 * lower case (RFC 9562, 4).
 */
export function canonicalKey(key: string, format: 'any' | 'uuid'): string {
  return format === 'uuid' ? key.toLowerCase() : key;
}

/**
 * The partition key of an increment names its counter even when the record's body is garbage. Several
 * partition keys (lanes) may feed one counter. The separator cannot occur in a caller's counter key, which has no
 * control character; the keys of the canary and of ads (lib/core/delivery/delivery-key.ts) begin with it and have
 * no lanes.
 */
const laneSeparator = '\u0001';

export function toPartitionKey(counterKey: string, lane = ''): string {
  return lane === '' ? counterKey : `${counterKey}${laneSeparator}${lane}`;
}

export function parsePartitionKey(partitionKey: string): { counterKey: string; lane: string } {
  if (partitionKey === canaryKey || parseDeliveryKey(partitionKey) !== undefined)
    return { counterKey: partitionKey, lane: '' };
  const at = partitionKey.indexOf(laneSeparator);
  if (at < 0) return { counterKey: partitionKey, lane: '' };
  return { counterKey: partitionKey.slice(0, at), lane: partitionKey.slice(at + 1) };
}
