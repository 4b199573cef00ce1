import type { PinnedKey } from '../../core/counters/hot/lanes.ts';
import { errorFields } from '../../ports/error-fields.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { frozenWaitMsMax, waitAtMost } from '../wait-at-most.ts';
import {
  asDeployed,
  readControl,
  readControlAndHint,
  type ControlChange,
  type ReadControl,
} from './control-item.ts';

/** The longest time that a container's state may be behind, while the store answers, milliseconds. */
export const controlCheckMs = 5000;

/** What an invocation waits for the store before it goes on with the last good state, milliseconds. */
const controlWaitMsMax = 250;

export interface ControlFollower {
  /** The last good state; before the first check as deployed. A new state is another object. */
  readonly current: ControlChange;
  /**
   * Reads the item if the last check began `everyMs` ago or more, else resolves at once. Calls that overlap
   * share one read, and one that takes long is waited for once, up to `controlWaitMsMax`. Never rejects: if
   * the item cannot be read or is not understood, the last good state stays, and a metric and the log say so.
   */
  check(): Promise<void>;
}

export interface FollowedItems {
  /** Follows the counters that the consumers have found hot, too. Default false: without them. */
  readonly hotKeys?: boolean;
}

/** Follows what an operator changes. The item may also go back, when its table is restored. */
export function createControlFollower(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry'>,
  everyMs = controlCheckMs,
  { hotKeys = false }: FollowedItems = {},
): ControlFollower {
  const { clock, telemetry } = deps;
  let current = asDeployed;
  let checkedAt = { wallMs: -Infinity, monotonicMs: -Infinity };
  let checking: Promise<void> | undefined;
  let isSilent = false;
  let wasRead = false;
  /** The read that is under way has been waited for in vain. */
  let isSlow = false;

  /** Once for each row of failures: the metric counts every one. */
  const report = (message: string, fields: Parameters<typeof telemetry.warn>[1]): void => {
    telemetry.count(metrics.controlUnread);
    if (!isSilent) telemetry.error(message, fields);
    isSilent = true;
  };

  const follow = (control: ReadControl): void => {
    wasRead = true;
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
    current = withFound(change, current.hotKeys ?? []);
    telemetry.observe(metrics.controlVersion, change.version);
    telemetry.info('follows a change of the control item', { version: change.version });
  };

  const followFound = (found: readonly PinnedKey[]): void => {
    if (JSON.stringify(found) === JSON.stringify(current.hotKeys ?? [])) return;
    current = withFound(current, found);
  };

  const read = async (): Promise<void> => {
    try {
      if (!hotKeys) {
        follow(await readControl(deps));
        return;
      }
      const { control, found } = await readControlAndHint(deps);
      followFound(found);
      follow(control);
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      report('the control item cannot be read; the last good one stays', {
        ...errorFields(error),
        follows: current.version,
      });
    }
  };

  /** The monotonic clock of a container may stop while it is frozen, and the wall clock may go back. */
  const ageMs = (): number =>
    Math.max(clock.monotonicMs() - checkedAt.monotonicMs, clock.nowMs() - checkedAt.wallMs);

  /** The first state is worth its time: without it, limits would be those of the deployment. */
  const waitFor = async (reading: Promise<void>, limitMs: number): Promise<boolean> => {
    if (wasRead) return waitAtMost(clock, limitMs, reading);
    await reading;
    return true;
  };

  return {
    get current() {
      return current;
    },
    async check() {
      if (checking !== undefined && ageMs() > everyMs) {
        // The container may have been frozen with this read, and then what it finds is old.
        if (!(await waitFor(checking, frozenWaitMsMax))) return;
      }
      if (checking === undefined) {
        if (ageMs() < everyMs) return;
        checkedAt = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
        isSlow = false;
        checking = read().finally(() => {
          checking = undefined;
        });
      }
      if (!isSlow) isSlow = !(await waitFor(checking, controlWaitMsMax));
    },
  };
}

function withFound(change: ControlChange, found: readonly PinnedKey[]): ControlChange {
  const { version, content, seriesFromMs, by, atMs, changeId, restores } = change;
  return {
    ...{ version, content, seriesFromMs, by, atMs, changeId },
    ...(restores !== undefined && { restores }),
    ...(found.length > 0 && { hotKeys: found }),
  };
}
