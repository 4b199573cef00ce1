import type { Container } from '../simulation/container.ts';
import type { Prng } from '../support/prng.ts';
import { assumed } from './quotas.ts';

interface NetworkCallOptions<T> {
  readonly prng: Prng;
  readonly workMs: number;
  /** What an answer takes besides its way back: its bytes, and what its reader does with them. Default: nothing. */
  readonly answerMs?: (value: T) => number;
}

/** One call from a container to a service: a way there, the work at one instant after its time, a way back. */
export function networkCall<T>(
  container: Container,
  { prng, workMs, answerMs = () => 0 }: NetworkCallOptions<T>,
  apply: () => Promise<T>,
): Promise<T> {
  const { kernel } = container;
  // Half of the time always, the rest exponential: some calls take several times the mean.
  const draw = (meanMs: number): number => meanMs / 2 - (Math.log(1 - prng.float()) * meanMs) / 2;
  return new Promise((resolve, reject) => {
    const answer = (action: () => void, takesMs = 0): void => {
      kernel.after(draw(assumed.networkMs) + takesMs, () => {
        container.reach(action);
      });
    };
    kernel.after(draw(assumed.networkMs + workMs), () => {
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
