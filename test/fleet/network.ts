import type { Container } from '../simulation/container.ts';
import type { Prng } from '../support/prng.ts';
import { assumed } from './quotas.ts';

/** One call from a container to a service: a way there, the work at one instant after its time, a way back. */
export function networkCall<T>(
  container: Container,
  { prng, workMs }: { readonly prng: Prng; readonly workMs: number },
  apply: () => Promise<T>,
): Promise<T> {
  const { kernel } = container;
  // Half of the time always, the rest exponential: some calls take several times the mean.
  const draw = (meanMs: number): number => meanMs / 2 - (Math.log(1 - prng.float()) * meanMs) / 2;
  return new Promise((resolve, reject) => {
    const answer = (action: () => void): void => {
      kernel.after(draw(assumed.networkMs), () => {
        container.reach(action);
      });
    };
    kernel.after(draw(assumed.networkMs + workMs), () => {
      apply().then(
        (value) => {
          answer(() => {
            resolve(value);
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
