/**
 * A whole Authorization header with a token (RFC 6750, 2.1); the scheme in any case (RFC 9110, 11.1). Without flags
 * and groups, so that any gateway reads it.
 */
export const bearerForm = /^[Bb][Ee][Aa][Rr][Ee][Rr] +adtally_[0-9a-f]{16}_[0-9a-f]{64}$/;
