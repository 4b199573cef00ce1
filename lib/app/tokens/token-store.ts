import { assert } from '../../core/assert.ts';
import { isScope, type Scope } from '../../core/scopes.ts';
import type { Attributes, Condition, StoredItem } from '../../ports/state-store.ts';
import type { UsageKeys } from '../../ports/usage-keys.ts';
import type { RateSettings } from '../../stages.ts';
import type { Ports } from '../ports.ts';
import { parseRate, rateText } from '../rate/rate-text.ts';
import { readRange } from '../read-range.ts';
import { tokenGuardKey, tokenKey, tokenMadeKey, tokensPartition } from '../state-keys.ts';
import { guardOf, makeGuards, tokensMax } from './token-guards.ts';
import { hashToken, newToken, tokenText } from './token-text.ts';

/** The stored part of a token, without its secret. */
export interface TokenRecord {
  readonly id: string;
  /** Shown to operators. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The owner of rate limits and idempotency keys. A token made by rotation has its predecessor's. */
  readonly principal: string;
  readonly createdAtMs: number;
  /** Its own limit of calls, which a token made by rotation has too; undefined: the stage's. */
  readonly rate: RateSettings | undefined;
  /** Seconds since 1970; from then on the token is unknown. undefined: it never expires. */
  readonly expiresAt: number | undefined;
}

export interface NewToken {
  readonly record: TokenRecord;
  /** The whole token; it is shown only here. */
  readonly text: string;
}

export interface CreateToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** undefined: the stage's. */
  readonly rate?: RateSettings;
  /** Seconds from now; undefined: it lives until it is revoked. */
  readonly lifeSeconds?: number;
}

/**
 * All methods reject with a StateStoreError, or with a UsageKeysError if the stage has usage plans; then call
 * again.
 */
export interface TokenStore {
  create(request: CreateToken): Promise<NewToken>;
  /** All tokens that have not expired, by id. */
  list(): Promise<readonly TokenRecord[]>;
  /**
   * Makes a token with the same name, scopes, rate and principal. The old one lives `graceSeconds` longer, so that
   * its holders can switch. `show` gets the new one before the old one's end is set: if the process dies between
   * the two, or a write fails, both work, and the call may be repeated. undefined: there is no such token.
   */
  rotate(id: string, graceSeconds: number, show?: (made: NewToken) => void): Promise<NewToken | undefined>;
  /**
   * Ends a token and deletes it, and removes the principal's place in the usage plan if it has no other token.
   * It may be repeated after a failure. false: there is no such token; true also for one that had expired.
   * Authorizers may remember the token for `tokens.cacheSeconds` more.
   */
  revoke(id: string): Promise<boolean>;
}

export interface TokenStoreDeps extends Pick<Ports, 'state' | 'clock' | 'ids'> {
  readonly usageKeys: UsageKeys;
}

