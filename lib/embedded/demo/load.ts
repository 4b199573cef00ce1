import { assert } from '../../core/assert.ts';
import type { Clock } from '../../ports/clock.ts';
import { HttpConnection, NoAnswerError, type HttpAnswer, type HttpCall } from './http-connection.ts';

export interface LoadOptions {
  readonly url: URL;
  readonly clock: Clock;
  readonly connections: number;
  readonly requests: number;
  /** The request number `index`. With an Idempotency-Key it is sent again after a 503 or no answer at all. */
  readonly call: (index: number) => HttpCall;
  readonly onAnswer?: (index: number, answer: HttpAnswer) => void;
  readonly onProgress?: (done: number) => void;
}

export interface LoadResult {
  readonly sent: number;
  /** Answered with a 2xx. */
  readonly acknowledged: number;
  /** Answered otherwise, by status; 0 stands for no answer. What became of those without a key nobody knows. */
  readonly failed: ReadonlyMap<number, number>;
  /** From the first request to the last answer. */
  readonly durationMs: number;
  /** Of every answer, sorted, milliseconds; repetitions and their pauses included. */
  readonly latenciesMs: Float64Array;
}

const triesMax = 10;
const retryPauseMs = 200;
const firstConnectTriesMax = 5;

/** Sends `requests` requests over `connections` connections, each as soon as its connection is free. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { url, clock, connections, requests, call, onAnswer, onProgress } = options;
  const latenciesMs = new Float64Array(requests);
  const failed = new Map<number, number>();
  let next = 0;
  let done = 0;
  let acknowledged = 0;
  const startedMs = clock.monotonicMs();
  const work = async (): Promise<void> => {
    const connection = new HttpConnection(url);
    for (let index = next++; index < requests; index = next++) {
      const sentMs = clock.monotonicMs();
      const answer = await askWithRetries(connection, call(index), clock);
      latenciesMs[done] = clock.monotonicMs() - sentMs;
      done += 1;
      const statusCode = answer?.statusCode ?? 0;
      if (statusCode >= 200 && statusCode < 300) acknowledged += 1;
      else failed.set(statusCode, (failed.get(statusCode) ?? 0) + 1);
      if (answer !== undefined) onAnswer?.(index, answer);
      onProgress?.(done);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
  assert(done === requests, 'every request has ended');
  const durationMs = clock.monotonicMs() - startedMs;
  return { sent: requests, acknowledged, failed, durationMs, latenciesMs: latenciesMs.sort() };
}

/** undefined: no answer. Only a request with a key may be sent twice. */
async function askWithRetries(
  connection: HttpConnection,
  call: HttpCall,
  clock: Clock,
): Promise<HttpAnswer | undefined> {
  const mayRepeat = call.headers?.['Idempotency-Key'] !== undefined || call.method === 'GET';
  let refusedConnections = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await connection.ask(call);
      if (answer.statusCode !== 503 || !mayRepeat || tries === triesMax) return answer;
    } catch (error) {
      const neverSent = !(error instanceof NoAnswerError);
      if (neverSent && (refusedConnections += 1) > firstConnectTriesMax) throw error;
      if (!neverSent && (!mayRepeat || tries === triesMax)) return undefined;
    }
    await clock.sleep(retryPauseMs);
  }
}

/** Of sorted values; NaN when there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
