import { createHash, randomBytes } from 'node:crypto';
import type { ItemKey, StateStore } from '../../lib/ports/state-store.ts';

/**
 * What releases before guards do with tokens, written out once more: this file stays as it is for ever.
 */
export function createTokensBeforeGuards(state: StateStore, nowMs: () => number) {
  const keyOf = (id: string): ItemKey => ({ table: 'tokens', pk: 'tokens', sk: id });
  const made: ItemKey = { table: 'tokens', pk: 'token-made', sk: '' };

  const create = async (principal?: string): Promise<string> => {
    const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('hex')];
    await state.write({ type: 'put', key: made, attributes: {} });
    await state.write({
      type: 'put',
      key: keyOf(id),
      attributes: {
        ...{ name: 'old', scopes: 'counters:write', principal: principal ?? id, created_at: BigInt(nowMs()) },
        hash: createHash('sha256').update(`${id}:${secret}`).digest('hex'),
      },
    });
    return `adtally_${id}_${secret}`;
  };
  const end = async (id: string): Promise<void> => {
    const expires = BigInt(Math.floor(nowMs() / 1000));
    await state.write({ type: 'update', key: keyOf(id), set: { expires_at: expires } });
  };

  return {
    create,
    /** The principal of a token's owner; undefined: 401. */
    async authorize(text: string): Promise<string | undefined> {
      const [, id, secret] = /^adtally_([0-9a-f]{16})_([0-9a-f]{64})$/.exec(text) ?? [];
      const item = id === undefined ? undefined : await state.get(keyOf(id));
      const { hash, principal, expires_at: expires } = item ?? {};
      if (hash !== createHash('sha256').update(`${id}:${secret}`).digest('hex')) return undefined;
      if (expires !== undefined && Number(expires) * 1000 <= nowMs()) return undefined;
      return principal as string;
    },
    /** Without a grace. */
    async rotate(id: string): Promise<string> {
      const item = await state.get(keyOf(id));
      const successor = await create(item?.['principal'] as string);
      await end(id);
      return successor;
    },
    async revoke(id: string): Promise<void> {
      await end(id);
      await state.write({ type: 'delete', key: keyOf(id) });
    },
    async list(): Promise<readonly string[]> {
      const { items } = await state.query({ table: 'tokens', pk: 'tokens', limit: 100 });
      return items.map(({ sk }) => sk);
    },
  };
}
