import { Buffer } from 'node:buffer';
import { assert } from '../core/assert.ts';
import type { Attributes, Condition, ItemKey } from '../ports/state-store.ts';
import { keyedEventId, unkeyedEventId } from './event-ids.ts';
import type { Ports } from './ports.ts';
import type { RequestIdentity } from './request-identity.ts';
import { requestKey } from './state-keys.ts';

export interface StoredAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface KeyedRequest {
  /** Who asks: keys of different principals never meet. */
  readonly principal: string;
  readonly key: string;
  /** Stands for method, path, query and body. */
  readonly fingerprint: string;
}

export type IdempotentResult =
  | { readonly status: 'answered'; readonly answer: StoredAnswer; readonly replayed: boolean }
  /** The key was used for another request. */
  | { readonly status: 'mismatch' };

export interface Idempotency {
  /** For a request without a key: its events get ids of their own each time. */
  unkeyed(): RequestIdentity;
  /**
   * Runs `work` and keeps its answer if it is a complete 2xx, so that the same request with the same key gets that
   * answer again for 24 h instead of another effect. `work` runs again when an earlier run was not seen to end; it
   * must then have the same effect, which the identity makes possible: its event ids are the same, and consumers absorb
   * repeated ids. Rejects with what `work` rejects with, or a StateStoreError; sending the request again is safe.
   */
  run(
    request: KeyedRequest,
    work: (identity: RequestIdentity) => Promise<StoredAnswer>,
  ): Promise<IdempotentResult>;
}

const recordLifeSeconds = 24 * 3600;

/** 207 is not among them: the client sends the whole request again, and what was accepted is absorbed. */
const completeStatusCodes: ReadonlySet<number> = new Set([200, 201, 202, 204]);

/**
 * A longer answer (tokens of many long keys can make one) is not kept: an item holds 400 KB. Its record stays pending,
 * so a repeated request does the work again, to the same effect and with an answer as good; it is only not flagged as
 * a replay.
 */
export const answerBytesMax = 300_000;

/** A record can expire between finding it in the way and looking at it, but hardly twice. */
const claimTriesMax = 3;

export function createIdempotency(deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'telemetry'>): Idempotency {
  return {
    unkeyed: () => unkeyedIdentity(deps),
    run: async (request, work) => {
      const key = recordKey(request);
      const found = await claim(deps, key, request.fingerprint);
      if (found.fingerprint !== request.fingerprint) return { status: 'mismatch' };
      if (found.answer !== undefined) return { status: 'answered', answer: found.answer, replayed: true };
      const answer = await work(keyedIdentity(found));
      if (!completeStatusCodes.has(answer.statusCode)) return { status: 'answered', answer, replayed: false };
      return finish(deps, { key, record: found, answer });
    },
  };
}

interface RequestRecord {
  readonly fingerprint: string;
  readonly nonce: string;
  readonly adId: string;
  /** undefined: pending. */
  readonly answer: StoredAnswer | undefined;
}

type RecordPorts = Pick<Ports, 'state' | 'clock' | 'ids'>;

/** Puts a pending record, or returns the one that is there. Dying after it is fine: the record says how to go on. */
async function claim(deps: RecordPorts, key: ItemKey, fingerprint: string): Promise<RequestRecord> {
  for (let tries = 0; tries < claimTriesMax; tries += 1) {
    const nowMs = deps.clock.nowMs();
    const record = { fingerprint, nonce: deps.ids.nonce(), adId: deps.ids.uuidv7(nowMs), answer: undefined };
    const nowSeconds = BigInt(Math.floor(nowMs / 1000));
    const result = await deps.state.write({
      type: 'put',
      key,
      attributes: toAttributes(record, nowMs),
      condition: absentOrExpired(nowSeconds),
    });
    if (result.status === 'written') return record;
    if (result.item !== undefined) return fromAttributes(result.item);
  }
  throw new Error('a request record that is there and is not');
}

/** An expired record counts as absent by its own time: the store may keep it for days. */
function absentOrExpired(nowSeconds: bigint): Condition {
  return { op: 'any', of: [{ op: 'item-absent' }, { op: '<=', attribute: 'expires_at', value: nowSeconds }] };
}

/**
 * Keeps the answer, unless the record is no longer this request's (it expired, and the key is in use again) or a twin
 * has finished first: then both answer with the same words.
 */
async function finish(
  { state, clock }: RecordPorts,
  { key, record, answer }: { key: ItemKey; record: RequestRecord; answer: StoredAnswer },
): Promise<IdempotentResult> {
  const attributes = toAttributes({ ...record, answer }, clock.nowMs());
  if (Buffer.byteLength(String(attributes['response'])) > answerBytesMax) {
    return { status: 'answered', answer, replayed: false };
  }
  const result = await state.write({
    type: 'put',
    key,
    attributes,
    condition: {
      op: 'all',
      of: [
        { op: '=', attribute: 'nonce', value: record.nonce },
        { op: '=', attribute: 'state', value: 'pending' },
      ],
    },
  });
  const twin =
    result.status === 'condition-failed' && result.item !== undefined && fromAttributes(result.item);
  if (twin === false || twin.nonce !== record.nonce || twin.answer === undefined) {
    return { status: 'answered', answer, replayed: false };
  }
  // A store that repeats a write by itself may have met our own.
  const replayed = JSON.stringify(twin.answer) !== attributes['response'];
  return { status: 'answered', answer: twin.answer, replayed };
}

/** The principal is escaped so that its end is unmistakable. */
function recordKey({ principal, key }: KeyedRequest): ItemKey {
  return requestKey(encodeURIComponent(principal.toWellFormed()), key);
}

function toAttributes(record: RequestRecord, nowMs: number): Attributes {
  const { fingerprint, nonce, adId, answer } = record;
  const expiresAt = BigInt(Math.ceil(nowMs / 1000) + recordLifeSeconds);
  const base = { fingerprint, nonce, ad_id: adId, expires_at: expiresAt };
  if (answer === undefined) return { ...base, state: 'pending' };
  return { ...base, state: 'done', response: JSON.stringify(answer) };
}

function fromAttributes({ fingerprint, nonce, ad_id: adId, response }: Attributes): RequestRecord {
  assert(
    typeof fingerprint === 'string' && typeof nonce === 'string' && typeof adId === 'string',
    'a request record has its fields',
  );
  const answer = typeof response === 'string' ? (JSON.parse(response) as StoredAnswer) : undefined;
  return { fingerprint, nonce, adId, answer };
}

function keyedIdentity({ nonce, adId }: RequestRecord): RequestIdentity {
  return { keyed: true, adId, eventId: (index) => keyedEventId(nonce, index) };
}

function unkeyedIdentity({ ids, clock }: Pick<Ports, 'ids' | 'clock'>): RequestIdentity {
  const nonce = ids.nonce();
  let adId: string | undefined;
  return {
    keyed: false,
    eventId: (index) => unkeyedEventId(nonce, index),
    // Made when asked for: most requests create no ad.
    get adId() {
      adId ??= ids.uuidv7(clock.nowMs());
      return adId;
    },
  };
}
