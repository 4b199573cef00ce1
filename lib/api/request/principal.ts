import type { APIGatewayProxyEvent } from 'aws-lambda';

/** The principal of a caller without a token. */
export const anonymous = 'anonymous';

/**
 * The principal of a request: the one that the authorizer named, else the IAM identity that signed the
 * request, else an anonymous one. Idempotency keys of different principals are separate. All sessions of an
 * assumed role are one principal, since a client's retry may come from another session.
 */
export function principalOf(event: Pick<APIGatewayProxyEvent, 'requestContext'>): string {
  const context = event.requestContext as {
    readonly authorizer?: { readonly principalId?: unknown } | null;
    readonly identity?: { readonly userArn?: string | null } | null;
  };
  const principal = context.authorizer?.principalId;
  if (typeof principal === 'string' && principal !== '') return principal;
  const arn = context.identity?.userArn ?? '';
  if (arn === '') return anonymous;
  return arn.includes(':assumed-role/') ? arn.split('/').slice(0, 2).join('/') : arn;
}
