import { pause, type ClientDeps } from '../deps.ts';
import { AdtallyError, problemCode, ProblemError, readProblem, type FailureFacts } from '../errors.ts';
import { operationClasses, type OperationClass } from '../operation-class.ts';
import type { ClientPolicy } from '../policy.ts';
import { backoffMs, retryAfterMs } from './backoff.ts';
import type { CircuitBreaker, Permit } from './circuit-breaker.ts';
import type { Admitted } from './endpoints.ts';
import { judge, type Judged, type Verdict } from './judge.ts';
import { Lane } from './lane.ts';
import { RateGate } from './rate-gate.ts';
import type { Release } from './slots.ts';
import { tryOnce, type TryResult, type WireRequest } from './try-once.ts';

export interface Sending extends Judged {
  readonly operationClass: OperationClass;
  readonly timeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly triesMax: number;
  /** Waits for the budget and the circuit breaker instead of failing, within its time-out. */
  readonly patient?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly idempotencyKey?: string | undefined;
  /** In a browser: its requests outlive the page. */
  readonly keepalive?: boolean | undefined;
}

export type Answered = Extract<TryResult, { type: 'answered' }> & {
  readonly tries: number;
  /** An earlier attempt may have taken effect. */
  readonly ambiguous: boolean;
};

export interface ClassFacts {
  /** Calls that have begun and not ended. */
  readonly underWay: number;
  /** Those that wait for a connection. */
  readonly waiting: number;
  /** The address in use. */
  readonly baseUrl: string;
  /** The circuit breaker of that address. */
  readonly breaker: CircuitBreaker['state'];
}

export interface SenderFacts {
  readonly calls: number;
  /** Requests sent. */
  readonly tries: number;
  readonly retries: number;
  readonly underWay: number;
  readonly classes: Readonly<Record<OperationClass, ClassFacts>>;
}

export interface SenderDeps {
  readonly deps: ClientDeps;
  readonly policy: ClientPolicy;
  /** The addresses of the API in their order. */
  readonly baseUrls: readonly string[];
}

/** The state of a call. */
interface Course {
  readonly sending: Sending;
  readonly lane: Lane;
  readonly endMs: number;
  tries: number;
  ambiguous: boolean;
  /** `X-Request-Id` of the last answer. */
  requestId: string | undefined;
  /** The address for the next attempt; undefined: the one in use. */
  wanted: number | undefined;
}

/**
 * Sends requests with time-outs, retries, a retry budget, circuit breakers and rate limiting. One per API,
 * because these states belong to the API. Each class of operations has its own, but for the rate, which the
 * API limits for all calls of a token together.
 */
export class Sender {
  readonly #deps: ClientDeps;
  readonly #policy: ClientPolicy;
  readonly #baseUrls: readonly string[];
  readonly #lanes: Readonly<Record<OperationClass, Lane>>;
  readonly #gate: RateGate;
  #calls = 0;
  #tries = 0;
  #retries = 0;

