import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Idempotency } from '../../app/idempotency.ts';
import type { RequestIdentity } from '../../app/request-identity.ts';
import { problemAnswer, type Answer } from './answer.ts';
import { fingerprint } from '../request/fingerprint.ts';
import { principalOf } from '../request/principal.ts';

/** Runs `work` once per Idempotency-Key and replays its answer; without a key, runs it. */
export async function answerOnce(
  idempotency: Idempotency,
  event: APIGatewayProxyEvent,
  key: string | undefined,
  work: (identity: RequestIdentity) => Promise<Answer>,
): Promise<Answer> {
  if (key === undefined) return work(idempotency.unkeyed());
  const request = { principal: principalOf(event), key, fingerprint: fingerprint(event) };
  const result = await idempotency.run(request, work);
  if (result.status === 'mismatch') return problemAnswer('idempotency-key-reused');
  const { statusCode, headers, body } = result.answer;
  return {
    statusCode,
    headers: result.replayed ? { ...headers, 'Idempotent-Replayed': 'true' } : { ...headers },
    body,
  };
}
