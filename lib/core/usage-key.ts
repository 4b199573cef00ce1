/**
 * The value of the API key by which API Gateway counts a principal's calls (20 to 128 characters). No secret: where the
 * authorizer names the key, API Gateway ignores what a request says of it.
 */
export function usageKeyOf(stage: string, principal: string): string {
  return `adtally-${stage}-${principal}`;
}
