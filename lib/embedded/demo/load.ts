import { assert } from '../../core/assert.ts';
import type { Clock } from '../../ports/clock.ts';
import { AdtallyError, createClient, ProblemError, type Client } from '../../../client/index.ts';
import { createConnectionFetch } from './connection-fetch.ts';

export interface LoadOptions {
  readonly url: URL;
  readonly clock: Clock;
  readonly connections: number;
  readonly requests: number;
  /** The call number `index`. What is safe to send again the client does send again. */
  readonly call: (client: Client, index: number) => Promise<{ readonly status: number }>;
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

/** Sends `requests` requests over `connections` connections, each as soon as its connection is free. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { url, clock, connections, requests, call, onProgress } = options;
  const latenciesMs = new Float64Array(requests);
  const failed = new Map<number, number>();
  let next = 0;
  let done = 0;
  let acknowledged = 0;
  const startedMs = clock.monotonicMs();
  const transport = createConnectionFetch(url, connections);
  const client = createClient({
    baseUrl: url.origin,
    deps: { fetch: transport.fetch },
    policy: { triesMax },
  });
  const work = async (): Promise<void> => {
    for (let index = next++; index < requests; index = next++) {
      const sentMs = clock.monotonicMs();
      const statusCode = await statusOf(call(client, index));
      latenciesMs[done] = clock.monotonicMs() - sentMs;
      done += 1;
      if (statusCode >= 200 && statusCode < 300) acknowledged += 1;
      else failed.set(statusCode, (failed.get(statusCode) ?? 0) + 1);
      onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  transport.close();
  assert(done === requests, 'every request has ended');
  const durationMs = clock.monotonicMs() - startedMs;
  return { sent: requests, acknowledged, failed, durationMs, latenciesMs: latenciesMs.sort() };
}

/** 0: no answer. The client sends again what may be sent again. */
async function statusOf(call: Promise<{ readonly status: number }>): Promise<number> {
  try {
    return (await call).status;
  } catch (error) {
    if (error instanceof ProblemError) return error.status;
    if (error instanceof AdtallyError && error.code !== 'not-connected') return 0;
    throw error;
  }
}

/** Of sorted values; NaN when there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
