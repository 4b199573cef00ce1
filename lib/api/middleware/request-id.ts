import { requestIdHeader } from '../headers.ts';
import { requestIdOf } from '../request/request-id.ts';
import { toEvery, type Edge } from './edge.ts';

/** Names the request in every answer. An event without any id gets that of the invocation. */
export function requestId(): Edge {
  return toEvery(({ event, context }, { headers }) => {
    const { awsRequestId } = context as { readonly awsRequestId?: string };
    const id = requestIdOf(event) ?? awsRequestId;
    if (id !== undefined) headers[requestIdHeader] = id;
  });
}
