import { Buffer } from 'node:buffer';
import { assert, AssertionError } from '../core/assert.ts';
import {
  StateStoreError,
  type Attributes,
  type Condition,
  type ItemKey,
  type WriteResult,
} from '../ports/state-store.ts';
import { keyedIdentity, unkeyedIdentity, type DraftingIdentity } from './request-identity.ts';
import type { Ports } from './ports.ts';
import { requestKey } from './state-keys.ts';

export interface StoredAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface KeyedRequest {
  /** The caller: equal keys of different principals are different keys. */
  readonly principal: string;
  readonly key: string;
  /** Identifies method, path, query, preconditions and body. */
  readonly fingerprint: string;
  /**
   * The key and the fingerprint of this request as earlier releases wrote them. Their records still count
   * until they expire, so that a client may repeat a request across a deployment.
   */
  readonly former?: readonly { readonly key: string; readonly fingerprint: string }[];
}

export type IdempotentResult =
  | { readonly status: 'answered'; readonly answer: StoredAnswer; readonly replayed: boolean }
  /** The key belongs to another request, which is under way or has been answered. */
  | { readonly status: 'mismatch' };

export interface Idempotency {
  /** For a request without a key: its events get new ids each time. */
  unkeyed(): DraftingIdentity;
  /**
   * Runs `work` and stores its answer if it is a complete 2xx. For 24 h the same request with the same key
   * then gets that answer instead of a second effect. If an earlier run has no recorded end, `work` runs
   * again and must have the same effect. The identity makes that possible: the event ids are the same, and
   * consumers ignore repeated ids. A refusal (4xx or 507) frees the key; the next request with it is new and
   * has ids of its own. So a run whose identity is `joined` refuses only a request that can take no effect
   * any more. With several concurrent runs, a refusal frees the key only if no other run can still have an
   * effect. If the run that could dies, the key stays taken for other requests until the same request is
   * repeated or 24 h have passed. Rejects as `work` does, or with a StateStoreError; sending the request
   * again is safe.
   */
  run(
    request: KeyedRequest,
    work: (identity: DraftingIdentity) => Promise<StoredAnswer>,
  ): Promise<IdempotentResult>;
}

/** Claims of events (counter-actions.ts, ad-commit.ts) outlive it, and clients give up before (client/batch). */
const recordLifeSeconds = 24 * 3600;

/**
 * 207 is not among them: the client sends the whole request again, and the accepted part has no second
 * effect.
 */
const completeStatusCodes: ReadonlySet<number> = new Set([200, 201, 202, 204]);

function isRefusal(statusCode: number): boolean {
  return (statusCode >= 400 && statusCode < 500) || statusCode === 507;
}

/**
 * A longer answer (tokens of many long keys can make one) is not stored, because an item holds 400 KB. Its
 * record stays pending, so a repeated request does the work again. The effect is the same and the answer is
 * as good; it is only not marked as a replay.
 */
export const answerBytesMax = 300_000;

/** A draft is an answer that is not given yet. */
export const draftBytesMax = 300_000;

/** Between the read of a record and the join, other runs may join, free or end it, but hardly this often. */
const claimTriesMax = 5;

export function createIdempotency(deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'telemetry'>): Idempotency {
  return {
    unkeyed: () => unkeyedIdentity(deps),
    run: async (request, work) => {
      const found = (await findFormer(deps, request)) ?? (await claim(deps, storedAs(request)));
      if (found.status !== 'run') return found;
      const { nonce, adId, draft: drafted } = found.record;
      const draft = (own: string): Promise<string> => draftOnce(deps, found, own);
      const answer = await work(keyedIdentity({ nonce, adId, joined: found.joined, drafted, draft }));
      if (completeStatusCodes.has(answer.statusCode)) return finish(deps, found, answer);
      if (isRefusal(answer.statusCode)) return free(deps, found, answer);
      return { status: 'answered', answer, replayed: false };
    },
  };
}

/** For a function none of whose calls takes an Idempotency-Key. */
export function unkeyedIdempotency(deps: Pick<Ports, 'clock' | 'ids'>): Idempotency {
  return {
    unkeyed: () => unkeyedIdentity(deps),
    run: () => {
      throw new AssertionError('a call without Idempotency-Keys');
    },
  };
}

interface RequestRecord {
  readonly fingerprint: string;
  readonly nonce: string;
  readonly adId: string;
  /** Runs that have begun with this nonce; 0: an earlier release wrote the record and did not count them. */
  readonly runs: number;
  readonly expiresAtSeconds: bigint;
  /** undefined: there is none. */
  readonly draft: string | undefined;
  /** undefined: pending. */
  readonly answer: StoredAnswer | undefined;
}

