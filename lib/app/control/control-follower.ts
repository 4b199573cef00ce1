import { errorFields } from '../../ports/error-fields.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { asDeployed, readControl, type ControlChange } from './control-item.ts';

/** The longest time that a container's state may be behind, while the store answers, milliseconds. */
export const controlCheckMs = 5000;

export interface ControlFollower {
  /** The last good state; before the first check as deployed. A new state is another object. */
  readonly current: ControlChange;
  /**
   * Reads the item if the last check began `everyMs` ago or more, else resolves at once. Calls that overlap
   * share one read. Never rejects: if the item cannot be read or is not understood, the last good state
   * stays, and a metric and the log say so.
   */
  check(): Promise<void>;
}

/** Follows what an operator changes. The item may also go back, when its table is restored. */
export function createControlFollower(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry'>,
  everyMs = controlCheckMs,
): ControlFollower {
  const { clock, telemetry } = deps;
  let current = asDeployed;
  let checkedAt = { wallMs: -Infinity, monotonicMs: -Infinity };
  let checking: Promise<void> | undefined;
  let isSilent = false;

  /** Once for each row of failures: the metric counts every one. */
  const report = (message: string, fields: Parameters<typeof telemetry.warn>[1]): void => {
    telemetry.count(metrics.controlUnread);
    if (!isSilent) telemetry.error(message, fields);
    isSilent = true;
  };

  const read = async (): Promise<void> => {
    try {
      const control = await readControl(deps);
      if (control.status === 'not-understood') {
        const { version, faults } = control;
        report('the control item is not understood; the last good one stays', {
          ...{ version, follows: current.version, faults: faults.join('; ') },
        });
        return;
      }
      isSilent = false;
      const { change } = control;
      if (change.changeId === current.changeId) return;
      current = change;
      telemetry.observe(metrics.controlVersion, change.version);
      telemetry.info('follows a change of the control item', { version: change.version });
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      report('the control item cannot be read; the last good one stays', {
        ...errorFields(error),
        follows: current.version,
      });
    }
  };

  return {
    get current() {
      return current;
    },
    check() {
      if (checking !== undefined) return checking;
      const now = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
      // The monotonic clock of a container may stand still while it is frozen, and the wall clock may go back.
      const ageMs = Math.max(now.monotonicMs - checkedAt.monotonicMs, now.wallMs - checkedAt.wallMs);
      if (ageMs < everyMs) return Promise.resolve();
      checkedAt = now;
      checking = read().finally(() => {
        checking = undefined;
      });
      return checking;
    },
  };
}
