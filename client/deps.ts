import type { OperationClass } from './operation-class.ts';

/** The used part of a `Response`. */
export interface FetchedAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Bytes: gzip, as `Content-Encoding` says. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** When it aborts, the promise of the answer or of its text must reject. */
  readonly signal?: AbortSignal;
  /** The pool of connections to take one from. `fetch` of the web ignores it. */
  readonly operationClass?: OperationClass;
  /** `fetch` of the web ignores it. */
  readonly connectTimeoutMs?: number;
  /** In browsers: the request outlives its page. */
  readonly keepalive?: boolean;
}

/**
 * The used part of `fetch`; you can pass another transport. If it rejects although nothing was sent, its error
 * or a cause of it should have one of the codes that `neverSentCodes` lists: then also a write without a key
 * can be retried.
 */
export type Fetch = (url: string, options: FetchOptions) => Promise<FetchedAnswer>;

export interface ClientClock {
  /** Wall time, milliseconds since 1970 UTC. */
  nowMs(): number;
  /** Never goes back; for durations. */
  monotonicMs(): number;
  /** Calls back once after the given milliseconds. Returns a function that cancels it. */
  after(durationMs: number, callback: () => void): () => void;
}

export interface ClientDeps {
  readonly fetch: Fetch;
  readonly clock: ClientClock;
  /** A float in [0, 1). */
  readonly random: () => number;
  /** A new Idempotency-Key: 1 to 255 visible ASCII characters, never the same twice. */
  readonly newKey: () => string;
  /** undefined: bodies are not compressed. */
  readonly gzip: ((text: string) => Promise<Uint8Array<ArrayBuffer>>) | undefined;
}

const systemClock: ClientClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (durationMs, callback) => {
    const timer = setTimeout(callback, durationMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Node 18, and browsers since 2023. */
const gzip: ClientDeps['gzip'] =
  typeof CompressionStream === 'undefined'
    ? undefined
    : async (text) => {
        const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
        return new Uint8Array(await new Response(stream).arrayBuffer());
      };

/**
 * The defaults of the platform: Node 20 or later, or a browser in a secure context. `fetch` is the one of the
 * web; in Node a client makes its own (transport/node-transport.ts).
 */
export const platformDeps: ClientDeps = {
  fetch: (url, options) => fetch(url, options),
  gzip,
  clock: systemClock,
  // eslint-disable-next-line no-restricted-properties -- what tests replace
  random: Math.random,
  newKey: () => crypto.randomUUID(),
};

/** Resolves after the given milliseconds, or as soon as the signal aborts. */
export function pause(clock: ClientClock, durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(durationMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}
