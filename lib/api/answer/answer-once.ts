import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Idempotency, StoredAnswer } from '../../app/idempotency.ts';
import type { SoonOrNow } from '../../core/and-then.ts';
import type { DraftingIdentity } from '../../app/request-identity.ts';
import type { IdempotencyKey } from '../request/idempotency-key.ts';
import { sentPreconditions } from '../request/preconditions.ts';
import { principalOf } from '../request/principal.ts';
import { queryValues } from '../request/query-parameters.ts';
import { problemAnswer, type Answer } from './answer.ts';

interface Call {
  readonly event: APIGatewayProxyEvent;
  readonly key: IdempotencyKey | undefined;
  /** What of the body identifies the request; default: all of its bytes. */
  readonly bodyText?: (() => string) | undefined;
}

type Work = (identity: DraftingIdentity) => SoonOrNow<Answer>;

/** Runs `work` once per Idempotency-Key and replays its answer; without a key, runs it. */
export function answerOnce(idempotency: Idempotency, call: Call, work: Work): SoonOrNow<Answer> {
  const { key } = call;
  return key === undefined ? work(idempotency.unkeyed()) : answerKeyed(idempotency, { ...call, key }, work);
}

async function answerKeyed(
  idempotency: Idempotency,
  { event, key, bodyText }: Call & { readonly key: IdempotencyKey },
  work: Work,
): Promise<Answer> {
  const text = bodyText?.();
  const fingerprint = fingerprintOf(event, text);
  const former = { key: key.sent, fingerprint: formerFingerprintOf(event) };
  // The release before had no call whose body is not identified by its bytes.
  const isSame = text !== undefined || (former.key === key.key && former.fingerprint === fingerprint);
  let increments: number | undefined;
  const result = await idempotency.run(
    { principal: principalOf(event), key: key.key, fingerprint, ...(!isSame && { former: [former] }) },
    async (identity) => {
      const answer = await work(identity);
      ({ increments } = answer);
      return toStored(answer);
    },
  );
  if (result.status === 'mismatch') return problemAnswer('idempotency-key-reused');
  const { statusCode, headers, body } = result.answer;
  return {
    statusCode,
    headers: result.replayed ? { ...headers, 'Idempotent-Replayed': 'true' } : { ...headers },
    body,
    ...(increments !== undefined && !result.replayed && { increments }),
  };
}

function toStored({ statusCode, headers, body }: Answer): StoredAnswer {
  return { statusCode, headers, body };
}

/**
 * Identifies a request for its Idempotency-Key: the SHA-256 in hex of method, path, query, preconditions and
 * the decoded body, or what stands for it. The path goes in as resource and parameters, so that the base path of a custom domain
 * makes no difference.
 */
function fingerprintOf(event: APIGatewayProxyEvent, bodyText: string | undefined): string {
  const preconditions = sentPreconditions(event);
  return hash(event, preconditions.some((one) => one !== null) ? preconditions : undefined, bodyText);
}

/**
 * The fingerprint of release 0.1.0, without preconditions. Its records live for 24 hours, so the next release
 * can drop it.
 */
function formerFingerprintOf(event: APIGatewayProxyEvent): string {
  return hash(event, undefined);
}

function hash(
  event: APIGatewayProxyEvent,
  preconditions: readonly (string | null)[] | undefined,
  bodyText?: string,
): string {
  const { httpMethod, resource, pathParameters, body, isBase64Encoded } = event;
  const parts = [httpMethod, resource, sorted(pathParameters ?? {}), sorted(queryValues(event))];
  return createHash('sha256')
    .update(JSON.stringify(preconditions === undefined ? parts : [...parts, preconditions]))
    .update('\n')
    .update(bodyText ?? body ?? '', bodyText === undefined && isBase64Encoded ? 'base64' : 'utf8')
    .digest('hex');
}

function sorted(values: object): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
