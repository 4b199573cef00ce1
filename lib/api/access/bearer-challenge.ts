const realm = 'Bearer realm="adtally"';

/**
 * The value of `WWW-Authenticate` (RFC 6750, 3) for a call without a token, with an unknown token, or without
 * the scope.
 */
export const bearerChallenges = {
  noToken: realm,
  badToken: `${realm}, error="invalid_token"`,
  /** @param scope that the call needs; absent where the gateway does not know it */
  missingScope: (scope?: string): string =>
    `${realm}, error="insufficient_scope"${scope === undefined ? '' : `, scope="${scope}"`}`,
} as const;
