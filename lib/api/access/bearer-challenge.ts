const realm = 'Bearer realm="adtally"';

/** What `WWW-Authenticate` says (RFC 6750, 3): to a call without a token, with one that is not good, with too narrow a one. */
export const bearerChallenges = {
  noToken: realm,
  badToken: `${realm}, error="invalid_token"`,
  /** @param scope that the call needs; left out where the gateway cannot say it */
  missingScope: (scope?: string): string =>
    `${realm}, error="insufficient_scope"${scope === undefined ? '' : `, scope="${scope}"`}`,
} as const;
