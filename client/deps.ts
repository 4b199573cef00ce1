/** The used part of a `Response`. */
export interface FetchedAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** When it aborts, the promise of the answer or of its text must reject. */
  readonly signal?: AbortSignal;
  /** In browsers: the request outlives its page. */
  readonly keepalive?: boolean;
}

/** The used part of `fetch`; you can pass another transport. */
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

/** The defaults of the platform: Node 20 or later, or a browser in a secure context. */
export const platformDeps: ClientDeps = {
  fetch: (url, options) => fetch(url, options),
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
