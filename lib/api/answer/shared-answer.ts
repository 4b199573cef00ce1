import type { APIGatewayProxyEvent } from 'aws-lambda';
import { edgeOf } from '../request/edge-of.ts';
import type { StageSettings } from '../../stages.ts';
import type { Answer } from './answer.ts';

/**
 * Whether the edge may give this answer to other callers too. It must then say nothing of the call that it was made
 * for: neither the caller's name for it nor its trace.
 */
export function createIsShared({
  cloud,
}: Pick<StageSettings, 'cloud'>): (event: APIGatewayProxyEvent, answer: Answer) => boolean {
  if (cloud.edge === undefined) return () => false;
  return (event, { headers }) =>
    headers['Cache-Control']?.startsWith('public') === true && edgeOf(event) !== undefined;
}
