import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Idempotency, StoredAnswer } from '../../app/idempotency.ts';
import type { RequestIdentity } from '../../app/request-identity.ts';
import { fingerprintOf, formerFingerprintOf } from '../request/fingerprint.ts';
import type { IdempotencyKey } from '../request/idempotency-key.ts';
import { principalOf } from '../request/principal.ts';
import { problemAnswer, type Answer } from './answer.ts';

/** Runs `work` once per Idempotency-Key and replays its answer; without a key, runs it. */
export async function answerOnce(
  idempotency: Idempotency,
  event: APIGatewayProxyEvent,
  key: IdempotencyKey | undefined,
  work: (identity: RequestIdentity) => Promise<Answer>,
): Promise<Answer> {
  if (key === undefined) return work(idempotency.unkeyed());
  const fingerprint = fingerprintOf(event);
  const former = { key: key.sent, fingerprint: formerFingerprintOf(event) };
  const isSame = former.key === key.key && former.fingerprint === fingerprint;
  const result = await idempotency.run(
    { principal: principalOf(event), key: key.key, fingerprint, ...(!isSame && { former: [former] }) },
    async (identity) => toStored(await work(identity)),
  );
  if (result.status === 'mismatch') return problemAnswer('idempotency-key-reused');
  const { statusCode, headers, body } = result.answer;
  return {
    statusCode,
    headers: result.replayed ? { ...headers, 'Idempotent-Replayed': 'true' } : { ...headers },
    body,
  };
}

function toStored({ statusCode, headers, body }: Answer): StoredAnswer {
  return { statusCode, headers, body };
}
