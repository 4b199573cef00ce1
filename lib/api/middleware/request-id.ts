import { requestIdHeader } from '../headers.ts';
import type { StageSettings } from '../../stages.ts';
import { createIsShared } from '../answer/shared-answer.ts';
import { gatewayRequestIdOf, requestIdOf } from '../request/request-id.ts';
import { toEvery, type Edge } from './edge.ts';

/**
 * Names the request in every answer; one for other callers too has the gateway's own id. An event without any id gets
 * that of the invocation.
 */
export function requestId(settings: Pick<StageSettings, 'cloud'>): Edge {
  const isShared = createIsShared(settings);
  return toEvery(({ event, context }, answer) => {
    const { awsRequestId } = context as { readonly awsRequestId?: string };
    const id = (isShared(event, answer) ? gatewayRequestIdOf(event) : requestIdOf(event)) ?? awsRequestId;
    if (id !== undefined) answer.headers[requestIdHeader] = id;
  });
}
