import { hash } from 'node:crypto';
import { assert } from '../core/assert.ts';

/** The id of a keyed request's event: whoever runs the request again, with the stored nonce, gets the same. */
export function keyedEventId(nonce: string, index: number): string {
  return hash('sha256', `${nonce}:${index}`, 'hex').slice(0, 32);
}

/** Ids of one unkeyed request differ in their last digits, those of two in 112 random bits. Cheaper than a hash each. */
export function unkeyedEventId(nonce: string, index: number): string {
  assert(index >= 0 && index < 0x10000, 'a request of too many events');
  return nonce.slice(0, 28) + index.toString(16).padStart(4, '0');
}
