import { buildRequest, type Input } from './build-request.ts';
import type { Answer, CallOptions } from './call-types.ts';
import { repeatOf, Sender, type Answered, type Sending } from './call/sender.ts';
import type { WireRequest } from './call/try-once.ts';
import type { ClientDeps } from './deps.ts';
import { AdtallyError } from './errors.ts';
import { classOf } from './operation-class.ts';
import type { Operation } from './operation.ts';
import type { ClientPolicy } from './policy.ts';
import { TokenJar } from './token-jar.ts';

export interface ApiOptions {
  /** The addresses of the API in their order, without trailing slashes. */
  readonly baseUrls: readonly string[];
  readonly token: (() => string) | undefined;
  readonly policy: ClientPolicy;
  readonly deps: ClientDeps;
}

type AnyAnswer = Answer<number, unknown, string>;

/** A request and how to send it. */
export interface Prepared {
  readonly request: WireRequest;
  readonly sending: Sending;
}

/** A request that was answered. */
interface Ended {
  readonly sending: Sending;
  readonly answered: Answered;
}

const partlyAccepted = 207;
const adsScope = 'ads';

/** One API: turns inputs into requests and responses into answers, and remembers the tokens of its writes. */
export class Api {
  readonly sender: Sender;
  readonly deps: ClientDeps;
  readonly policy: ClientPolicy;
  readonly #options: ApiOptions;
  readonly #jar: TokenJar;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.deps = options.deps;
    this.policy = options.policy;
    this.sender = new Sender(options);
    this.#jar = new TokenJar(options.policy.tokenKeysMax);
  }

  async call(operation: Operation, input: Input = {}, options: CallOptions = {}): Promise<AnyAnswer> {
    const { request, sending } = this.prepare(operation, input, options);
    // Compression takes longer than a page that closes has.
    const compressed = sending.keepalive === true ? request : this.compress(request);
    const sent = compressed instanceof Promise ? await compressed : compressed;
    const answered = await this.sender.send(sent, sending);
    return this.finish(operation, input, { sending, answered });
  }

  prepare(operation: Operation, input: Input, options: CallOptions): Prepared {
    const { token, policy, deps } = this.#options;
    const { keyed = true, readYourWrites = true, traceparent, requestId, signal } = options;
    const filled: Record<string, unknown> = { ...input };
    const isSafe = isSafeAgain(operation, input);
    if (keyed && !isSafe && takes(operation, 'idempotencyKey')) filled.idempotencyKey ??= deps.newKey();
    // Asks for the tokens of all counters, to remember them; a single increment has its in a header.
    if (operation.path === '/api/v1/increments') filled.prefer ??= 'return=representation';
    if (readYourWrites && takes(operation, 'consistencyToken'))
      filled.consistencyToken ??= this.#jar.present(scopesOf(operation, input));
    const bearer = token?.() ?? '';
    const request = buildRequest(operation, filled, {
      ...(bearer !== '' && { Authorization: `Bearer ${bearer}` }),
      ...(traceparent !== undefined && { Traceparent: traceparent }),
      ...(requestId !== undefined && { 'X-Request-Id': requestId }),
    });
    const key = filled.idempotencyKey as string | undefined;
    const writes = operation.method !== 'GET';
    const sending: Sending = {
      operationClass: classOf(operation),
      writes,
      repeatable: isSafe || !writes || operation.method === 'DELETE' || key !== undefined,
      isUnfinished: (status) => status === partlyAccepted && (isSafe || key !== undefined),
      timeoutMs: options.timeoutMs ?? policy.callTimeoutMs,
      tryTimeoutMs: options.tryTimeoutMs ?? policy.tryTimeoutMs + preferredWaitMs(input.prefer),
      triesMax: policy.triesMax,
      signal,
      idempotencyKey: key,
      keepalive: options.keepalive,
    };
    return { request, sending };
  }

  /** The request with its body as gzip, where that pays. */
  compress(request: WireRequest): WireRequest | Promise<WireRequest> {
    const { gzip } = this.deps;
    const { body } = request;
    if (gzip === undefined || typeof body !== 'string') return request;
    return body.length < this.#options.policy.gzipFromLength ? request : gzipped(request, gzip(body));
  }

  /**
   * Makes the answer and remembers its tokens. Throws an AdtallyError for a status that the document does not
   * list.
   */
  finish(operation: Operation, input: Input, ended: Ended): AnyAnswer {
    const answer = this.answerOf(operation, ended);
    this.#remember(operation, input, answer);
    return answer;
  }

  /** As `finish`, without remembering the tokens. */
  answerOf(operation: Operation, { sending, answered }: Ended): AnyAnswer {
    const { status, headers, text, json, tries } = answered;
    const expected = operation.answers[status];
    if (expected === undefined || (expected.body === 'json' && json === undefined)) {
      throw new AdtallyError(`unexpected status ${status} for ${operation.method} ${operation.path}`, {
        code: 'unexpected-answer',
        retryable: false,
        ambiguous: sending.writes,
        repeat: repeatOf(sending),
        tries,
        idempotencyKey: sending.idempotencyKey,
        requestId: headers.get('X-Request-Id') ?? undefined,
      });
    }
    const found: Record<string, string> = {};
    for (const name of expected.headers) {
      const value = headers.get(name);
      if (value !== null) found[name] = value;
    }
    const body = expected.body === 'json' ? json : expected.body === 'text' ? text : undefined;
    return { status, body, headers: found };
  }

  /** Moves tokens from a jar, so that reads present them from now on. */
  rememberAll(jar: TokenJar): void {
    this.#jar.take(jar);
  }

  #remember({ tag }: Operation, input: Input, { headers, body }: AnyAnswer): void {
    const token = headers['Consistency-Token'];
    if (tag === 'Ads' && token !== undefined) this.#jar.remember(adsScope, token);
    if (tag !== 'Counters') return;
    const { key } = (input.body ?? {}) as { readonly key?: unknown };
    if (token !== undefined && typeof key === 'string') this.#jar.remember(counterScope(key), token);
    rememberTokens(this.#jar, body);
  }
}

