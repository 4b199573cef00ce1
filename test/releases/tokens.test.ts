import { describe, expect, it } from '@jest/globals';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { seededIds } from '../support/counter-world.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { createTokensBeforeGuards } from './tokens-before-guards.ts';

/**
 * Authorizer and `npm run tokens` are deployed apart from each other, and either may go back by one release. So what
 * one release makes, ends or revokes, the other knows, in each order.
 */
function world() {
  const state = createMemoryStateStore();
  const clock = createVirtualClock();
  const before = createTokensBeforeGuards(state, () => clock.nowMs());
  const tokens = createTokenStore({ state, clock, ids: seededIds(1), usageKeys: noUsageKeys });
  const authorizer = () => {
    const authorize = createAuthorize({ state, clock });
    return async (text: string) => (await authorize(`Bearer ${text}`))?.principal;
  };
  return { state, clock, before, tokens, authorizer };
}

const idOf = (text: string): string => text.split('_')[1] ?? '';
const make = { name: 'new', scopes: ['counters:write'] } as const;

describe('a token of an earlier release', () => {
  it('works before this release has made one and after it, and can be listed, rotated and revoked', async () => {
    const { before, tokens, authorizer } = world();
    const [first, second] = [await before.create(), await before.create()];
    expect(await authorizer()(first)).toBe(idOf(first));
    const made = await tokens.create(make);
    for (const text of [first, second, made.text]) expect(await authorizer()(text)).toBe(idOf(text));
    const ids = [first, second, made.text].map(idOf).sort();
    expect((await tokens.list()).map(({ id }) => id)).toEqual(ids);
    const next = await tokens.rotate(idOf(first), 0);
    expect(await authorizer()(first)).toBeUndefined();
    expect(await authorizer()(next!.text)).toBe(idOf(first));
    expect(await tokens.revoke(idOf(second))).toBe(true);
    for (const revoked of [await authorizer()(second), await before.authorize(second)])
      expect(revoked).toBeUndefined();
  });

  it('works at once if it is made after every token had a guard, at the latest after 10 s where that was known', async () => {
    const { before, tokens, authorizer, clock } = world();
    await tokens.create(make);
    const knowing = authorizer();
    expect(await knowing(`adtally_${'0'.repeat(16)}_${'1'.repeat(64)}`)).toBeUndefined();
    const late = await before.create();
    expect(await authorizer()(late)).toBe(idOf(late));
    await clock.advance(9999);
    const later = await before.create();
    await clock.advance(1);
    expect([await knowing(late), await knowing(later)]).toEqual([idOf(late), idOf(later)]);
    // It gets its guard with the next token.
    await tokens.create(make);
    expect([await authorizer()(late), await knowing(later)]).toEqual([idOf(late), idOf(later)]);
  });

  it('gets its guard though the process dies at any write, and another release comes between', async () => {
    for (let writes = 0; writes < 5; writes += 1) {
      const { state, before, tokens, authorizer } = world();
      const old = await before.create();
      let left = writes;
      const write = state.write.bind(state);
      state.write = (action) => ((left -= 1) < 0 ? Promise.reject(new Error('killed')) : write(action));
      const outcome = await tokens.create(make).catch(String);
      state.write = write;
      expect(typeof outcome).toBe(writes < 3 ? 'string' : 'object');
      expect(await authorizer()(old)).toBe(idOf(old));
      const other = await before.create();
      expect(await authorizer()(other)).toBe(idOf(other));
      await tokens.create(make);
      for (const text of [old, other]) expect(await authorizer()(text)).toBe(idOf(text));
    }
  });

  it('is not taken for one without a guard if it is made while guards are made', async () => {
    const { state, before, tokens, authorizer } = world();
    const old = await before.create();
    let between: string | undefined;
    const query = state.query.bind(state);
    state.query = async (range) => {
      const found = await query(range);
      between ??= await before.create();
      return found;
    };
    await tokens.create(make);
    for (const text of [old, between!]) expect(await authorizer()(text)).toBe(idOf(text));
  });
});

describe('a token of this release', () => {
  it('works with an earlier release, which can list it', async () => {
    const { before, tokens } = world();
    const { text, record } = await tokens.create(make);
    expect(await before.authorize(text)).toBe(record.principal);
    expect(await before.list()).toEqual([record.id]);
  });

  it('is over once an earlier release has revoked or rotated it', async () => {
    const { before, tokens, authorizer } = world();
    const revoked = await tokens.create(make);
    const rotated = await tokens.create(make);
    await before.revoke(revoked.record.id);
    const successor = await before.rotate(rotated.record.id);
    for (const { text } of [revoked, rotated]) expect(await authorizer()(text)).toBeUndefined();
    expect(await authorizer()(successor)).toBe(rotated.record.principal);
    expect((await tokens.list()).map(({ id }) => id)).toEqual([idOf(successor)]);
    expect(await tokens.revoke(rotated.record.id)).toBe(true);
    expect(await tokens.revoke(revoked.record.id)).toBe(false);
  });
});
