import type { Api } from '../api.ts';
import { AdtallyError, ProblemError } from '../errors.ts';
import { operations } from '../generated/operations.ts';
import type { Increment, IncrementsTaken } from '../generated/schemas.ts';
import { makeBatchPolicy, type BatcherOptions } from './batch-policy.ts';

/** What became of increments that were sent as one request. */
export type BatchOutcome =
  | { readonly type: 'acknowledged' }
  /** Patience ended with some not acknowledged; the others were. */
  | {
      readonly type: 'partly';
      readonly failed: readonly { readonly index: number }[];
      readonly error: AdtallyError;
    }
  /** The API refused all of them, because of those at these places. */
  | { readonly type: 'faulty'; readonly indexes: readonly number[]; readonly error: AdtallyError }
  | { readonly type: 'failed'; readonly error: AdtallyError };

/** One request that stays the same however often it is sent. */
export interface BatchRequest {
  readonly bodyBytes: number;
  /** Rejects only with what is no AdtallyError. */
  send(signal: AbortSignal): Promise<BatchOutcome>;
  /** Once more, without waiting for an answer, by a request that outlives the page. */
  sendAndForget(): void;
}

export type MakeBatchRequest = (increments: readonly Increment[]) => BatchRequest;

/** Patience ends sooner. */
const triesMax = 10_000;

/** A batch has an Idempotency-Key of its own, and is tried with it until it is acknowledged or patience ends. */
export function createBatchSender(api: Api, options: BatcherOptions): MakeBatchRequest {
  const { patienceMs, readYourWrites } = makeBatchPolicy(options);
  const operation = operations.incrementMany;
  const prefer = readYourWrites ? 'return=representation' : 'return=minimal';
  return (increments) => {
    const input = { body: { increments }, prefer };
    const { request, sending } = api.prepare(operation, input, { timeoutMs: patienceMs });
    return {
      bodyBytes: new TextEncoder().encode(request.body).length,
      send: async (signal) => {
        const patient = { ...sending, signal, triesMax, patient: true };
        try {
          const answered = await api.sender.send(request, patient);
          const { status, body } = api.finish(operation, input, { sending: patient, answered });
          if (status !== 207) return { type: 'acknowledged' };
          const { tries } = answered;
          return partly(body as IncrementsTaken, tries, sending.idempotencyKey);
        } catch (error) {
          if (error instanceof AdtallyError) return outcomeOf(error, increments.length);
          throw error;
        }
      },
      sendAndForget: () => {
        const { url, ...rest } = request;
        // The answer finds nobody; if the page lives on, the ordinary tries settle the batch.
        api.deps.fetch(url, { ...rest, keepalive: true }).catch(() => undefined);
      },
    };
  };
}

/** An earlier try may have logged what the last one did not: all that failed is ambiguous. */
function partly(
  { failed = [] }: IncrementsTaken,
  tries: number,
  idempotencyKey: string | undefined,
): BatchOutcome {
  const facts = { code: 'partly-accepted', retryable: false, ambiguous: true, tries, idempotencyKey };
  return { type: 'partly', failed, error: new AdtallyError('the log took only some of the batch', facts) };
}

/** A 400 names up to 50 faulty places: `increments.3.key`. */
function outcomeOf(error: AdtallyError, size: number): BatchOutcome {
  if (!(error instanceof ProblemError) || error.status !== 400) return { type: 'failed', error };
  const places = error.errors.map(({ path }) =>
    Number(/^increments\.(\d{1,3})\./.exec(path)?.[1] ?? Number.NaN),
  );
  const indexes = [...new Set(places)].filter((index) => index < size);
  return indexes.length > 0 ? { type: 'faulty', indexes, error } : { type: 'failed', error };
}