/** The possible keys and fingerprints of a request's record; the first are the current ones. */
interface StoredRequest {
  readonly key: ItemKey;
  readonly fingerprints: readonly [string, ...string[]];
}

/** A run of the request; `record` is its record as this run wrote it. */
interface Run {
  readonly status: 'run';
  readonly key: ItemKey;
  readonly record: RequestRecord;
  /** An earlier run has the same identity. */
  readonly joined: boolean;
}

type RecordPorts = Pick<Ports, 'state' | 'clock' | 'ids'>;

/**
 * Writes a pending record, or joins the existing one. The process may die after that: the record says how to
 * continue.
 */
async function claim(deps: RecordPorts, stored: StoredRequest): Promise<Run | IdempotentResult> {
  const { key, fingerprints } = stored;
  for (let tries = 0; tries < claimTriesMax; tries += 1) {
    const nowMs = deps.clock.nowMs();
    const record: RequestRecord = {
      fingerprint: fingerprints[0],
      nonce: deps.ids.nonce(),
      adId: deps.ids.uuidv7(nowMs),
      runs: 1,
      expiresAtSeconds: BigInt(Math.ceil(nowMs / 1000) + recordLifeSeconds),
      draft: undefined,
      answer: undefined,
    };
    const condition = absentOrExpired(BigInt(Math.floor(nowMs / 1000)));
    const result = await deps.state.write({
      type: 'put',
      key,
      attributes: toAttributes(record),
      condition,
    });
    if (result.status === 'written') return { status: 'run', key, record, joined: false };
    const found = result.item && (await join(deps, stored, fromAttributes(result.item), record.nonce));
    if (found !== undefined) return found;
  }
  throw new StateStoreError('state-conflict', 'other runs keep changing the request record');
}

/** undefined: another run has changed the record meanwhile. */
async function join(
  { state }: Pick<Ports, 'state'>,
  { key, fingerprints }: StoredRequest,
  record: RequestRecord,
  ownNonce?: string,
): Promise<Run | IdempotentResult | undefined> {
  if (!isSame(record, fingerprints)) return { status: 'mismatch' };
  if (record.answer !== undefined) return { status: 'answered', answer: record.answer, replayed: true };
  // A store that retries a write may meet its own first attempt.
  if (record.nonce === ownNonce) return { status: 'run', key, record, joined: false };
  const joined = { ...record, fingerprint: fingerprints[0], runs: record.runs + 1 };
  const result = await state.write({
    type: 'put',
    key,
    attributes: toAttributes(joined),
    // The first run may have written its draft meanwhile, which must not be lost.
    condition: { op: 'all', of: [isPending(record, record.runs), hasDraft(record.draft)] },
  });
  return result.status === 'written' ? { status: 'run', key, record: joined, joined: true } : undefined;
}

/**
 * An earlier form counts only in a record of the release that wrote it: today it may mean another request.
 */
function isSame({ fingerprint, runs }: RequestRecord, fingerprints: StoredRequest['fingerprints']): boolean {
  return fingerprint === fingerprints[0] || (runs === 0 && fingerprints.includes(fingerprint));
}

