/** One call in the generated table. */
export interface Operation {
  readonly method: string;
  /** `/api/v1/ad/{id}` */
  readonly path: string;
  readonly query: readonly string[];
  /** Request headers: the name in the input and the name in HTTP. */
  readonly headers: Readonly<Record<string, string>>;
  /** The media type of the body; absent: there is none. */
  readonly mediaType?: string;
  /** Successes by status. */
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  readonly tag: string;
}

export interface OperationAnswer {
  /** The response headers of the answer. */
  readonly headers: readonly string[];
  readonly body: 'json' | 'text' | 'none';
}
