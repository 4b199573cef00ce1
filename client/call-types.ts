/** What a call resolves to; `status` tells which of its answers it is. */
export interface Answer<Status extends number, Body, Header extends string> {
  readonly status: Status;
  readonly body: Body;
  /** Those that the answer has. */
  readonly headers: Readonly<Partial<Record<Header, string>>>;
}

export interface CallOptions {
  /** Ends the call, also between two tries. */
  readonly signal?: AbortSignal | undefined;
  /** Of the whole call, all tries and pauses together, milliseconds; default: the client's `callTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Of one try, milliseconds; default: the client's `tryTimeoutMs`, and as much more as `Prefer: wait=N` asks for. */
  readonly tryTimeoutMs?: number | undefined;
  /**
   * false: a write goes out without an Idempotency-Key, which costs the server less; it is then sent again only if it
   * was certainly not written. Default true: the client makes a key for every call that takes one.
   */
  readonly keyed?: boolean | undefined;
  /** W3C trace context: `Traceparent` of the request. */
  readonly traceparent?: string | undefined;
}