  constructor({ deps, policy, baseUrls }: SenderDeps) {
    const nowMs = deps.clock.monotonicMs();
    const lane = (name: OperationClass): Lane =>
      new Lane(policy, { connections: policy.connections[name], addresses: baseUrls.length, nowMs });
    this.#deps = deps;
    this.#policy = policy;
    this.#baseUrls = baseUrls;
    this.#lanes = {
      increments: lane('increments'),
      counters: lane('counters'),
      ads: lane('ads'),
      other: lane('other'),
    };
    this.#gate = new RateGate(policy.pacedMs, deps.random);
  }

  get facts(): SenderFacts {
    const classes = Object.fromEntries(
      operationClasses.map((name) => {
        const { underWay, slots, endpoints } = this.#lanes[name];
        const facts = {
          underWay,
          waiting: slots.waiting,
          baseUrl: this.baseUrl(name),
          breaker: endpoints.state,
        };
        return [name, facts];
      }),
    ) as unknown as SenderFacts['classes'];
    const underWay = operationClasses.reduce((sum, name) => sum + classes[name].underWay, 0);
    return { calls: this.#calls, tries: this.#tries, retries: this.#retries, underWay, classes };
  }

  /** The address that a class uses now. */
  baseUrl(name: OperationClass): string {
    return this.#baseUrls[this.#lanes[name].endpoints.current] ?? '';
  }

  /**
   * Resolves to an answer below 400; rejects with an AdtallyError. For an incomplete success it resolves to
   * the last answer.
   */
  async send(request: WireRequest, sending: Sending): Promise<Answered> {
    const lane = this.#lanes[sending.operationClass];
    const course: Course = {
      sending,
      lane,
      endMs: this.#deps.clock.monotonicMs() + sending.timeoutMs,
      tries: 0,
      ambiguous: false,
      requestId: undefined,
      wanted: undefined,
    };
    if (lane.underWay >= this.#policy.callsMax) {
      throw refusal('too-many-calls', `${lane.underWay} calls are already in progress`, course);
    }
    this.#calls += 1;
    lane.underWay += 1;
    lane.budget.earn();
    try {
      return await this.#sendUntilDone(request, course);
    } finally {
      lane.underWay -= 1;
    }
  }

  async #sendUntilDone(request: WireRequest, course: Course): Promise<Answered> {
    const { sending } = course;
    for (;;) {
      const { permit, release } = await this.#admit(course);
      if (course.tries > 0) this.#retries += 1;
      course.tries += 1;
      this.#tries += 1;
      const result = await this.#try(request, permit.index, course);
      release();
      const verdict = judge(result, sending);
      tell(permit, verdict);
      if (result.type === 'answered') {
        this.#learnRate(result);
        course.requestId = result.headers.get('X-Request-Id') ?? undefined;
      }
      if (verdict.next === 'done' && result.type === 'answered') {
        return { ...result, tries: course.tries, ambiguous: course.ambiguous };
      }
      const wasAmbiguous = course.ambiguous;
      course.ambiguous ||= verdict.ambiguous;
      const { endpoints } = course.lane;
      course.wanted = verdict.healthy === false ? endpoints.after(permit.index) : permit.index;
      const isMove = course.wanted !== permit.index;
      if (verdict.next === 'failed' || !(await this.#pauseForRetry(result, course, isMove))) {
        if (result.type === 'answered' && result.status < 400) {
          return { ...result, tries: course.tries, ambiguous: wasAmbiguous };
        }
        throw failure(result, verdict, course);
      }
    }
  }

  async #try(request: WireRequest, index: number, { sending, endMs }: Course): Promise<TryResult> {
    const { target, ...rest } = request;
    const { operationClass, tryTimeoutMs, signal, keepalive } = sending;
    return tryOnce(this.#deps, `${this.#baseUrls[index] ?? ''}${target}`, {
      ...rest,
      operationClass,
      ...(keepalive === true && { keepalive }),
      connectTimeoutMs: this.#policy.connectTimeoutMs,
      timeoutMs: Math.min(tryTimeoutMs, endMs - this.#deps.clock.monotonicMs()),
      signal,
    });
  }

  /** Waits for the rate limit and a connection of the class; rejects if the call must not be sent now. */
  async #admit(course: Course): Promise<{ readonly permit: Admitted; readonly release: Release }> {
    const { clock } = this.#deps;
    const { slots, endpoints } = course.lane;
    const { signal, patient = false } = course.sending;
    const nowMs = (): number => clock.monotonicMs();
    const waitMs = this.#gate.enter(nowMs(), course.endMs - nowMs());
    if (waitMs === undefined) throw refusal('rate-limited', 'the limit of the token is reached', course);
    if (waitMs > 0) await pause(clock, waitMs, signal);
    for (;;) {
      if (signal?.aborted === true) throw refusal('aborted', 'the call was aborted', course, signal.reason);
      const leftMs = course.endMs - nowMs();
      if (leftMs <= 0) throw refusal('timed-out', 'the time ran out before it was sent', course);
      const entered = slots.enter({ clock, timeoutMs: leftMs, signal });
      const release = entered instanceof Promise ? await entered : entered;
      if (release === undefined) continue;
      const permit = endpoints.enter(nowMs, course.wanted);
      if (typeof permit !== 'number') return { permit, release };
      // Others of the class need not wait for a call that waits for the breaker.
      release();
      if (!patient || permit >= course.endMs - nowMs()) {
        throw refusal('circuit-open', 'too many calls have failed; the client pauses', course);
      }
      await pause(clock, permit, signal);
    }
  }

  /** false: there is no retry. `isMove`: it would go to another address. */
  async #pauseForRetry(result: TryResult, course: Course, isMove: boolean): Promise<boolean> {
    const { clock, random } = this.#deps;
    const { sending, endMs, tries, lane } = course;
    const { triesMax, signal, patient = false } = sending;
    if (tries >= triesMax) return false;
    // After a 429 the rate gate delays all calls, this one too.
    const asked =
      result.type === 'answered' && result.status !== 429
        ? retryAfterMs(result.headers.get('Retry-After'), clock.nowMs())
        : 0;
    const isFirstMove = isMove && tries < this.#baseUrls.length;
    // An address that this call has not tried yet need not recover from it.
    const waitMs = isFirstMove ? (asked ?? 0) : backoffMs(this.#policy.backoff, tries, random, asked);
    if (clock.monotonicMs() + waitMs >= endMs) return false;
    if (waitMs > 0) await pause(clock, waitMs, signal);
    // The API has had no work with a request that was never sent, so this one costs no more than a call.
    const isFree = isFirstMove && result.type === 'failed' && result.neverSent;
    for (;;) {
      if (signal?.aborted === true) return false;
      if (isFree) return true;
      const leftMs = endMs - clock.monotonicMs();
      const emptyMs = lane.budget.take(clock.monotonicMs());
      if (emptyMs === 0) return true;
      if (!patient || emptyMs >= leftMs) return false;
      await pause(clock, emptyMs, signal);
    }
  }

  #learnRate({ status, headers }: Extract<TryResult, { type: 'answered' }>): void {
    const { clock } = this.#deps;
    const now = { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    this.#gate.learn({ status, get: (name) => headers.get(name) }, now);
  }
}

