import { describe, expect, it } from '@jest/globals';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { createAuthorize } from '../../../lib/app/tokens/authorize.ts';
import { createTokenStore, type NewToken } from '../../../lib/app/tokens/token-store.ts';
import type { UsageKeys } from '../../../lib/ports/usage-keys.ts';
import { seededIds } from '../../support/counter-world.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const day = 86_400;

function build() {
  const state = createMemoryStateStore();
  const clock = createVirtualClock();
  const keys = new Set<string>();
  const usageKeys: UsageKeys = {
    ensure: (principal) => Promise.resolve(void keys.add(principal)),
    remove: (principal) => Promise.resolve(void keys.delete(principal)),
  };
  const tokens = createTokenStore({ state, clock, ids: seededIds(1), usageKeys });
  const authorize = createAuthorize({ state, clock });
  const create = (more: { lifeSeconds?: number } = {}): Promise<NewToken> =>
    tokens.create({ name: 'shop', scopes: ['counters:write'], ...more });
  return {
    state,
    clock,
    keys,
    tokens,
    create,
    who: (text: string) => authorize(`Bearer ${text}`),
    authorize,
  };
}

describe('a token', () => {
  it('names whose it is and what it may do', async () => {
    const { create, who } = build();
    const { text, record } = await create();
    expect(text).toMatch(/^adtally_[0-9a-f]{16}_[0-9a-f]{64}$/);
    expect(await who(text)).toEqual(record);
    expect(record).toMatchObject({ name: 'shop', scopes: ['counters:write'], principal: record.id });
  });

  // Covers API2.1 (docs/security.md).
  it('is kept as a hash: nothing in the store tells its secret', async () => {
    const { create, state } = build();
    const { text } = await create();
    const secret = text.split('_')[2] ?? '';
    const { items } = await state.query({ table: 'tokens', pk: 'tokens', limit: 10 });
    expect(items).toHaveLength(1);
    const kept = JSON.stringify(items, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    expect(kept).not.toContain(secret.slice(0, 16));
  });

  // Covers API2.2 (docs/security.md).
  it('is refused when one digit is another, when it is cut, and under another scheme', async () => {
    const { create, who, authorize } = build();
    const { text } = await create();
    const other = text.endsWith('0') ? '1' : '0';
    expect(await who(text.slice(0, -1) + other)).toBeUndefined();
    expect(await who(text.slice(0, -1))).toBeUndefined();
    expect(await who(text.toUpperCase())).toBeUndefined();
    expect(await who(`${text}, ${text}`)).toBeUndefined();
    expect(await authorize(`Basic ${text}`)).toBeUndefined();
    expect(await authorize(text)).toBeUndefined();
    expect(await authorize(undefined)).toBeUndefined();
    expect(await authorize(`bearer  ${text}`)).toBeDefined();
  });

  it('is refused with the id of another', async () => {
    const { create, who } = build();
    const [first, second] = [await create(), await create()];
    expect(await who(`adtally_${first.record.id}_${second.text.split('_')[2] ?? ''}`)).toBeUndefined();
  });

  // Covers API2.3 (docs/security.md).
  it('ends by itself when it was made to, though the store keeps it', async () => {
    const { create, who, clock, tokens } = build();
    const { text } = await create({ lifeSeconds: day });
    await clock.advance(day * 1000 - 1);
    expect(await who(text)).toBeDefined();
    await clock.advance(1001);
    expect(await who(text)).toBeUndefined();
    expect(await tokens.list()).toEqual([]);
  });

  it('is gone once revoked, and its place in the usage plan with it', async () => {
    const { create, who, tokens, keys } = build();
    const { text, record } = await create();
    expect(keys).toEqual(new Set([record.principal]));
    expect(await tokens.revoke(record.id)).toBe(true);
    expect(await who(text)).toBeUndefined();
    expect(keys).toEqual(new Set());
    expect(await tokens.revoke(record.id)).toBe(false);
  });
});

describe('rotation', () => {
  it('keeps name, scopes and principal, and lets the old token live for its grace', async () => {
    const { create, who, tokens, clock } = build();
    const old = await create();
    const next = (await tokens.rotate(old.record.id, 3600))!;
    expect(next.record).toMatchObject({ name: 'shop', scopes: ['counters:write'], principal: old.record.id });
    expect(next.record.id).not.toBe(old.record.id);
    expect([(await who(old.text))?.principal, (await who(next.text))?.principal]).toEqual([
      old.record.id,
      old.record.id,
    ]);
    await clock.advance(3_601_000);
    expect(await who(old.text)).toBeUndefined();
    expect(await who(next.text)).toBeDefined();
  });

  it('makes no token live longer than it would have', async () => {
    const { create, who, tokens, clock } = build();
    const old = await create({ lifeSeconds: 60 });
    const next = (await tokens.rotate(old.record.id, 3600))!;
    await clock.advance(61_000);
    expect(await who(old.text)).toBeUndefined();
    expect(await who(next.text)).toBeUndefined();
  });

  it('keeps the place in the usage plan until the last token of the principal is revoked', async () => {
    const { create, tokens, keys } = build();
    const old = await create();
    const next = (await tokens.rotate(old.record.id, 3600))!;
    await tokens.revoke(old.record.id);
    expect(keys).toEqual(new Set([old.record.id]));
    await tokens.revoke(next.record.id);
    expect(keys).toEqual(new Set());
  });

  it('of an unknown or ended token makes none', async () => {
    const { create, tokens, clock } = build();
    expect(await tokens.rotate('0123456789abcdef', 60)).toBeUndefined();
    const old = await create({ lifeSeconds: 1 });
    await clock.advance(2001);
    expect(await tokens.rotate(old.record.id, 60)).toBeUndefined();
    expect(await tokens.list()).toEqual([]);
  });
});

it('lists many tokens by id', async () => {
  const { create, tokens } = build();
  for (let made = 0; made < 1005; made += 1) await create();
  const ids = (await tokens.list()).map(({ id }) => id);
  expect(ids).toHaveLength(1005);
  expect(ids).toEqual([...new Set(ids)].sort());
});
