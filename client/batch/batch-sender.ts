import { rememberTokens, type Api } from '../api.ts';
import type { WireRequest } from '../call/try-once.ts';
import { AdtallyError } from '../errors.ts';
import { faultyEntries } from '../faulty-entries.ts';
import { operations } from '../generated/operations.ts';
import type { Increment, IncrementsTaken } from '../generated/schemas.ts';
import { TokenJar } from '../token-jar.ts';
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

export interface BatchSender {
  readonly makeRequest: MakeBatchRequest;
  /** From now on the client's reads present the tokens of all acknowledged batches. */
  readonly presentTokens: () => void;
}

/**
 * Each batch has its own Idempotency-Key and is retried with it until it is acknowledged or `patienceMs` is
 * over. Its tokens are set aside: a read that presents them waits, and only a caller who has flushed expects
 * that.
 */
export function createBatchSender(api: Api, options: BatcherOptions): BatchSender {
  const { patienceMs, readYourWrites } = makeBatchPolicy(options);
  const operation = operations.incrementMany;
  const prefer = readYourWrites ? 'return=representation' : 'return=minimal';
  const tokens = new TokenJar(api.policy.tokenKeysMax);
  const makeRequest: MakeBatchRequest = (increments) => {
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
          const { status, body } = api.answerOf(operation, { sending: patient, answered });
          rememberTokens(tokens, body);
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
  const presentTokens = (): void => {
    api.rememberAll(tokens);
  };
  return { makeRequest, presentTokens };
}

/** An earlier attempt may have logged what the last one did not, so all failed increments are ambiguous. */
function partly(
  { failed = [] }: IncrementsTaken,
  tries: number,
  idempotencyKey: string | undefined,
): BatchOutcome {
  // The key belongs to the whole batch, and the failed increments are another one.
  const repeat = 'unsafe' as const;
  const facts = { code: 'partly-accepted', retryable: false, ambiguous: true, repeat, tries, idempotencyKey };
  return { type: 'partly', failed, error: new AdtallyError('only part of the batch was logged', facts) };
}

function outcomeOf(error: AdtallyError, size: number): BatchOutcome {
  const indexes = [...faultyEntries(error, 'increments', size).keys()];
  return indexes.length > 0 ? { type: 'faulty', indexes, error } : { type: 'failed', error };
}
