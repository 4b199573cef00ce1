type JsonType = 'string' | 'integer' | 'array' | 'object' | 'null';

/** A rule for a value of an input, made from the schema in the OpenAPI document, with the names of JSON Schema. */
export interface Check {
  readonly type: JsonType | readonly JsonType[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Lengths count code points. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  /** Says what a text that does not match the pattern must be. */
  readonly hint?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Check;
  readonly properties?: Readonly<Record<string, Check>>;
  readonly required?: readonly string[];
}

/** The rules for the inputs of a call. */
export interface InputChecks {
  /** Parameters, which are text on the wire, by their names in the input. */
  readonly parameters: Readonly<Record<string, Check>>;
  /** The parameters that must be given. */
  readonly required: readonly string[];
  /** Absent: the call has no body. */
  readonly body?: Check;
}
