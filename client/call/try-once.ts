import type { ClientDeps } from '../deps.ts';
import { parseExactJson } from '../exact-json.ts';

/** A request that has the same bytes on each attempt. */
export interface WireRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export type TryResult =
  | {
      readonly type: 'answered';
      readonly status: number;
      readonly headers: { get(name: string): string | null };
      readonly text: string;
      /** The body of a success, parsed. */
      readonly json: unknown;
    }
  | {
      readonly type: 'failed';
      /** `not-connected`: certainly never sent; for the others it is unknown whether they took effect. */
      readonly reason: 'timed-out' | 'no-answer' | 'not-connected' | 'aborted';
      readonly error: unknown;
    };

/**
 * Sends one request, with a time-out for the whole answer. Never rejects. An incomplete answer counts as no
 * answer.
 */
export async function tryOnce(
  { fetch, clock }: Pick<ClientDeps, 'fetch' | 'clock'>,
  { url, ...request }: WireRequest,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<TryResult> {
  const controller = new AbortController();
  let reason: 'timed-out' | 'aborted' | undefined;
  const end = (why: 'timed-out' | 'aborted'): void => {
    reason ??= why;
    controller.abort(endedByClient);
  };
  const cancelTimer = clock.after(timeoutMs, () => {
    end('timed-out');
  });
  const onAbort = (): void => {
    end('aborted');
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const answer = await fetch(url, { ...request, signal: controller.signal });
    const text = await answer.text();
    const { status, headers } = answer;
    const isJson = status < 300 && (headers.get('Content-Type') ?? '').startsWith('application/json');
    return { type: 'answered', status, headers, text, json: isJson ? parseExactJson(text) : undefined };
  } catch (error) {
    // Any rejection of the transport, or incomplete JSON: there was no complete answer.
    return { type: 'failed', reason: reason ?? (isNeverSent(error) ? 'not-connected' : 'no-answer'), error };
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Made once, because a new error per attempt would cost its stack. */
const endedByClient = new Error('the client ended the try');

/** System errors before a connection is open. Browsers do not report them, so there it is never certain. */
const neverSentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
const causesMax = 5;

function isNeverSent(error: unknown): boolean {
  let inner = error;
  for (let depth = 0; depth < causesMax && inner instanceof Error; depth++) {
    if (neverSentCodes.has((inner as { code?: unknown }).code as string)) return true;
    inner = inner.cause;
  }
  return false;
}
