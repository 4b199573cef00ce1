import { pause, type ClientDeps } from '../deps.ts';
import { AdtallyError, problemCode, ProblemError, readProblem, type FailureFacts } from '../errors.ts';
import type { ClientPolicy } from '../policy.ts';
import { backoffMs, retryAfterMs } from './backoff.ts';
import { CircuitBreaker, type Permit } from './circuit-breaker.ts';
import { judge, type Judged, type Verdict } from './judge.ts';
import { RateGate } from './rate-gate.ts';
import { RetryBudget } from './retry-budget.ts';
import { tryOnce, type TryResult, type WireRequest } from './try-once.ts';

export interface Sending extends Judged {
  readonly timeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly triesMax: number;
  /** Waits for the budget and the circuit breaker instead of failing, within its time-out. */
  readonly patient?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly idempotencyKey?: string | undefined;
}

export type Answered = Extract<TryResult, { type: 'answered' }> & {
  readonly tries: number;
  /** An earlier attempt may have taken effect. */
  readonly ambiguous: boolean;
};

export interface SenderFacts {
  readonly calls: number;
  /** Requests sent. */
  readonly tries: number;
  readonly retries: number;
  readonly underWay: number;
  readonly breaker: CircuitBreaker['state'];
}

/** The state of a call. */
interface Course {
  readonly sending: Sending;
  readonly endMs: number;
  tries: number;
  ambiguous: boolean;
}

/**
 * Sends requests with time-outs, retries, a retry budget, a circuit breaker and rate limiting. One per API,
 * because these states belong to the API.
 */
export class Sender {
  readonly #deps: ClientDeps;
  readonly #policy: ClientPolicy;
  readonly #budget: RetryBudget;
  readonly #breaker: CircuitBreaker;
  readonly #gate: RateGate;
  #calls = 0;
  #tries = 0;
  #retries = 0;
  #underWay = 0;

  constructor(deps: ClientDeps, policy: ClientPolicy) {
    const nowMs = deps.clock.monotonicMs();
    this.#deps = deps;
    this.#policy = policy;
    this.#budget = new RetryBudget(policy.retryBudget, nowMs);
    this.#breaker = new CircuitBreaker(policy.breaker, nowMs);
    this.#gate = new RateGate(policy.pacedMs, deps.random);
  }

  get facts(): SenderFacts {
    return {
      calls: this.#calls,
      tries: this.#tries,
      retries: this.#retries,
      underWay: this.#underWay,
      breaker: this.#breaker.state,
    };
  }

  /**
   * Resolves to an answer below 400; rejects with an AdtallyError. For an incomplete success it resolves to
   * the last answer.
   */
  async send(request: WireRequest, sending: Sending): Promise<Answered> {
    const course: Course = {
      sending,
      endMs: this.#deps.clock.monotonicMs() + sending.timeoutMs,
      tries: 0,
      ambiguous: false,
    };
    if (this.#underWay >= this.#policy.callsMax) {
      throw refusal('too-many-calls', `${this.#underWay} calls are already in progress`, course);
    }
    this.#calls += 1;
    this.#underWay += 1;
    this.#budget.earn();
    try {
      return await this.#sendUntilDone(request, course);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #sendUntilDone(request: WireRequest, course: Course): Promise<Answered> {
    const { clock } = this.#deps;
    const { sending } = course;
    for (;;) {
      const permit = await this.#admit(course);
      if (course.tries > 0) this.#retries += 1;
      course.tries += 1;
      this.#tries += 1;
      const timeoutMs = Math.min(sending.tryTimeoutMs, course.endMs - clock.monotonicMs());
      const result = await tryOnce(this.#deps, request, timeoutMs, sending.signal);
      const verdict = judge(result, sending);
      tell(permit, verdict);
      if (result.type === 'answered') this.#learnRate(result);
      if (verdict.next === 'done' && result.type === 'answered') {
        return { ...result, tries: course.tries, ambiguous: course.ambiguous };
      }
      const wasAmbiguous = course.ambiguous;
      course.ambiguous ||= verdict.ambiguous;
      if (verdict.next === 'failed' || !(await this.#pauseForRetry(result, course))) {
        if (result.type === 'answered' && result.status < 400) {
          return { ...result, tries: course.tries, ambiguous: wasAmbiguous };
        }
        throw failure(result, verdict, course);
      }
    }
  }

  /** Waits for the rate limit and checks the breaker; rejects if the call must not be sent now. */
  async #admit(course: Course): Promise<Permit> {
    const { clock } = this.#deps;
    const { signal, patient = false } = course.sending;
    const nowMs = (): number => clock.monotonicMs();
    const waitMs = this.#gate.enter(nowMs(), course.endMs - nowMs());
    if (waitMs === undefined) throw refusal('rate-limited', 'the limit of the token is reached', course);
    if (waitMs > 0) await pause(clock, waitMs, signal);
    for (;;) {
      if (signal?.aborted === true) throw refusal('aborted', 'the call was aborted', course, signal.reason);
      const leftMs = course.endMs - nowMs();
      if (leftMs <= 0) throw refusal('timed-out', 'the time ran out before it was sent', course);
      const entered = this.#breaker.enter(nowMs);
      if (typeof entered !== 'number') return entered;
      if (!patient || entered >= leftMs) {
        throw refusal('circuit-open', 'too many calls have failed; the client pauses', course);
      }
      await pause(clock, entered, signal);
    }
  }

  /** false: there is no retry. */
  async #pauseForRetry(result: TryResult, { sending, endMs, tries }: Course): Promise<boolean> {
    const { clock, random } = this.#deps;
    const { triesMax, signal, patient = false } = sending;
    if (tries >= triesMax) return false;
    // After a 429 the rate gate delays all calls, this one too.
    const asked =
      result.type === 'answered' && result.status !== 429
        ? retryAfterMs(result.headers.get('Retry-After'), clock.nowMs())
        : 0;
    const waitMs = backoffMs(this.#policy.backoff, tries, random, asked);
    if (clock.monotonicMs() + waitMs >= endMs) return false;
    await pause(clock, waitMs, signal);
    for (;;) {
      if (signal?.aborted === true) return false;
      const leftMs = endMs - clock.monotonicMs();
      const emptyMs = this.#budget.take(clock.monotonicMs());
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

function factsOf({ sending, tries, ambiguous }: Course): Omit<FailureFacts, 'code' | 'retryable'> {
  return { ambiguous, tries, idempotencyKey: sending.idempotencyKey };
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
