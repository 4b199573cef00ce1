import { describe, expect, it } from '@jest/globals';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { createAuthorize } from '../../../lib/app/tokens/authorize.ts';
import { createTokenStore, hasTokenBeenMade, type NewToken } from '../../../lib/app/tokens/token-store.ts';
import { hashesEqual } from '../../../lib/app/tokens/token-text.ts';
import { tokenKey } from '../../../lib/app/state-keys.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import type { UsageKeys } from '../../../lib/ports/usage-keys.ts';
import { seededIds } from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { withChecksum } from './checksum.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

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
  const create = (
    more: { lifeSeconds?: number; rate?: { ratePerSecond: number; burst: number } } = {},
  ): Promise<NewToken> => tokens.create({ name: 'shop', scopes: ['counters:write'], ...more });
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

  it('may have a rate of its own, which outlives rotation, and which none in the store means nothing of', async () => {
    const { create, who, tokens, state } = build();
    const rate = { ratePerSecond: 5, burst: 7 };
    const { text, record } = await create({ rate });
    expect(await who(text)).toMatchObject({ rate });
    const next = await tokens.rotate(record.id, 3600);
    expect(await who(next!.text)).toMatchObject({ rate, principal: record.principal });
    expect((await tokens.list()).map((each) => each.rate)).toEqual([rate, rate]);
    expect(await who((await create()).text)).toMatchObject({ rate: undefined });
    // As a later release might write it.
    await state.write({ type: 'update', key: tokenKey(record.id), set: { rate: '5:7:9' } });
    expect(await who(text)).toMatchObject({ rate: undefined });
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

describe('a token that was refused', () => {
  const unknown = (i: number): string =>
    withChecksum(`adtally_${String(i).padStart(16, '0')}_00000002${'a'.repeat(48)}`);

  function counting() {
    const world = build();
    let reads = 0;
    const get: typeof world.state.get = (key) => {
      reads += 1;
      return world.state.get(key);
    };
    const authorize = createAuthorize({ state: overrideState(world.state, { get }), clock: world.clock });
    /** Whether the token is refused, and how many reads that took. */
    const refusal = async (text: string): Promise<[boolean, number]> => {
      const before = reads;
      const found = await authorize(`Bearer ${text}`);
      return [found === undefined, reads - before];
    };
    return { ...world, refusal };
  }

  it('is looked up again after a minute, and not before', async () => {
    const { refusal, clock } = counting();
    expect(await refusal(unknown(1))).toEqual([true, 1]);
    await clock.advance(59_999);
    expect(await refusal(unknown(1))).toEqual([true, 0]);
    await clock.advance(1);
    expect(await refusal(unknown(1))).toEqual([true, 1]);
    clock.jump(-3_600_000);
    expect(await refusal(unknown(1))).toEqual([true, 1]);
  });

  it('keeps no valid token out: neither the one whose id it has, nor one that is looked up again', async () => {
    const { refusal, create, tokens } = counting();
    const { text, record } = await create();
    const wrong = withChecksum(`adtally_${record.id}_00000002${'a'.repeat(48)}`);
    expect(await refusal(wrong)).toEqual([true, 1]);
    expect(await refusal(wrong)).toEqual([true, 0]);
    // Its guard and its item.
    expect(await refusal(text)).toEqual([false, 2]);
    expect(await refusal(text)).toEqual([false, 2]);
    await tokens.revoke(record.id);
    expect(await refusal(text)).toEqual([true, 1]);
    expect(await refusal(text)).toEqual([true, 0]);
  });

  it('is forgotten once a thousand others were refused after it', async () => {
    const { refusal } = counting();
    for (let i = 0; i < 1000; i += 1) await refusal(unknown(i));
    expect(await refusal(unknown(0))).toEqual([true, 0]);
    await refusal(unknown(1000));
    expect(await refusal(unknown(1))).toEqual([true, 0]);
    expect(await refusal(unknown(0))).toEqual([true, 1]);
  });

  it('is not one that could not be looked up', async () => {
    const { state, clock, create } = build();
    const { text } = await create();
    let failing = true;
    const get: typeof state.get = (key) =>
      failing ? Promise.reject(new StateStoreError('state-unavailable', 'no answer')) : state.get(key);
    const authorize = createAuthorize({ state: overrideState(state, { get }), clock });
    await expect(authorize(`Bearer ${text}`)).rejects.toThrow('no answer');
    failing = false;
    expect(await authorize(`Bearer ${text}`)).toBeDefined();
  });
});

describe('the instants of a token', () => {
  /** Made so many milliseconds after a whole second; ends so many milliseconds after that second. */
  it.each([
    [0, 60_000],
    [1, 61_000],
    [500, 61_000],
    [999, 61_000],
  ])('made %i ms into a second to live for a minute, it ends at %i ms', async (madeMs, endMs) => {
    const { create, who, tokens, clock } = build();
    await clock.advance(madeMs);
    const { text, record } = await create({ lifeSeconds: 60 });
    expect(record.createdAtMs).toBe(virtualStartMs + madeMs);
    await clock.advance(endMs - 1 - madeMs);
    expect([await who(text), await tokens.list()]).toEqual([record, [record]]);
    for (const afterMs of [1, 1]) {
      await clock.advance(afterMs);
      expect([await who(text), await tokens.list()]).toEqual([undefined, []]);
      expect(await tokens.rotate(record.id, 60)).toBeUndefined();
    }
  });

  it.each([
    [0, 3600, 3_600_000],
    [999, 3600, 3_600_000],
    [999, 1, 1000],
  ])('rotated %i ms into a second with %i s of grace, it ends at %i ms', async (rotatedMs, grace, endMs) => {
    const { create, who, tokens, clock } = build();
    const { text, record } = await create();
    await clock.advance(rotatedMs);
    await tokens.rotate(record.id, grace);
    await clock.advance(endMs - 1 - rotatedMs);
    expect(await who(text)).toBeDefined();
    await clock.advance(1);
    expect(await who(text)).toBeUndefined();
  });

  it('rotated without a grace, it ends now', async () => {
    const { create, who, tokens, clock } = build();
    await clock.advance(999);
    const { text, record } = await create();
    await tokens.rotate(record.id, 0);
    expect(await who(text)).toBeUndefined();
  });

  it('revoked, it is over for a clock that is behind too', async () => {
    const { create, who, tokens, clock, state } = build();
    const { text, record } = await create();
    const write = state.write.bind(state);
    state.write = (action) => (action.type === 'delete' ? Promise.reject(new Error('gone')) : write(action));
    await expect(tokens.revoke(record.id)).rejects.toThrow('gone');
    clock.jump(-3_600_000);
    expect(await who(text)).toBeUndefined();
  });
});

it('compares every digit of a token', async () => {
  const { create, who } = build();
  const { text } = await create();
  const digits = Array.from(text.matchAll(/[0-9a-f]/g), ({ index }) => index).filter(
    (at) => at >= 'adtally_'.length,
  );
  expect(digits).toHaveLength(16 + 64);
  for (const at of digits) {
    const other = text[at] === '0' ? '1' : '0';
    expect([at, await who(text.slice(0, at) + other + text.slice(at + 1))]).toEqual([at, undefined]);
    expect([at, await who(text.slice(0, at) + text.slice(at + 1))]).toEqual([at, undefined]);
  }
  expect(await who(text)).toBeDefined();
});

it.each([
  ['', '', true],
  ['ab', 'ab', true],
  ['ab', 'aa', false],
  ['ab', 'abc', false],
  ['abc', 'ab', false],
  ['', 'a', false],
  [`${'0'.repeat(63)}1`, `${'0'.repeat(63)}2`, false],
  [`1${'0'.repeat(63)}`, `2${'0'.repeat(63)}`, false],
])('the hashes %j and %j are equal: %s', (a, b, equal) => {
  expect(hashesEqual(a, b)).toBe(equal);
});

describe('the first token of a store', () => {
  it('shows by the item that was made for it, or by a token of version 0.1.0', async () => {
    const { state, create } = build();
    expect(await hasTokenBeenMade({ state })).toBe(false);
    const attributes = { name: 'old', scopes: 'admin', principal: 'p', hash: 'h', created_at: 1n };
    await state.write({ type: 'put', key: tokenKey('0123456789abcdef'), attributes });
    expect(await hasTokenBeenMade({ state })).toBe(true);
    await state.write({ type: 'delete', key: tokenKey('0123456789abcdef') });
    expect(await hasTokenBeenMade({ state })).toBe(false);
    await create();
    expect(await hasTokenBeenMade({ state })).toBe(true);
  });

  it('grants nothing by a scope that this version does not know', async () => {
    const { state, tokens } = build();
    const attributes = { name: 'n', scopes: 'root ads:read', principal: 'p', hash: 'h', created_at: 1n };
    await state.write({ type: 'put', key: tokenKey('0123456789abcdef'), attributes });
    expect((await tokens.list()).map(({ scopes }) => scopes)).toEqual([['ads:read']]);
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