function tell(permit: Permit, { healthy }: Verdict): void {
  if (healthy === undefined) permit.withdrawn();
  else if (healthy) permit.succeeded();
  else permit.failed();
}

function factsOf({ sending, tries, ambiguous, requestId }: Course): Omit<FailureFacts, 'code' | 'retryable'> {
  const { idempotencyKey } = sending;
  return { ambiguous, repeat: repeatOf(sending), tries, idempotencyKey, requestId };
}

/** What is repeatable without a key reads or deletes. */
export function repeatOf({ repeatable, idempotencyKey }: Sending): 'safe' | undefined {
  return repeatable && idempotencyKey === undefined ? 'safe' : undefined;
}

/** This attempt sent nothing. */
function refusal(code: string, message: string, course: Course, cause?: unknown): AdtallyError {
  const retryable = code !== 'aborted' && (course.sending.repeatable || !course.ambiguous);
  return new AdtallyError(message, { ...factsOf(course), code, retryable }, cause);
}

function failure(result: TryResult, verdict: Verdict, course: Course): AdtallyError {
  const retryable = verdict.next === 'again';
  if (result.type === 'answered') {
    const problem = readProblem(result.status, result.text);
    return new ProblemError(problem, { ...factsOf(course), code: problemCode(problem), retryable });
  }
  const { reason, error } = result;
  const facts = { ...factsOf(course), code: reason, retryable };
  const cause: unknown = reason === 'aborted' ? course.sending.signal?.reason : error;
  return new AdtallyError(messages[reason], facts, cause);
}

const messages = {
  'timed-out': 'there was no answer in time',
  'no-answer': 'the connection ended before the answer was complete',
  'not-connected': 'could not connect',
  aborted: 'the call was aborted',
} as const;
