import { Prng } from '../../support/prng.ts';
import { LoadConnection } from './load-connection.ts';
import type { Interval, Plan, RunResult } from './plan.ts';
import { RequestPool } from './request-pool.ts';
import { openSchedule } from './schedule.ts';
import { RunTally } from './tally.ts';

/** How long it waits at the end for what is under way. */
const drainMsMax = 15_000;
/** Due requests that never found a connection are looked at one by one up to here; the rest had waited less. */
const unsentMax = 10_000_000;

/** Does what the plan says on real sockets. Rejects when the server cannot be reached. */
export async function runPlan(plan: Plan, onInterval: (interval: Interval) => void): Promise<RunResult> {
  const run = new Run(plan);
  try {
    return await run.complete(onInterval);
  } finally {
    run.close();
  }
}

class Run {
  readonly #plan: Plan;
  readonly #pool: RequestPool;
  readonly #idle: LoadConnection[] = [];
  readonly #connections: LoadConnection[];
  #givenUp: (cause: unknown) => void = () => undefined;
  #connected: () => void = () => undefined;
  #onFree: () => void = () => undefined;
  #drained: () => void = () => undefined;
  #tally: RunTally | undefined;
  #startedMs = 0;
  #underWay = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#pool = new RequestPool(plan);
    const url = new URL(plan.url);
    this.#connections = Array.from({ length: plan.connections }, () => this.#open(url));
  }

  async complete(onInterval: (interval: Interval) => void): Promise<RunResult> {
    const broken = new Promise<never>((_, reject) => (this.#givenUp = reject));
    const all = new Promise<void>((resolve) => (this.#connected = resolve));
    await Promise.race([all, broken]);
    this.#startedMs = performance.now();
    const tally = new RunTally(this.#plan, onInterval);
    this.#tally = tally;
    const unsent = this.#plan.ratePerSecond > 0 ? this.#openLoop() : this.#closedLoop();
    return Promise.race([unsent.then(async (count) => this.#drain(tally, count)), broken]);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #open(url: URL): LoadConnection {
    return new LoadConnection(url, {
      onIdle: (connection) => {
        this.#idle.push(connection);
        if (this.#tally === undefined) {
          if (this.#idle.length === this.#plan.connections) this.#connected();
        } else this.#onFree();
      },
      onAnswer: (request, sinceMs, answer) => {
        const nowMs = performance.now();
        this.#underWay -= 1;
        this.#tally?.answered(request, nowMs - sinceMs, nowMs - this.#startedMs, answer);
        if (this.#underWay === 0) this.#drained();
      },
      onGivenUp: (cause) => {
        this.#givenUp(cause);
      },
    });
  }

  #send(connection: LoadConnection, sinceMs: number, nowMs: number): void {
    this.#underWay += 1;
    this.#tally?.sent(nowMs - Math.max(sinceMs, connection.idleSinceMs));
    connection.send(this.#pool.draw(), sinceMs);
  }

  /** Resolves at the end of the time to how many requests were due and not sent. */
  #openLoop(): Promise<number> {
    const { ratePerSecond, durationMs, seed } = this.#plan;
    const schedule = openSchedule(ratePerSecond, durationMs, new Prng(seed + 1));
    let timer: NodeJS.Timeout | undefined;
    // A timer is good to a millisecond, so what is due within one leaves together; `lateness` tells.
    const pump = (): void => {
      let nowMs = performance.now();
      let connection: LoadConnection | undefined;
      while (this.#startedMs + schedule.dueMs <= nowMs && (connection = this.#idle.pop()) !== undefined) {
        this.#send(connection, this.#startedMs + schedule.dueMs, nowMs);
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
    this.#onFree = pump;
    pump();
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#onFree = () => undefined;
        clearTimeout(timer);
        let unsent = 0;
        for (; schedule.dueMs < durationMs && unsent < unsentMax; schedule.take(), unsent++) {
          this.#tally?.neverSent(this.#pool.draw(), durationMs - schedule.dueMs);
        }
        resolve(unsent);
      }, durationMs);
    });
  }

  #closedLoop(): Promise<number> {
    this.#onFree = () => {
      const nowMs = performance.now();
      for (let free = this.#idle.pop(); free !== undefined; free = this.#idle.pop())
        this.#send(free, nowMs, nowMs);
    };
    this.#onFree();
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#onFree = () => undefined;
        resolve(0);
      }, this.#plan.durationMs);
    });
  }

  async #drain(tally: RunTally, unsent: number): Promise<RunResult> {
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        const enough = setTimeout(resolve, drainMsMax);
        this.#drained = () => {
          clearTimeout(enough);
          resolve();
        };
      });
    }
    // Closing ends what is still under way without an answer, and its connections tell the tally.
    this.close();
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return tally.result(unsent);
  }
}
