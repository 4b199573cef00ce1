import {
  dayMs,
  dayOf,
  startOfDayMs,
  usageCounterKey,
  usageKeptDays,
  usageKinds,
  type UsageKind,
} from '../../core/counters/usage-key.ts';
import { errorFields } from '../../ports/error-fields.ts';
import { isStateStoreError, transactActionsMax, type WriteAction } from '../../ports/state-store.ts';
import { addAction, claimAction } from '../counters/counter-actions.ts';
import type { Ports } from '../ports.ts';
import { usageCallerKey } from '../state-keys.ts';
import { waitAtMost } from '../wait-at-most.ts';

/** How long a container may keep calls in memory while it is called, milliseconds. */
export const usageFlushMs = 10_000;

/** The longest time that a call waits until usage is written, milliseconds. */
const flushWaitMaxMs = 500;

/** The most callers between two writes; calls of further ones are not counted. */
export const callersMax = 10_000;

/** A transaction also claims its id. Each caller takes two counters and a row of the day's list. */
const callersPerWrite = Math.floor((transactActionsMax - 1) / 3);

/**
 * How long a write is repeated. A frozen container may wake up after days, when nothing proves any more that
 * its write took effect, so it gives an older one up.
 */
const repeatedForMs = 3_600_000;

/** Clocks of containers disagree, and the store deletes a claim at any time after this. */
const claimLifeMs = 24 * 3_600_000;

/** Counts the calls and increments of each caller, by day (UTC), in counters of the product itself. */
export interface UsageRecorder {
  /** Notes a call, at the instant of now. */
  noteCall(principal: string): void;
  /** Notes increments that an answer acknowledges. */
  noteIncrements(principal: string, count: number): void;
  /**
   * Writes what was noted if the last write began `everyMs` ago, and waits for that half a second at
   * most. undefined: nothing is due. Never rejects for a failure of the store: what it did not take is written
   * later.
   */
  flushIfDue(): Promise<void> | undefined;
  /** Writes what was noted. Calls that overlap share one write. */
  flush(): Promise<void>;
}

/**
 * Keeps usage in memory and adds it up to the counters with one transaction every 10 s, because one write per
 * call would cost more than the call. So usage is counted at most once: a container that dies loses what it
 * noted since its last write, and nothing is ever counted twice, because each transaction claims an id. The
 * additions are part of `sync_total`, and so not part of what the log explains: audits do not see them.
 */
export function createUsageRecorder(
  deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'telemetry'>,
  everyMs = usageFlushMs,
): UsageRecorder {
  const { state, clock, ids, telemetry } = deps;
  /** By day and caller. */
  let noted = new Map<string, Usage>();
  /** What a write has begun with; it stays until the store has certainly taken it. */
  let sealed: SealedUsage[] = [];
  let flushing: Promise<void> | undefined;
  let flushed: Since = { wallMs: -Infinity, monotonicMs: -Infinity };

  const now = (): Since => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  // The monotonic clock of a container may stand still while it is frozen, and the wall clock may go back.
  const ageMs = (since: Since): number =>
    Math.max(clock.monotonicMs() - since.monotonicMs, clock.nowMs() - since.wallMs);

  const add = (principal: string, kind: UsageKind, amount: number): void => {
    const dayAtMs = startOfDayMs(clock.nowMs());
    const id = `${dayAtMs} ${principal}`;
    const usage = noted.get(id);
    if (usage !== undefined) {
      usage[kind] += amount;
    } else if (noted.size < callersMax) {
      noted.set(id, { dayAtMs, principal, calls: 0, increments: 0, [kind]: amount });
    } else {
      telemetry.warn('too many callers at once; some usage is not counted');
    }
  };

  const writeSealed = async (): Promise<void> => {
    for (let next = sealed[0]; next !== undefined; next = sealed[0]) {
      if (ageMs(next) < repeatedForMs) {
        // If its claim exists, an earlier try took effect.
        await state.transact(actionsOf(next, clock.nowMs()));
      } else {
        telemetry.warn('usage could not be written for too long; it is lost', {
          callers: next.usages.length,
        });
      }
      sealed.shift();
    }
  };

  const write = async (): Promise<void> => {
    try {
      await writeSealed();
      sealed = seal([...noted.values()], () => ({ id: `usage-${ids.nonce()}`, ...now() }));
      noted = new Map();
      await writeSealed();
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      telemetry.warn('usage could not be written; the next write repeats it', errorFields(error));
    }
  };

  const flush = (): Promise<void> => {
    flushed = now();
    flushing ??= write().finally(() => {
      flushing = undefined;
    });
    return flushing;
  };

  const flushSoon = async (): Promise<void> => {
    await waitAtMost(clock, flushWaitMaxMs, flush());
  };

  return {
    noteCall(principal) {
      add(principal, 'calls', 1);
    },
    noteIncrements(principal, count) {
      add(principal, 'increments', count);
    },
    flushIfDue() {
      return flushing !== undefined || ageMs(flushed) < everyMs ? undefined : flushSoon();
    },
    flush,
  };
}

interface Usage {
  readonly dayAtMs: number;
  readonly principal: string;
  calls: number;
  increments: number;
}

/** An instant by both clocks. */
interface Since {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

interface SealedUsage extends Since {
  /** Of the claim. Ids of events are hexadecimal, so no claim of usage can keep an event from being counted. */
  readonly id: string;
  readonly usages: readonly Usage[];
}

function seal(usages: readonly Usage[], begin: () => Omit<SealedUsage, 'usages'>): SealedUsage[] {
  const sealed: SealedUsage[] = [];
  for (let start = 0; start < usages.length; start += callersPerWrite) {
    sealed.push({ ...begin(), usages: usages.slice(start, start + callersPerWrite) });
  }
  return sealed;
}

function actionsOf({ id, usages }: SealedUsage, nowMs: number): readonly WriteAction[] {
  const claim = claimAction(id, BigInt(Math.ceil((nowMs + claimLifeMs) / 1000)));
  return [claim, ...usages.flatMap((usage) => callerActions(usage, nowMs))];
}

function callerActions(usage: Usage, nowMs: number): readonly WriteAction[] {
  const { dayAtMs, principal } = usage;
  const day = dayOf(dayAtMs);
  const keptUntil = { expires_at: BigInt((dayAtMs + (usageKeptDays + 1) * dayMs) / 1000) };
  const counter = (kind: UsageKind): WriteAction => {
    const amount = BigInt(usage[kind]);
    const action = addAction(usageCounterKey(day, kind, principal), amount, nowMs);
    return {
      ...action,
      add: { ...action.add, sync_total: amount },
      set: { ...action.set, ...keptUntil },
    };
  };
  return [
    ...usageKinds.filter((kind) => usage[kind] > 0).map(counter),
    { type: 'update', key: usageCallerKey(day, principal), set: keptUntil },
  ];
}