/** Keeps the tokens in the body of an answer, which has one for each counter. */
export function rememberTokens(jar: TokenJar, body: unknown): void {
  const { tokens = {} } = (body ?? {}) as { readonly tokens?: Readonly<Record<string, string>> };
  for (const [key, token] of Object.entries(tokens)) jar.remember(counterScope(key), token);
}

async function gzipped(request: WireRequest, body: Promise<Uint8Array<ArrayBuffer>>): Promise<WireRequest> {
  return { ...request, headers: { ...request.headers, 'Content-Encoding': 'gzip' }, body: await body };
}

function takes(operation: Operation, header: string): boolean {
  return operation.headers[header] !== undefined;
}

/** What a read needs tokens for. */
function scopesOf({ tag }: Operation, { key }: Input): readonly string[] {
  if (tag === 'Ads') return [adsScope];
  const keys = Array.isArray(key) ? (key as unknown[]) : [key];
  return keys.filter((one) => typeof one === 'string').map(counterScope);
}

/**
 * Calls without a key that may be sent again all the same: an event counts once by its token, and a decision without
 * `served` counts nothing.
 */
function isSafeAgain({ tag, method }: Operation, { body }: Input): boolean {
  return tag === 'Delivery' && method === 'POST' && (body as { count?: unknown }).count !== 'served';
}

/** Stages whose keys are UUIDs answer in lower case; elsewhere the API ignores a token of another counter. */
function counterScope(key: string): string {
  return `counter ${uuidForm.test(key) ? key.toLowerCase() : key}`;
}

const uuidForm = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The API may take this long to answer, because the request asks it to wait. */
function preferredWaitMs(prefer: unknown): number {
  const seconds = typeof prefer === 'string' ? /\bwait\s*=\s*"?(\d{1,2})/.exec(prefer)?.[1] : undefined;
  return Number(seconds ?? 0) * 1000;
}
