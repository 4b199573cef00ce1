import { isStateStoreError } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { headKey, type ProjectionId } from '../state-keys.ts';
import { parseHead } from './ad-head.ts';

/** How old the pointer of a reader may be while the store answers, milliseconds. */
export const pointerCheckMs = 5000;

/** While the store does not answer, it may be so old. Much less than `droppedAfterMs` (projection/drop.ts). */
const pointerAgeMaxMs = 30_000;

export interface ProjectionPointer {
  /**
   * The projection that a read of one ad uses. Every commit writes both projections, so a pointer that is
   * behind leads to the same ad until the old one is dropped. Overlapping calls share one read. Rejects with a
   * StateStoreError.
   */
  current(): Promise<ProjectionId>;
}

export function createProjectionPointer({ state, clock }: Pick<Ports, 'state' | 'clock'>): ProjectionPointer {
  let known: { readonly id: ProjectionId; readonly wallMs: number; readonly monotonicMs: number } | undefined;
  let reading: Promise<ProjectionId> | undefined;

  // The monotonic clock of a container may stand still while it is frozen, and the wall clock may go back.
  const ageMs = (): number =>
    known === undefined
      ? Infinity
      : Math.max(clock.monotonicMs() - known.monotonicMs, clock.nowMs() - known.wallMs);

  const read = async (): Promise<ProjectionId> => {
    const begun = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    try {
      const { id } = parseHead(await state.get(headKey)).active;
      known = { id, ...begun };
      return id;
    } catch (error) {
      if (!isStateStoreError(error) || known === undefined || ageMs() > pointerAgeMaxMs) throw error;
      return known.id;
    }
  };

  return {
    current() {
      if (known !== undefined && ageMs() < pointerCheckMs) return Promise.resolve(known.id);
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}
