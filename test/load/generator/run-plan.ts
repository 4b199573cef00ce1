import { HttpConnection } from '../../support/http-connection.ts';
import { Prng } from '../../support/prng.ts';
import type { Plan, RunResult } from './plan.ts';
import { RequestPool } from './request-pool.ts';
import { RunTally } from './tally.ts';

/** How long it waits at the end for requests under way. */
const drainMsMax = 15_000;
/**
 * Due requests that never found a connection are looked at one by one up to here; the rest had waited less.
 */
const unsentMax = 10_000_000;
const refusalsMax = 5;
const reconnectAfterMs = 100;

/** Does what the plan says on real sockets. Rejects when the server cannot be reached. */
export async function runPlan(plan: Plan): Promise<RunResult> {
  const run = new Run(plan);
  try {
    return await run.complete();
  } finally {
    run.close();
  }
}

interface Line {
  readonly connection: HttpConnection;
  /** Since when it could have taken a request. */
  idleSinceMs: number;
}

/**
 * Load is bytes prepared beforehand: what a generator does for a request lowers the rate that it can ask on
 * this machine.
 */
class Run {
  readonly #plan: Plan;
  readonly #pool: RequestPool;
  readonly #tally: RunTally;
  readonly #lines: readonly Line[];
  readonly #idle: Line[] = [];
  readonly #broken: Promise<never>;
  #giveUp: (cause: unknown) => void = () => undefined;
  #onFree: () => void = () => undefined;
  #drained: () => void = () => undefined;
  #startedMs = 0;
  #underWay = 0;
  #closed = false;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#pool = new RequestPool(plan);
    this.#tally = new RunTally(plan);
    this.#broken = new Promise((_, reject) => (this.#giveUp = reject));
    this.#broken.catch(() => undefined);
    this.#lines = Array.from({ length: plan.connections }, () => ({
      connection: new HttpConnection(new URL(plan.url)),
      idleSinceMs: 0,
    }));
  }

  async complete(): Promise<RunResult> {
    await Promise.race([Promise.all(this.#lines.map((line) => this.#connect(line))), this.#broken]);
    this.#startedMs = performance.now();
    const sending = this.#plan.ratePerSecond > 0 ? this.#openLoop() : this.#closedLoop();
    return Promise.race([sending.then((unsent) => this.#drain(unsent)), this.#broken]);
  }

  close(): void {
    this.#closed = true;
    for (const { connection } of this.#lines) connection.close();
  }

  /** Until it is connected; gives the run up when it is refused too often in a row. */
  async #connect(line: Line): Promise<void> {
    for (let refusals = 0; !this.#closed;) {
      try {
        await line.connection.connect();
        break;
      } catch (error) {
        refusals += 1;
        if (refusals > refusalsMax) this.#giveUp(error);
        await new Promise((resolve) => setTimeout(resolve, reconnectAfterMs));
      }
    }
    if (!this.#closed) this.#free(line);
  }

  #free(line: Line): void {
    line.idleSinceMs = performance.now();
    this.#idle.push(line);
    this.#onFree();
  }

  #takeIdle(): Line | undefined {
    for (let line = this.#idle.pop(); line !== undefined; line = this.#idle.pop()) {
      if (line.connection.connected) return line;
      // The server has ended it meanwhile.
      void this.#connect(line);
    }
    return undefined;
  }

  /** Its latency counts from `sinceMs`. */
  #send(line: Line, sinceMs: number, nowMs: number): void {
    const request = this.#pool.draw();
    this.#underWay += 1;
    this.#tally.sent(nowMs - Math.max(sinceMs, line.idleSinceMs));
    line.connection.send(request.bytes, (answer) => {
      const answeredMs = performance.now();
      this.#underWay -= 1;
      this.#tally.answered(request, answeredMs - sinceMs, answeredMs - this.#startedMs, answer);
      if (this.#underWay === 0) this.#drained();
      if (line.connection.connected) this.#free(line);
      else if (!this.#closed) void this.#connect(line);
    });
  }

  /** Resolves at the end of the time to how many requests were due and not sent. */
  #openLoop(): Promise<number> {
    const { ratePerSecond, durationMs, seed } = this.#plan;
    const schedule = openSchedule(ratePerSecond, durationMs, new Prng(seed + 1));
    let timer: NodeJS.Timeout | undefined;
    // A timer is good to a millisecond, so what is due within one leaves together; `lateness` shows it.
    const pump = (): void => {
      let nowMs = performance.now();
      let line: Line | undefined;
      while (this.#startedMs + schedule.dueMs <= nowMs && (line = this.#takeIdle()) !== undefined) {
        this.#send(line, this.#startedMs + schedule.dueMs, nowMs);
        schedule.take();
        nowMs = performance.now();
      }
      if (this.#idle.length > 0 && timer === undefined) {
        const waitMs = Math.max(1, Math.min(durationMs, schedule.dueMs) + this.#startedMs - nowMs);
        timer = setTimeout(() => {
          timer = undefined;
          pump();
        }, waitMs);
      }
    };
    return this.#during(pump, () => {
      clearTimeout(timer);
      let unsent = 0;
      for (; schedule.dueMs < durationMs && unsent < unsentMax; schedule.take(), unsent++) {
        this.#tally.neverSent(this.#pool.draw(), durationMs - schedule.dueMs);
      }
      return unsent;
    });
  }

  #closedLoop(): Promise<number> {
    const pump = (): void => {
      const nowMs = performance.now();
      for (let line = this.#takeIdle(); line !== undefined; line = this.#takeIdle())
        this.#send(line, nowMs, nowMs);
    };
    return this.#during(pump, () => 0);
  }

  /** Calls `pump` at the start and whenever a connection is free, until the time is over. */
  #during(pump: () => void, end: () => number): Promise<number> {
    this.#onFree = pump;
    pump();
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#onFree = () => undefined;
        resolve(end());
      }, this.#plan.durationMs);
    });
  }

  async #drain(unsent: number): Promise<RunResult> {
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        const enough = setTimeout(resolve, drainMsMax);
        this.#drained = () => {
          clearTimeout(enough);
          resolve();
        };
      });
    }
    // Closing ends what is still under way without an answer, and the tally notes it.
    this.close();
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return this.#tally.result(unsent);
  }
}

/** When each request is due, milliseconds from the start, rising; Infinity once there are no more. */
export interface Schedule {
  /** Of the first request not yet taken. */
  readonly dueMs: number;
  take(): void;
}

/**
 * Requests of many independent clients: the gaps between them are exponential, and none waits for the answer
 * to another. What is due does not depend on how the server does, so a server that stalls is charged for all
 * that came meanwhile.
 */
export function openSchedule(ratePerSecond: number, durationMs: number, prng: Prng): Schedule {
  const gapMs = 1000 / ratePerSecond;
  let dueMs = 0;
  const advance = (): void => {
    // 1 - u is in (0, 1], so its logarithm is finite.
    dueMs -= Math.log(1 - prng.float()) * gapMs;
    if (dueMs >= durationMs) dueMs = Infinity;
  };
  advance();
  return {
    get dueMs() {
      return dueMs;
    },
    take: advance,
  };
}
