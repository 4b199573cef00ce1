/** Where the events of one request get their ids from, so that a retried keyed request appends the same ids. */
export interface RequestIdentity {
  /** The request had an Idempotency-Key: its events need claims. */
  readonly keyed: boolean;
  /**
   * An earlier run of the request had this identity, so its events may be in the log or on their way there. This run
   * must not refuse the request unless those can take no effect any more.
   */
  readonly joined: boolean;
  /** The id of the request's event `index`, 32 hex digits. */
  eventId(index: number): string;
  /** The id that an ad created by this request gets, UUIDv7. */
  readonly adId: string;
}
