import type { Ports } from '../ports.ts';
import { createRefusedTokens } from './refused-tokens.ts';
import { createGuardsKnown, readGuard } from './token-guards.ts';
import { readToken, type TokenRecord } from './token-store.ts';
import { hashesEqual, hashToken, parseToken } from './token-text.ts';

/** undefined: the caller has no token that is valid now. Rejects with a StateStoreError. */
export type Authorize = (authorization: string | undefined) => Promise<TokenRecord | undefined>;

/** RFC 6750, 2.1; the scheme in any case (RFC 9110, 11.1). */
const bearer = /^bearer +([!-~]+)$/i;

/** Used if there is no such token, so that both cases take the same time. */
const nobodysHash = '0'.repeat(64);

/** Of the store for one token, one after another. */
export const readsMax = 3;

/**
 * Looks up the token of an Authorization header, once a minute if it is refused: its guard, and its own item if the
 * guard says that the caller has the whole token. A token without a guard is looked up only while there may be tokens
 * that have none.
 */
export function createAuthorize(deps: Pick<Ports, 'state' | 'clock'>): Authorize {
  const refused = createRefusedTokens(deps.clock);
  const areGuardsComplete = createGuardsKnown(deps);
  return async (authorization) => {
    const token = parseToken(bearer.exec(authorization ?? '')?.[1] ?? '');
    if (token === undefined) return undefined;
    const hash = hashToken(token);
    if (refused.has(hash)) return undefined;
    const guard = await readGuard(deps, token.id);
    const passes = hashesEqual(hash, guard ?? nobodysHash);
    const mayExist = guard === undefined ? !token.hasChecksum && !(await areGuardsComplete()) : passes;
    const found = mayExist ? await readToken(deps, token.id) : undefined;
    if (found !== undefined && hashesEqual(hash, found.hash)) return found.record;
    refused.add(hash);
    return undefined;
  };
}
