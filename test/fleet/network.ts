import type { Container } from '../simulation/container.ts';
import type { Prng } from '../support/prng.ts';
import { assumed } from './quotas.ts';

/** How the services of a region do. */
export interface Region {
  /** 1: as always; 100: each call of a service takes a hundred times as long. */
  slowness: number;
}

interface NetworkCallOptions<T> {
  readonly region: Region;
  readonly prng: Prng;
  readonly workMs: number;
  /** What an answer takes besides its way back: its bytes, and what its reader does with them. Default: nothing. */
  readonly answerMs?: (value: T) => number;
  /** What the caller gets instead of an answer that is later than this; what was asked for is done all the same. */
  readonly deadline?: { readonly afterMs: number; readonly error: () => Error };
}

/** One call from a container to a service: a way there, the work at one instant after its time, a way back. */
export function networkCall<T>(
  container: Container,
  { region, prng, workMs, answerMs = () => 0, deadline }: NetworkCallOptions<T>,
  apply: () => Promise<T>,
): Promise<T> {
  const { kernel } = container;
  // Half of the time always, the rest exponential: some calls take several times the mean.
  const draw = (meanMs: number): number =>
    region.slowness * (meanMs / 2 - (Math.log(1 - prng.float()) * meanMs) / 2);
  const { afterMs = Infinity, error: late } = deadline ?? {};
  const lateAtMs = kernel.elapsedMs + afterMs;
  return new Promise((resolve, reject) => {
    /** Sets off the way to the caller, or the end of its patience if that comes first. */
    const reach = (atMs: number, action: () => void): void => {
      kernel.after(Math.min(atMs, lateAtMs) - kernel.elapsedMs, () => {
        container.reach(() => {
          if (atMs >= lateAtMs && late !== undefined) reject(late());
          else action();
        });
      });
    };
    const answer = (action: () => void, takesMs = 0): void => {
      if (kernel.elapsedMs < lateAtMs) reach(kernel.elapsedMs + draw(assumed.networkMs) + takesMs, action);
    };
    const thereMs = draw(assumed.networkMs + workMs);
    if (thereMs >= afterMs) reach(kernel.elapsedMs + thereMs, () => undefined);
    kernel.after(thereMs, () => {
      apply().then(
        (value) => {
          answer(() => {
            resolve(value);
          }, answerMs(value));
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
