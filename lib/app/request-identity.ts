import { hash } from 'node:crypto';
import { assert } from '../core/assert.ts';
import type { Ports } from './ports.ts';

/** Makes the ids of one request's events, so that a repeated keyed request appends the same ids. */
export interface RequestIdentity {
  /** The request had an Idempotency-Key: its events need claims. */
  readonly keyed: boolean;
  /**
   * An earlier run of the request had this identity, so its events may be in the log or on their way there.
   * This run may refuse the request only if those events can take no effect any more.
   */
  readonly joined: boolean;
  /** The id of the request's event `index`, 32 hex digits. */
  eventId(index: number): string;
  /** The id that an ad created by this request gets, UUIDv7. */
  readonly adId: string;
}

/** The identity of a request whose effect depends on more than the request, such as the time: it drafts it, then does it. */
export interface DraftingIdentity extends RequestIdentity {
  /** What the first run of a keyed request has drafted, if it had when this run began: then there is nothing to draft. */
  readonly drafted: string | undefined;
  /**
   * What this request is going to do, of at most `draftBytesMax` bytes: `own`, or of a keyed request what its first
   * run has drafted. Rejects with a StateStoreError; then nothing may be done.
   */
  draft(own: string): Promise<string>;
}

export interface KeyedIdentityParts extends Pick<DraftingIdentity, 'joined' | 'drafted' | 'draft'> {
  /** Both are from the request's record. */
  readonly nonce: string;
  readonly adId: string;
}

export function keyedIdentity({ nonce, adId, ...parts }: KeyedIdentityParts): DraftingIdentity {
  return { keyed: true, adId, ...parts, eventId: (index) => keyedEventId(nonce, index) };
}

/**
 * The id that ad `index` of an import gets if it is new, UUIDv7: of the request's instant, and of its event's id,
 * so a repeated run makes the same.
 */
export function importedAdId(identity: RequestIdentity, index: number): string {
  const hex = identity.eventId(index);
  const variant = (8 + (Number.parseInt(hex.slice(3, 4), 16) & 3)).toString(16);
  return `${identity.adId.slice(0, 14)}7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(20)}`;
}

/** For a request without a key: its events get new ids each time. */
export function unkeyedIdentity(deps: Pick<Ports, 'ids' | 'clock'>): DraftingIdentity {
  return new UnkeyedIdentity(deps);
}

/** A class, because a literal with a getter takes half a microsecond. */
class UnkeyedIdentity implements DraftingIdentity {
  readonly keyed = false;
  readonly joined = false;
  readonly drafted = undefined;
  readonly #deps: Pick<Ports, 'ids' | 'clock'>;
  readonly #nonce: string;
  #adId: string | undefined;

  constructor(deps: Pick<Ports, 'ids' | 'clock'>) {
    this.#deps = deps;
    this.#nonce = deps.ids.nonce();
  }

  draft(own: string): Promise<string> {
    return Promise.resolve(own);
  }

  eventId(index: number): string {
    return unkeyedEventId(this.#nonce, index);
  }

  /** Made on first use: most requests create no ad. */
  get adId(): string {
    const { ids, clock } = this.#deps;
    return (this.#adId ??= ids.uuidv7(clock.nowMs()));
  }
}

/** The id of a keyed request's event. A repeated run has the stored nonce and so makes the same id. */
export function keyedEventId(nonce: string, index: number): string {
  return hash('sha256', `${nonce}:${index}`, 'hex').slice(0, 32);
}

/**
 * The ids of one unkeyed request differ in their last digits, those of two requests in 112 random bits.
 * Cheaper than a hash for each id.
 */
export function unkeyedEventId(nonce: string, index: number): string {
  assert(index >= 0 && index < 0x10000, 'a request of too many events');
  return nonce.slice(0, 28) + index.toString(16).padStart(4, '0');
}
