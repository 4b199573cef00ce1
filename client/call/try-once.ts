import type { ClientDeps, FetchOptions } from '../deps.ts';
import { parseExactJson } from '../exact-json.ts';

/** A request that has the same bytes on each attempt. */
export interface WireRequest {
  /** Path and query, below the base URL. */
  readonly target: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
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
      /** `not-connected`: certainly never sent, also if the time ran out before it was. */
      readonly reason: 'timed-out' | 'no-answer' | 'not-connected' | 'aborted';
      /** Otherwise it is unknown whether it took effect. */
      readonly neverSent: boolean;
      readonly error: unknown;
    };

interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request, with a time-out for the whole answer. Never rejects. An incomplete answer counts as no
 * answer.
 */
export async function tryOnce(
  { fetch, clock }: Pick<ClientDeps, 'fetch' | 'clock'>,
  url: string,
  { timeoutMs, signal, ...options }: Omit<FetchOptions, 'signal'> & Limits,
): Promise<TryResult> {
  const controller = new AbortController();
  let reason: 'timed-out' | 'aborted' | 'not-connected' | undefined;
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
    const answer = await fetch(url, { ...options, signal: controller.signal });
    const text = await answer.text();
    const { status, headers } = answer;
    const isJson = status < 300 && (headers.get('Content-Type') ?? '').startsWith('application/json');
    return { type: 'answered', status, headers, text, json: isJson ? parseExactJson(text) : undefined };
  } catch (error) {
    // Any rejection of the transport, or incomplete JSON: there was no complete answer.
    const neverSent = isNeverSent(error);
    if (neverSent && reason !== 'aborted') reason = 'not-connected';
    return { type: 'failed', reason: reason ?? 'no-answer', neverSent, error };
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Made once, because a new error per attempt would cost its stack. */
const endedByClient = new Error('the client ended the try');

/** The code of a transport's error that says that nothing was sent. */
export const neverSentCode = 'NEVER_SENT';

/** With system errors before a connection is open. Browsers do not report them, so there it is never certain. */
export const neverSentCodes: ReadonlySet<unknown> = new Set([
  ...[neverSentCode, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'],
]);
const causesMax = 5;

/** Not by instanceof: the errors of Node and of a test may be of different realms. */
function isNeverSent(error: unknown): boolean {
  let inner = error;
  for (let depth = 0; depth < causesMax && typeof inner === 'object' && inner !== null; depth++) {
    const { code, cause } = inner as { readonly code?: unknown; readonly cause?: unknown };
    if (neverSentCodes.has(code)) return true;
    inner = cause;
  }
  return false;
}