export function createTokenStore(deps: TokenStoreDeps): TokenStore {
  const { state, clock, ids, usageKeys } = deps;

  const put = async (fields: Omit<TokenRecord, 'id' | 'principal' | 'createdAtMs'>, principal?: string) => {
    const token = newToken(ids);
    const record = { ...fields, id: token.id, principal: principal ?? token.id, createdAtMs: clock.nowMs() };
    const attributes = { ...toAttributes(record), hash: hashToken(token) };
    // First: as soon as a token may exist, calls must require one.
    await makeGuards(deps);
    const result = await state.transact([
      { type: 'put', key: tokenKey(token.id), attributes, condition: { op: 'item-absent' } },
      guardOf(token.id, attributes),
    ]);
    // 64 random bits gave an existing id; calling again helps.
    assert(result.status === 'written', 'a new id of a token is taken');
    // Before the caller gets the text: if the process dies here, the token exists and nobody has seen it.
    await usageKeys.ensure(record.principal);
    return { record, text: tokenText(token) };
  };

  const list = async (): Promise<readonly TokenRecord[]> => {
    const found: TokenRecord[] = [];
    for await (const item of readRange(state, { table: 'tokens', pk: tokensPartition })) {
      found.push(fromItem(item));
      if (found.length > tokensMax) break;
    }
    const nowMs = clock.nowMs();
    return found.filter((record) => isLive(record, nowMs));
  };

  const hasTokens = async (owner: string): Promise<boolean> =>
    (await list()).some(({ principal }) => principal === owner);

  return {
    async create({ name, scopes, rate, lifeSeconds }) {
      return put({ name, scopes, rate, expiresAt: lifeSeconds && secondsFrom(clock.nowMs(), lifeSeconds) });
    },
    list,
    async rotate(id, graceSeconds, show) {
      const old = await readToken(deps, id);
      if (old === undefined) return undefined;
      const { name, scopes, rate, principal, expiresAt } = old.record;
      const made = await put({ name, scopes, rate, expiresAt }, principal);
      show?.(made);
      // Rounded down: without a grace it ends now.
      const graceEnd = BigInt(Math.floor(clock.nowMs() / 1000 + graceSeconds));
      // The token ends by its own item. That the store may then delete the guard too is all that its end is for.
      for (const key of [tokenKey(id), tokenGuardKey(id)])
        await state.write({
          type: 'update',
          key,
          set: { expires_at: graceEnd },
          // Only ever earlier, and never of an item that is gone: another operator may have revoked it, or
          // rotated it with a shorter grace, since it was read.
          condition: { op: 'all', of: [{ op: 'item-present' }, endsAfter(graceEnd)] },
        });
      return made;
    },
    async revoke(id) {
      const attributes = await state.get(tokenKey(id));
      if (attributes === undefined) return false;
      const { principal } = fromItem({ sk: id, attributes });
      // It ends first, for every clock, and is deleted last: if the steps between fail, the next call still
      // finds whose key it has to remove.
      await state.write({
        type: 'update',
        key: tokenKey(id),
        set: { expires_at: 0n },
        condition: { op: 'item-present' },
      });
      if (!(await hasTokens(principal))) {
        await usageKeys.remove(principal);
        // A rotation that had read the token before it ended may have made its successor meanwhile.
        if (await hasTokens(principal)) await usageKeys.ensure(principal);
      }
      for (const key of [tokenGuardKey(id), tokenKey(id)]) await state.write({ type: 'delete', key });
      return true;
    },
  };
}

function endsAfter(seconds: bigint): Condition {
  const attribute = 'expires_at';
  return {
    op: 'any',
    of: [
      { op: 'absent', attribute },
      { op: '>', attribute, value: seconds },
    ],
  };
}

/** Whether there has ever been a token, revoked or expired ones included. Rejects with a StateStoreError. */
export async function hasTokenBeenMade({ state }: Pick<Ports, 'state'>): Promise<boolean> {
  if ((await state.get(tokenMadeKey)) !== undefined) return true;
  // Stores of version 0.1.0 have no `token-made` item, but may have tokens.
  const { items } = await state.query({ table: 'tokens', pk: tokensPartition, limit: 1 });
  return items.length > 0;
}

/** A token that has not expired, and the hash of its text. Rejects with a StateStoreError. */
export async function readToken(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  id: string,
): Promise<{ readonly record: TokenRecord; readonly hash: string } | undefined> {
  const attributes = await state.get(tokenKey(id));
  if (attributes === undefined) return undefined;
  const record = fromItem({ sk: id, attributes });
  const { hash } = attributes;
  assert(typeof hash === 'string', 'a token has its hash');
  return isLive(record, clock.nowMs()) ? { record, hash } : undefined;
}

/** By its own expiry: the store may delete it days later. */
function isLive({ expiresAt }: TokenRecord, nowMs: number): boolean {
  return expiresAt === undefined || expiresAt * 1000 > nowMs;
}

function secondsFrom(nowMs: number, seconds: number): number {
  return Math.ceil(nowMs / 1000 + seconds);
}

function toAttributes({ name, scopes, principal, createdAtMs, rate, expiresAt }: TokenRecord): Attributes {
  return {
    name,
    scopes: scopes.join(' '),
    principal,
    created_at: BigInt(createdAtMs),
    ...(rate !== undefined && { rate: rateText(rate) }),
    ...(expiresAt !== undefined && { expires_at: BigInt(expiresAt) }),
  };
}

function fromItem({ sk, attributes }: StoredItem): TokenRecord {
  const { name, scopes, principal, rate, created_at: createdAt, expires_at: expiresAt } = attributes;
  assert(
    typeof name === 'string' && typeof scopes === 'string' && typeof principal === 'string',
    'a token has its fields',
  );
  return {
    id: sk,
    name,
    // Scopes that this version does not know grant nothing.
    scopes: scopes.split(' ').filter(isScope),
    principal,
    createdAtMs: Number(createdAt),
    rate: typeof rate === 'string' ? parseRate(rate) : undefined,
    expiresAt: expiresAt === undefined ? undefined : Number(expiresAt),
  };
}
