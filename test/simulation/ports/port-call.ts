import type { Prng } from '../../support/prng.ts';
import type { Container } from '../container.ts';
import type { FaultPlan } from '../fault-plan.ts';

/** The fate of one call over the network. */
export type Fate =
  | { readonly type: 'done' }
  /** Not done, and the caller is told the error. */
  | { readonly type: 'refused'; readonly error: () => Error }
  /** Done, `lateMs` after its time, and the caller is told the error. */
  | { readonly type: 'unanswered'; readonly error: () => Error; readonly lateMs: number }
  | { readonly type: 'dies-before' | 'dies-after' };

export const done: Fate = { type: 'done' };

export interface PortWorld {
  readonly container: Container;
  readonly faults: FaultPlan;
  readonly latency: Latency;
  /** Work that will take effect though nobody waits for it. */
  readonly pending: PendingWork;
}

/** Counts what is still under way behind everybody's back. */
export class PendingWork {
  count = 0;
}

/** Draws how long one way over the network takes, milliseconds. */
export class Latency {
  readonly #prng: Prng;
  readonly #meanMs: number;
  /** Above 1: everything is slow for a while. */
  factor = 1;

  constructor(prng: Prng, meanMs: number) {
    this.#prng = prng;
    this.#meanMs = meanMs;
  }

  /** Exponential, so that most are short and a few overtake nobody. */
  draw(): number {
    const share = (this.#prng.uint32() + 1) / 2 ** 32;
    return Math.min(-Math.log(share) * this.#meanMs * this.factor, 5000);
  }
}

/** After so long without an answer an adapter gives up. */
const answerWaitMs = [500, 4000] as const;

/**
 * One call from a container to a service: a way there, the work at one instant, a way back. `apply` runs at
 * that instant whatever has become of the caller meanwhile; its rejection is the service's word and goes back
 * as it is.
 */
export function portCall<T>(world: PortWorld, name: string, fate: Fate, apply: () => Promise<T>): Promise<T> {
  const { container, latency } = world;
  const { kernel } = container;
  return new Promise((resolve, reject) => {
    if (container.dead) return;
    if (fate.type === 'dies-before') {
      container.kill(`before ${name}`);
      return;
    }
    const answer = (action: () => void, afterMs = latency.draw()): void => {
      kernel.after(afterMs, () => {
        container.reach(action);
      });
    };
    kernel.after(latency.draw(), () => {
      if (fate.type === 'refused') {
        answer(() => {
          reject(fate.error());
        });
        return;
      }
      if (fate.type === 'unanswered') {
        applyUnseen(world, fate.lateMs, apply);
        answer(
          () => {
            reject(fate.error());
          },
          world.container.prng.int(...answerWaitMs),
        );
        return;
      }
      apply().then(
        (result) => {
          if (fate.type === 'dies-after') container.kill(`after ${name}`);
          answer(() => {
            resolve(result);
          });
        },
        (error: unknown) => {
          answer(() => {
            reject(error instanceof Error ? error : new Error(String(error)));
          });
        },
      );
    });
  });
}

/** The work is done and nobody hears how it went. */
export function applyUnseen(
  { container: { kernel }, pending }: PortWorld,
  lateMs: number,
  apply: () => Promise<unknown>,
): void {
  pending.count += 1;
  kernel.after(lateMs, () => {
    void kernel.spawn(async () => {
      try {
        await apply();
      } catch (error) {
        // A limit of the port: the caller would have been told, and nothing was written.
        if (!(error instanceof RangeError)) throw error;
      } finally {
        pending.count -= 1;
      }
    });
  });
}

/** How late a write may come after its caller was told that it failed. */
export function lateness(prng: Prng): number {
  return 10 ** (prng.int(0, 5000) / 1000) * 1.2;
}
