/** Limits of the tokens in the header, since gateways limit headers. */
export const headerTokensMax = 10;
export const headerTokensLengthMax = 4096;

/** The header with the tokens of a write; none if it has too many, or none. */
export function tokenHeader(tokens: readonly string[]): { readonly 'Consistency-Token'?: string } {
  if (tokens.length === 0 || tokens.length > headerTokensMax) return {};
  const value = tokens.join(', ');
  return value.length > headerTokensLengthMax ? {} : { 'Consistency-Token': value };
}
