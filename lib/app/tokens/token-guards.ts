import { assert } from '../../core/assert.ts';
import { mapConcurrently } from '../../core/concurrently.ts';
import type { Attributes, Condition, WriteAction } from '../../ports/state-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ports } from '../ports.ts';
import { readRange } from '../read-range.ts';
import { tokenGuardKey, tokenMadeKey, tokensPartition } from '../state-keys.ts';

/**
 * Each token has a guard: its hash, in a partition of its own. A token is looked up there first, so guesses read no
 * partition that they share with the tokens of others. The token's own item decides all else: releases that know no
 * guards revoke and rotate by it.
 */

/** API Gateway keeps 10,000 API keys in an account and region, and each principal has one. */
export const tokensMax = 10_000;

/** Guards that are written at a time. */
const writesMax = 32;

/** A container asks the store so often whether every token has its guard. */
const rememberedMs = 10_000;

/** The attribute of `tokenMadeKey` while guards are made, and once every token has one. */
const makingBy = 'guards_by';
const complete = 'guarded';

/** Writes the guard of a token with these attributes. */
export function guardOf(id: string, { hash, expires_at: end }: Attributes): WriteAction & { type: 'put' } {
  assert(hash !== undefined, 'a token has its hash');
  const attributes = { hash, ...(end !== undefined && { expires_at: end }) };
  return { type: 'put', key: tokenGuardKey(id), attributes };
}

/** The hash of a token, from its guard; undefined: it has none. Rejects with a StateStoreError. */
export async function readGuard({ state }: Pick<Ports, 'state'>, id: string): Promise<string | undefined> {
  const { hash } = (await state.get(tokenGuardKey(id))) ?? {};
  assert(hash === undefined || typeof hash === 'string', 'a guard has its hash');
  return hash;
}

/**
 * Whether a token without a guard does not exist, as of at most `rememberedMs` ago. Rejects with a StateStoreError.
 */
export function createGuardsKnown({
  state,
  clock,
}: Pick<Ports, 'state'> & { readonly clock: Pick<Clock, 'monotonicMs'> }): () => Promise<boolean> {
  let known = { isComplete: false, untilMs: -Infinity };
  return async () => {
    const nowMs = clock.monotonicMs();
    if (nowMs < known.untilMs) return known.isComplete;
    const isComplete = (await state.get(tokenMadeKey))?.[complete] !== undefined;
    known = { isComplete, untilMs: nowMs + rememberedMs };
    return isComplete;
  };
}

/**
 * Makes the guards of tokens that lack one, unless all have theirs, and notes that a token may exist. A release that
 * knows no guards replaces that note by one without attributes before it makes a token: then tokens without a guard
 * are looked up again, until the next call. It may be repeated, and run beside itself. Rejects with a StateStoreError.
 */
export async function makeGuards({ state, ids }: Pick<Ports, 'state' | 'ids'>): Promise<void> {
  if ((await state.get(tokenMadeKey))?.[complete] !== undefined) return;
  const by = ids.nonce();
  await state.write({ type: 'put', key: tokenMadeKey, attributes: { [makingBy]: by } });
  const guards: (WriteAction & { type: 'put' })[] = [];
  for await (const { sk: id, attributes } of readRange(state, { table: 'tokens', pk: tokensPartition })) {
    guards.push(guardOf(id, attributes));
    if (guards.length > tokensMax) return;
  }
  await mapConcurrently(guards, writesMax, (guard) => state.write(guard));
  const unchanged: Condition = { op: '=', attribute: makingBy, value: by };
  await state.write({
    type: 'put',
    key: tokenMadeKey,
    attributes: { [complete]: 1n },
    condition: unchanged,
  });
}
