import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createAuthorize } from '../../../lib/app/tokens/authorize.ts';
import { createTokenStore } from '../../../lib/app/tokens/token-store.ts';
import { bearerForm } from '../../../lib/core/token-form.ts';
import type { ItemKey } from '../../../lib/ports/state-store.ts';
import { noUsageKeys } from '../../../lib/ports/usage-keys.ts';
import { seededIds } from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { withChecksum } from './checksum.ts';

const day = 86_400;

function world() {
  const state = createMemoryStateStore();
  const clock = createVirtualClock();
  const reads: string[] = [];
  const get: typeof state.get = (key) => {
    reads.push(key.pk);
    return state.get(key);
  };
  const authorize = createAuthorize({ state: overrideState(state, { get }), clock });
  return {
    state,
    clock,
    tokens: createTokenStore({ state, clock, ids: seededIds(1), usageKeys: noUsageKeys }),
    /** The principal of a token, and the partitions that were read for it. */
    ask: async (text: string): Promise<[string | undefined, string[]]> => {
      reads.length = 0;
      const principal = (await authorize(`Bearer ${text}`))?.principal;
      return [principal, [...reads]];
    },
    /** As an earlier release made one. */
    makeWithout: async (id: string, secret: string): Promise<string> => {
      const hash = createHash('sha256').update(`${id}:${secret}`).digest('hex');
      const attributes = { name: 'old', scopes: 'admin', principal: id, created_at: 1n, hash };
      await state.write({ type: 'put', key: { table: 'tokens', pk: 'tokens', sk: id }, attributes });
      return `adtally_${id}_${secret}`;
    },
  };
}

const make = { name: 'shop', scopes: ['counters:write'] } as const;

describe('the checksum of a token', () => {
  // Computed by zlib.crc32 of Python.
  it.each([
    ['adtally_0123456789abcdef_000000020f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f', '8708ce49'],
    ['adtally_0123456789abcdef_0000000200000000000000000000000000000000000000000000048b', '0005aecd'],
  ])('of %s is %s', async (head, checksum) => {
    const { ask, makeWithout, tokens } = world();
    const text = await makeWithout('0123456789abcdef', head.slice(-56) + checksum);
    expect(text).toBe(head + checksum);
    expect(withChecksum(head)).toBe(text);
    // Makes the guard.
    await tokens.create(make);
    expect((await ask(text))[0]).toBe('0123456789abcdef');
  });

  it('is in each token that is made, behind 192 random bits', async () => {
    const { tokens } = world();
    const made = await Promise.all(Array.from({ length: 50 }, () => tokens.create(make)));
    for (const { text } of made) {
      expect(text).toMatch(/^adtally_[0-9a-f]{16}_00000002[0-9a-f]{56}$/);
      expect(withChecksum(text.slice(0, -8))).toBe(text);
    }
    expect(new Set(made.map(({ text }) => text.slice(33, -8))).size).toBe(50);
  });

  it('lets a mistyped token read nothing: another digit, two in the wrong order', async () => {
    const { ask, tokens } = world();
    const { text } = await tokens.create(make);
    for (let at = 'adtally_'.length; at < text.length; at += 1) {
      const [digit = '', next = ''] = [text[at], text[at + 1]];
      const mark = text.slice(25, 33);
      const other = text.slice(0, at) + (digit === '0' ? '1' : '0') + text.slice(at + 1);
      // A token whose mark is mistyped looks like one of an earlier release.
      if (digit !== '_' && other.slice(25, 33) === mark)
        expect([at, await ask(other)]).toEqual([at, [undefined, []]]);
      const swapped = text.slice(0, at) + next + digit + text.slice(at + 2);
      if (next !== '' && next !== digit && swapped.slice(25, 33) === mark)
        expect([at, await ask(swapped)]).toEqual([at, [undefined, []]]);
    }
    expect((await ask(text))[0]).toBeDefined();
  });
});

