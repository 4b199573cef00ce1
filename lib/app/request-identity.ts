/** Where the events of one request get their ids from, so that a retried keyed request appends the same ids. */
export interface RequestIdentity {
  /** The request had an Idempotency-Key: its events need claims. */
  readonly keyed: boolean;
  /** The id of the request's event `index`, 32 hex digits. */
  eventId(index: number): string;
  /** The id that an ad created by this request gets, UUIDv7. */
  readonly adId: string;
}
