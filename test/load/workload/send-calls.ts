import { AdtallyError, ProblemError, type Client } from '../../../client/index.ts';
import { Histogram } from '../measure/histogram.ts';
import { openClient, type Endpoint } from './open-client.ts';

export interface CallLoad extends Endpoint {
  readonly connections: number;
  readonly requests: number;
  /** The call number `index`. What is safe to send again the client does send again. */
  readonly call: (client: Client, index: number) => Promise<{ readonly status: number }>;
  /** How call number `index` ended, as in `failed`. */
  readonly onEnd?: (index: number, status: number) => void;
  readonly onProgress?: (done: number) => void;
}

export interface CallResult {
  readonly sent: number;
  /** Answered with a 2xx. */
  readonly acknowledged: number;
  /** Answered otherwise, by status; 0 stands for no answer, after which the effect is unknown. */
  readonly failed: ReadonlyMap<number, number>;
  /** From the first request to the last answer. */
  readonly durationMs: number;
  /** Of every answer, microseconds; repetitions and their pauses included. */
  readonly latencies: Histogram;
}

const triesMax = 10;

/** Sends calls over `connections` connections, each as soon as its connection is free. */
export async function sendCalls(load: CallLoad): Promise<CallResult> {
  const { connections, requests, call, onEnd, onProgress } = load;
  const latencies = new Histogram();
  const failed = new Map<number, number>();
  let next = 0;
  let acknowledged = 0;
  const startedMs = performance.now();
  const { client, close } = openClient(load, connections, { triesMax });
  const work = async (): Promise<void> => {
    for (let index = next++; index < requests; index = next++) {
      const sentMs = performance.now();
      const status = await statusOf(call(client, index));
      latencies.record((performance.now() - sentMs) * 1000);
      if (isSuccess(status)) acknowledged += 1;
      else failed.set(status, (failed.get(status) ?? 0) + 1);
      onEnd?.(index, status);
      onProgress?.(latencies.count);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  close();
  return { sent: requests, acknowledged, failed, durationMs: performance.now() - startedMs, latencies };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

async function statusOf(call: Promise<{ readonly status: number }>): Promise<number> {
  try {
    return (await call).status;
  } catch (error) {
    if (error instanceof ProblemError) return error.status;
    if (error instanceof AdtallyError && error.code !== 'not-connected') return 0;
    throw error;
  }
}