/** A record that an earlier release stored under another form of the key; undefined: there is none. */
async function findFormer(
  deps: RecordPorts,
  request: KeyedRequest,
): Promise<Run | IdempotentResult | undefined> {
  for (const { key, fingerprint } of request.former ?? []) {
    if (key === request.key) continue;
    const stored: StoredRequest = { key: recordKey(request.principal, key), fingerprints: [fingerprint] };
    for (let tries = 0; tries < claimTriesMax; tries += 1) {
      const item = await deps.state.get(stored.key);
      const record = item && fromAttributes(item);
      if (record === undefined || record.expiresAtSeconds <= Math.floor(deps.clock.nowMs() / 1000)) break;
      const found = await join(deps, stored, record);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** A record past its own expiry counts as absent: the store may keep it for days. */
function absentOrExpired(nowSeconds: bigint): Condition {
  return { op: 'any', of: [{ op: 'item-absent' }, { op: '<=', attribute: 'expires_at', value: nowSeconds }] };
}

/** The record still has this nonce, has not ended and, if `runs` is given, has not been joined since. */
function isPending({ nonce }: RequestRecord, runs?: number): Condition {
  const conditions: Condition[] = [
    { op: '=', attribute: 'nonce', value: nonce },
    { op: '=', attribute: 'state', value: 'pending' },
  ];
  if (runs === 0) conditions.push({ op: 'absent', attribute: 'runs' });
  else if (runs !== undefined) conditions.push({ op: '=', attribute: 'runs', value: BigInt(runs) });
  return { op: 'all', of: conditions };
}

function hasDraft(draft: string | undefined): Condition {
  const attribute = 'draft';
  return draft === undefined ? { op: 'absent', attribute } : { op: '=', attribute, value: draft };
}

/**
 * Writes the draft into the pending record, or returns the one that is there. If the record is no longer this run's
 * (it expired, or a twin has finished), nothing may be done on its behalf.
 */
async function draftOnce({ state }: RecordPorts, { key, record }: Run, own: string): Promise<string> {
  assert(Buffer.byteLength(own) <= draftBytesMax, 'a draft fits its record');
  const result = await state.write({
    type: 'update',
    key,
    set: { draft: own },
    condition: { op: 'all', of: [isPending(record), hasDraft(undefined)] },
  });
  if (result.status === 'written') return own;
  const { nonce, draft } = result.item ?? {};
  if (nonce === record.nonce && typeof draft === 'string') return draft;
  throw new StateStoreError('state-conflict', 'the request record is no longer the one of this run');
}

/**
 * Stores the answer, unless the record is no longer this request's (it expired, and the key is in use again)
 * or a concurrent run finished first: then both return the same answer.
 */
async function finish(
  { state, clock }: RecordPorts,
  { key, record }: Run,
  answer: StoredAnswer,
): Promise<IdempotentResult> {
  const expiresAtSeconds = BigInt(Math.ceil(clock.nowMs() / 1000) + recordLifeSeconds);
  const attributes = toAttributes({ ...record, expiresAtSeconds, answer });
  if (Buffer.byteLength(String(attributes['response'])) > answerBytesMax) {
    return { status: 'answered', answer, replayed: false };
  }
  const result = await state.write({ type: 'put', key, attributes, condition: isPending(record) });
  return twinsAnswer(result, record, answer) ?? { status: 'answered', answer, replayed: false };
}

/**
 * Frees the key: sets the record's expiry to a time that is past by every clock. Does nothing if another run
 * joined this one, because that run may still have an effect, or if the record has another nonce.
 */
async function free(
  { state, clock }: RecordPorts,
  { key, record, joined }: Run,
  answer: StoredAnswer,
): Promise<IdempotentResult> {
  const expiresAtSeconds = BigInt(Math.floor(clock.nowMs() / 1000) - recordLifeSeconds);
  const result = await state.write({
    type: 'put',
    key,
    attributes: toAttributes({ ...record, expiresAtSeconds }),
    condition: isPending(record, joined ? undefined : record.runs),
  });
  return twinsAnswer(result, record, answer) ?? { status: 'answered', answer, replayed: false };
}

/** The answer of another run of the same identity, if that is why this write was refused. */
function twinsAnswer(
  result: WriteResult,
  { nonce }: RequestRecord,
  own: StoredAnswer,
): IdempotentResult | undefined {
  if (result.status === 'written' || result.item === undefined) return undefined;
  const twin = fromAttributes(result.item);
  if (twin.nonce !== nonce || twin.answer === undefined) return undefined;
  // A store that retries a write may meet its own first attempt.
  const replayed = JSON.stringify(twin.answer) !== JSON.stringify(own);
  return { status: 'answered', answer: twin.answer, replayed };
}

function storedAs({ principal, key, fingerprint, former = [] }: KeyedRequest): StoredRequest {
  const spellings = former.filter((each) => each.key === key).map((each) => each.fingerprint);
  return { key: recordKey(principal, key), fingerprints: [fingerprint, ...spellings] };
}

/** The principal is escaped so that its end is unambiguous. */
function recordKey(principal: string, key: string): ItemKey {
  return requestKey(encodeURIComponent(principal.toWellFormed()), key);
}

function toAttributes(record: RequestRecord): Attributes {
  const { fingerprint, nonce, adId, runs, expiresAtSeconds, draft, answer } = record;
  const base = {
    fingerprint,
    nonce,
    ad_id: adId,
    ...(runs > 0 && { runs: BigInt(runs) }),
    expires_at: expiresAtSeconds,
  };
  if (answer === undefined) return { ...base, state: 'pending', ...(draft !== undefined && { draft }) };
  return { ...base, state: 'done', response: JSON.stringify(answer) };
}

function fromAttributes(item: Attributes): RequestRecord {
  const { fingerprint, nonce, ad_id: adId, runs, expires_at: expiresAtSeconds, draft, response } = item;
  assert(
    typeof fingerprint === 'string' &&
      typeof nonce === 'string' &&
      typeof adId === 'string' &&
      typeof expiresAtSeconds === 'bigint',
    'a request record has its fields',
  );
  const answer = typeof response === 'string' ? (JSON.parse(response) as StoredAnswer) : undefined;
  const runCount = typeof runs === 'bigint' ? Number(runs) : 0;
  return {
    ...{ fingerprint, nonce, adId, runs: runCount, expiresAtSeconds, answer },
    draft: typeof draft === 'string' ? draft : undefined,
  };
}
