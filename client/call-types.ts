/** The result of a call; `status` says which of its answers it is. */
export interface Answer<Status extends number, Body, Header extends string> {
  readonly status: Status;
  readonly body: Body;
  /** The headers of the answer. */
  readonly headers: Readonly<Partial<Record<Header, string>>>;
}

export interface CallOptions {
  /** Aborts the call, also between attempts. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Time-out of the whole call, with all attempts and pauses, milliseconds; default: the client's
   * `callTimeoutMs`.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Time-out of one attempt, milliseconds; default: the client's `tryTimeoutMs` plus the wait of `Prefer:
   * wait=N`.
   */
  readonly tryTimeoutMs?: number | undefined;
  /**
   * false: sends a write without an Idempotency-Key, which costs the server less. It is then retried only if
   * it was certainly not written. Default true: the client makes a key for every call that accepts one.
   */
  readonly keyed?: boolean | undefined;
  /** false: a read does not wait for the client's own writes. Default true. */
  readonly readYourWrites?: boolean | undefined;
  /**
   * true: in a browser, a request of the call outlives the page that closes, if the bodies of all such requests
   * have at most 64 KiB together. It is sent uncompressed. Default false.
   */
  readonly keepalive?: boolean | undefined;
  /** W3C trace context: `Traceparent` of the request. */
  readonly traceparent?: string | undefined;
  /** `X-Request-Id` of each attempt, 1 to 128 visible ASCII characters; default: the API makes one. */
  readonly requestId?: string | undefined;
}
