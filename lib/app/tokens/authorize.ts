import type { Ports } from '../ports.ts';
import { createRefusedTokens } from './refused-tokens.ts';
import { readToken, type TokenRecord } from './token-store.ts';
import { hashesEqual, hashToken, parseToken } from './token-text.ts';

/** undefined: the caller has no token that is valid now. Rejects with a StateStoreError. */
export type Authorize = (authorization: string | undefined) => Promise<TokenRecord | undefined>;

/** RFC 6750, 2.1; the scheme in any case (RFC 9110, 11.1). */
const bearer = /^bearer +([!-~]+)$/i;

/** Used if there is no such token, so that both cases take the same time. */
const nobodysHash = '0'.repeat(64);

/** Looks up the token of an Authorization header, once a minute if it is refused. */
export function createAuthorize(deps: Pick<Ports, 'state' | 'clock'>): Authorize {
  const refused = createRefusedTokens(deps.clock);
  return async (authorization) => {
    const token = parseToken(bearer.exec(authorization ?? '')?.[1] ?? '');
    if (token === undefined) return undefined;
    const hash = hashToken(token);
    if (refused.has(hash)) return undefined;
    const found = await readToken(deps, token.id);
    if (hashesEqual(hash, found?.hash ?? nobodysHash) && found !== undefined) return found.record;
    refused.add(hash);
    return undefined;
  };
}
