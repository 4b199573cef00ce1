import type { APIGatewayProxyEvent } from 'aws-lambda';

/**
 * Who asks: the principal that the authorizer named, else the IAM identity that signed the request, else nobody in
 * particular. Idempotency keys of different principals never meet. An assumed role counts as one principal whatever
 * the session, since a client's retry may come from another session.
 */
export function principalOf(event: Pick<APIGatewayProxyEvent, 'requestContext'>): string {
  const context = event.requestContext as {
    readonly authorizer?: { readonly principalId?: unknown } | null;
    readonly identity?: { readonly userArn?: string | null } | null;
  };
  const principal = context.authorizer?.principalId;
  if (typeof principal === 'string' && principal !== '') return principal;
  const arn = context.identity?.userArn ?? '';
  if (arn === '') return 'anonymous';
  return arn.includes(':assumed-role/') ? arn.split('/').slice(0, 2).join('/') : arn;
}
