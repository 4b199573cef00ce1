import type { Call } from './api-document.ts';
import type { Coding } from './codings.ts';

/** A value from an earlier answer, so it is chosen only when the request is sent. */
export interface Pooled {
  /** The name of a member, header or parameter whose values are kept; see pools.ts. */
  readonly pool: string;
  readonly index: number;
  /** When nothing is known yet; undefined: then without it. */
  readonly otherwise: string | undefined;
  /** Its number becomes greater: something that has not happened yet. */
  readonly beyond?: boolean;
  /** What is written around it. */
  readonly around?: readonly [string, string];
}

export type Text = string | Pooled;

export const draftKinds = ['valid', 'nearly valid', 'hostile', 'wire'] as const;
export type DraftKind = (typeof draftKinds)[number];

export type Expectation =
  /** A success, or a refusal for what the request meets, never for its form. */
  | { readonly type: 'fine' }
  /** `path`: the fault that the problem has to name. */
  | { readonly type: 'refused'; readonly statuses: readonly number[]; readonly path?: string }
  /** Whatever the document allows. */
  | { readonly type: 'any' };

/** A request as drawn: plain data, so that it can be shrunk and drawn again from the seed. */
export interface Draft {
  readonly kind: DraftKind;
  /** What is special about it, in words. */
  readonly what: string;
  readonly call: Call | undefined;
  readonly method: string;
  /** Literal pieces stand in the target as they are. */
  readonly path: readonly Text[];
  /** Literal when a text; else each name and value is encoded. */
  readonly query: string | readonly (readonly [string, Text])[];
  readonly headers: readonly (readonly [string, Text])[];
  readonly body: string | Buffer | undefined;
  /** How the body is sent; undefined: as it is. */
  readonly coding?: Coding | undefined;
  /** Default: the server's own. */
  readonly host?: string | undefined;
  readonly expect: Expectation;
  /** It names something that may never happen: 503 not-caught-up is a right answer. */
  readonly mayLag: boolean;
}

/** A draft with everything chosen. */
export interface FuzzRequest {
  readonly draft: Draft;
  readonly method: string;
  readonly target: string;
  /** Sent as latin1. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
  /** The bytes that are sent for the body, if it is coded. */
  readonly coded: Buffer | undefined;
}

export function plainDraft(call: Call, given: Partial<Draft> = {}): Draft {
  return {
    kind: 'valid',
    what: 'as documented',
    call,
    method: call.method,
    path: [call.path],
    query: [],
    headers: [],
    body: undefined,
    expect: { type: 'fine' },
    mayLag: false,
    ...given,
  };
}

/** The bytes of a request; `head` may be changed to make it wrong. */
export function toBytes(request: FuzzRequest, host: string): Buffer {
  return Buffer.concat([
    headBytes(request, host, bodyHeaders(request)),
    sentBody(request) ?? Buffer.alloc(0),
  ]);
}

export function headBytes(
  { method, target, headers, draft }: FuzzRequest,
  host: string,
  more: readonly (readonly [string, string])[],
): Buffer {
  const lines = [['Host', draft.host ?? host] as const, ...headers, ...more].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}

export function sentBody({ body, coded }: FuzzRequest): Buffer | undefined {
  return coded ?? body;
}

export function bodyHeaders(request: FuzzRequest): readonly (readonly [string, string])[] {
  const body = sentBody(request);
  return body === undefined ? [] : [['Content-Length', String(body.length)]];
}
