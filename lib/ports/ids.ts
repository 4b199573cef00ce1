/** Randomness and identity. */
export interface Ids {
  /** A UUIDv7 (RFC 9562) whose time field is `nowMs`. Later calls in one process sort after earlier ones. */
  uuidv7(nowMs: number): string;
  /** 128 random bits as 32 lower-case hex digits: event ids and idempotency nonces. */
  nonce(): string;
  /** A float in [0, 1): jitter, never identity. */
  random(): number;
}
