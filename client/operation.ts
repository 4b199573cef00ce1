/** One call as the generated table has it. */
export interface Operation {
  readonly method: string;
  /** `/api/v1/ad/{id}` */
  readonly path: string;
  readonly query: readonly string[];
  /** How the input calls a request header, and how HTTP does. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body; absent: there is none. */
  readonly mediaType?: string;
  /** Successes by status. */
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  readonly tag: string;
}

export interface OperationAnswer {
  /** Those worth reading. */
  readonly headers: readonly string[];
  readonly body: 'json' | 'text' | 'none';
}
