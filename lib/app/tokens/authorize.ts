import type { Ports } from '../ports.ts';
import { readToken, type TokenRecord } from './token-store.ts';
import { hashesEqual, hashToken, parseToken } from './token-text.ts';

/** undefined: the caller has no token that is valid now, for whatever reason. Rejects with a StateStoreError. */
export type Authorize = (authorization: string | undefined) => Promise<TokenRecord | undefined>;

/** RFC 6750, 2.1; the scheme in any case (RFC 9110, 11.1). */
const bearer = /^bearer +([!-~]+)$/i;

/** Compared with when there is no such token, so that both take as long. */
const nobodysHash = '0'.repeat(64);

/** Finds out whose token an Authorization header carries. */
export function createAuthorize(deps: Pick<Ports, 'state' | 'clock'>): Authorize {
  return async (authorization) => {
    const token = parseToken(bearer.exec(authorization ?? '')?.[1] ?? '');
    if (token === undefined) return undefined;
    const found = await readToken(deps, token.id);
    const right = hashesEqual(hashToken(token), found?.hash ?? nobodysHash);
    return right ? found?.record : undefined;
  };
}
