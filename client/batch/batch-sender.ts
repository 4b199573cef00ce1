import type { Api } from '../api.ts';
import type { WireRequest } from '../call/try-once.ts';
import { AdtallyError, ProblemError } from '../errors.ts';
import { operations } from '../generated/operations.ts';
import type { Increment, IncrementsTaken } from '../generated/schemas.ts';
import { makeBatchPolicy, type BatcherOptions } from './batch-policy.ts';

/** The outcome of increments that were sent as one request. */
export type BatchOutcome =
  | { readonly type: 'acknowledged' }
  /** Time ran out with some increments not acknowledged; the others are. */
  | {
      readonly type: 'partly';
      readonly failed: readonly { readonly index: number }[];
      readonly error: AdtallyError;
    }
  /** The API refused all increments because those at these indexes are invalid. */
  | { readonly type: 'faulty'; readonly indexes: readonly number[]; readonly error: AdtallyError }
  | { readonly type: 'failed'; readonly error: AdtallyError };

/** One request, which stays the same on every retry. */
export interface BatchRequest {
  readonly bodyBytes: number;
  /** Rejects only with errors that are not an AdtallyError. */
  send(signal: AbortSignal): Promise<BatchOutcome>;
  /** Sends it once more by a request that outlives the page, without waiting for an answer. */
  sendAndForget(): void;
}

export type MakeBatchRequest = (increments: readonly Increment[]) => BatchRequest;

/** `patienceMs` ends it earlier. */
const triesMax = 10_000;

/**
 * Each batch has its own Idempotency-Key and is retried with it until it is acknowledged or `patienceMs` is
 * over.
 */
export function createBatchSender(api: Api, options: BatcherOptions): MakeBatchRequest {
  const { patienceMs, readYourWrites } = makeBatchPolicy(options);
  const operation = operations.incrementMany;
  const prefer = readYourWrites ? 'return=representation' : 'return=minimal';
  return (increments) => {
    const input = { body: { increments }, prefer };
    const { request, sending } = api.prepare(operation, input, { timeoutMs: patienceMs });
    const bodyBytes = new TextEncoder().encode(request.body as string).length;
    /** Compressed once, by the first attempt. */
    let compressed: WireRequest | undefined;
    return {
      bodyBytes,
      send: async (signal) => {
        const patient = { ...sending, signal, triesMax, patient: true };
        try {
          const sent = compressed ?? api.compress(request);
          compressed = sent instanceof Promise ? await sent : sent;
          const answered = await api.sender.send(compressed, patient);
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
        // As text unless it was compressed before, which takes longer than a page that closes has.
        const { target, ...rest } = compressed ?? request;
        const { operationClass } = sending;
        const url = `${api.sender.baseUrl(operationClass)}${target}`;
        // Nothing reads the answer. If the page stays, the ordinary retries settle the batch.
        api.deps.fetch(url, { ...rest, operationClass, keepalive: true }).catch(() => undefined);
      },
    };
  };
}

/** An earlier attempt may have logged what the last one did not, so all failed increments are ambiguous. */
function partly(
  { failed = [] }: IncrementsTaken,
  tries: number,
  idempotencyKey: string | undefined,
): BatchOutcome {
  const facts = { code: 'partly-accepted', retryable: false, ambiguous: true, tries, idempotencyKey };
  return { type: 'partly', failed, error: new AdtallyError('only part of the batch was logged', facts) };
}

/** A 400 names up to 50 invalid fields, such as `increments.3.key`. */
function outcomeOf(error: AdtallyError, size: number): BatchOutcome {
  if (!(error instanceof ProblemError) || error.status !== 400) return { type: 'failed', error };
  const places = error.errors.map(({ path }) =>
    Number(/^increments\.(\d{1,3})\./.exec(path)?.[1] ?? Number.NaN),
  );
  const indexes = [...new Set(places)].filter((index) => index < size);
  return indexes.length > 0 ? { type: 'faulty', indexes, error } : { type: 'failed', error };
}