describe('the store', () => {
  it('is asked for the guard of a guess, which is in a partition of its own, and nothing else', async () => {
    const { ask, tokens } = world();
    const { text, record } = await tokens.create(make);
    const guess = withChecksum(`adtally_${'a'.repeat(16)}_00000002${'b'.repeat(48)}`);
    expect(await ask(guess)).toEqual([undefined, [`guard#${'a'.repeat(16)}`]]);
    const known = withChecksum(`adtally_${record.id}_00000002${'b'.repeat(48)}`);
    expect(await ask(known)).toEqual([undefined, [`guard#${record.id}`]]);
    expect(await ask(text)).toEqual([record.principal, [`guard#${record.id}`, 'tokens']]);
  });

  it('is asked whether all have guards for a guess without a checksum, once in ten seconds', async () => {
    const { ask, tokens, clock, makeWithout } = world();
    const [one, other] = ['1'.repeat(16), '2'.repeat(16)];
    const old = await makeWithout(one, 'c'.repeat(64));
    const guess = (digit: string): string => `adtally_${other}_${digit.repeat(64)}`;
    expect(await ask(guess('a'))).toEqual([undefined, [`guard#${other}`, 'token-made', 'tokens']]);
    expect(await ask(old)).toEqual([one, [`guard#${one}`, 'tokens']]);
    await tokens.create(make);
    await clock.advance(9999);
    expect(await ask(guess('b'))).toEqual([undefined, [`guard#${other}`, 'tokens']]);
    await clock.advance(1);
    expect(await ask(guess('c'))).toEqual([undefined, [`guard#${other}`, 'token-made']]);
    expect(await ask(guess('d'))).toEqual([undefined, [`guard#${other}`]]);
    expect(await ask(old)).toEqual([one, [`guard#${one}`, 'tokens']]);
    expect(await ask(old.replaceAll('c', 'd'))).toEqual([undefined, [`guard#${one}`]]);
  });

  it('keeps a guard as long as its token, and no longer', async () => {
    const { state, tokens, clock } = world();
    const guardOf = (id: string) =>
      state.get({ table: 'tokens', pk: `guard#${id}`, sk: '' } satisfies ItemKey);
    const { record } = await tokens.create({ ...make, lifeSeconds: day });
    const end = BigInt(record.expiresAt!);
    expect(await guardOf(record.id)).toEqual({ hash: expect.any(String) as unknown, expires_at: end });
    await tokens.rotate(record.id, 60);
    expect((await guardOf(record.id))!['expires_at']).toBe(BigInt(Math.floor(clock.nowMs() / 1000) + 60));
    await tokens.rotate(record.id, 3600);
    expect((await guardOf(record.id))!['expires_at']).toBe(BigInt(Math.floor(clock.nowMs() / 1000) + 60));
    await tokens.revoke(record.id);
    expect(await guardOf(record.id)).toBeUndefined();
  });
});

describe('the form that a gateway checks', () => {
  const [id, secret] = ['0123456789abcdef', 'f'.repeat(64)];
  it.each([
    [`Bearer adtally_${id}_${secret}`, true],
    [`bearer   adtally_${id}_${secret}`, true],
    [`BEARER adtally_${id}_${secret}`, true],
    [`adtally_${id}_${secret}`, false],
    [`Basic adtally_${id}_${secret}`, false],
    [`Bearer  adtally_${id}_${secret}0`, false],
    [`Bearer adtally_${id}_${secret.slice(1)}`, false],
    [`Bearer adtally_${id}${secret}`, false],
    [`Bearer adtally_${id}_${secret.toUpperCase()}`, false],
    [`Bearer adtally_${id}_${secret}, Bearer adtally_${id}_${secret}`, false],
    [`Bearer adtally_${id}_${secret}\n`, false],
    [`Bearer\tadtally_${id}_${secret}`, false],
    [`xBearer adtally_${id}_${secret}`, false],
  ])('takes %j: %s', (header, isTaken) => {
    expect(bearerForm.test(header)).toBe(isTaken);
  });
});
