import type { BlobStore } from '../../../lib/ports/blob-store.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import { ScheduleError, type ExpirySchedule } from '../../../lib/ports/expiry-schedule.ts';
import type { Ids } from '../../../lib/ports/ids.ts';
import { QuarantineError, type Quarantine } from '../../../lib/ports/quarantine.ts';
import { StateStoreError, type StateStoreErrorCode } from '../../../lib/ports/state-store.ts';
import type { Prng } from '../../support/prng.ts';
import type { Container } from '../container.ts';
import type { Outage } from '../outage.ts';
import type { ObservedSchedule } from '../services.ts';
import { deathFate } from './death.ts';
import { done, lateness, portCall, type Fate, type PortWorld } from './port-call.ts';

/** The quarantine as one container sees it: S3 over a network. */
export function simulateQuarantine(world: PortWorld, inner: Quarantine): Quarantine {
  const { faults } = world;
  const error = (): Error => new QuarantineError('a fault');
  const readFate = (): Fate =>
    deathFate(world) ?? (faults.strikes('state-server-error') ? { type: 'refused', error } : done);
  const writeFate = (): Fate => {
    const fate = readFate();
    if (fate.type !== 'done') return fate;
    if (faults.strikes('write-answer-lost')) return { type: 'unanswered', error, lateMs: 0 };
    if (!faults.strikes('write-late')) return done;
    return { type: 'unanswered', error, lateMs: lateness(faults.prng('write-late')) };
  };
  return {
    store: (record) => portCall(world, 'quarantine store', writeFate(), () => inner.store(record)),
    get: (id) => portCall(world, 'quarantine get', readFate(), () => inner.get(id)),
    list: (page) => portCall(world, 'quarantine list', readFate(), () => inner.list(page)),
    remove: (id) => portCall(world, 'quarantine remove', writeFate(), () => inner.remove(id)),
  };
}

/** The store of blobs as one container sees it: S3 over a network. */
export function simulateBlobs(world: PortWorld, inner: BlobStore, outage: Outage): BlobStore {
  const { faults } = world;
  const failure = (code: StateStoreErrorCode) => (): Error => new StateStoreError(code, 'a fault');
  const readFate = (): Fate => {
    const death = deathFate(world);
    if (death !== undefined) return death;
    if (outage.isOn('state')) return { type: 'refused', error: failure('state-unavailable') };
    if (faults.strikes('state-throttled')) return { type: 'refused', error: failure('state-throttled') };
    if (faults.strikes('state-server-error')) return { type: 'refused', error: failure('state-unavailable') };
    return done;
  };
  const writeFate = (): Fate => {
    const fate = readFate();
    if (fate.type !== 'done') return fate;
    const error = failure('state-unavailable');
    if (faults.strikes('write-answer-lost')) return { type: 'unanswered', error, lateMs: 0 };
    if (!faults.strikes('write-late')) return done;
    return { type: 'unanswered', error, lateMs: lateness(faults.prng('write-late')) };
  };
  return {
    put: (name, bytes) => portCall(world, `blob put ${name}`, writeFate(), () => inner.put(name, bytes)),
    get: (name) => portCall(world, `blob get ${name}`, readFate(), () => inner.get(name)),
    remove: (name) => portCall(world, `blob remove ${name}`, writeFate(), () => inner.remove(name)),
  };
}

/** The Scheduler as one container sees it. */
export function simulateSchedule(world: PortWorld, inner: ObservedSchedule): ExpirySchedule {
  const { faults } = world;
  const fate = (): Fate => {
    const death = deathFate(world);
    if (death !== undefined) return death;
    if (!faults.strikes('schedule-call-failed')) return done;
    const error = (): Error => new ScheduleError('a fault');
    const isDone = faults.prng('schedule-call-failed').chance(0.5);
    return isDone ? { type: 'unanswered', error, lateMs: 0 } : { type: 'refused', error };
  };
  const told = (call: Promise<void>): Promise<void> =>
    call.then(
      () => {
        inner.answered(world.container.id, true);
      },
      (error: unknown) => {
        inner.answered(world.container.id, false);
        throw error;
      },
    );
  return {
    set: (schedule) => {
      inner.asked(schedule.input);
      return told(portCall(world, `schedule ${schedule.name}`, fate(), () => inner.set(schedule)));
    },
    clear: (name) => told(portCall(world, `clear ${name}`, fate(), () => inner.clear(name))),
  };
}

/** A container's own clock; its sleeps end only while it is alive and not frozen. */
export function simulateClock(container: Container): Clock {
  return {
    nowMs: () => container.nowMs(),
    monotonicMs: () => container.monotonicMs(),
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        void container.kernel.sleep(durationMs, signal).then(() => {
          container.reach(resolve);
        });
      }),
  };
}

export function simulateIds(prng: Prng): Ids {
  const word = (): string => prng.uint32().toString(16).padStart(8, '0');
  let lastTime = 0;
  let count = 0;
  return {
    uuidv7(nowMs) {
      // The counter in the first random bits keeps the order within a millisecond, and when the clock steps
      // back.
      count = nowMs > lastTime ? 0 : count + 1;
      lastTime = Math.max(lastTime, nowMs);
      const time = lastTime.toString(16).padStart(12, '0');
      const order = (count % 0x1000).toString(16).padStart(3, '0');
      const variant = (8 + (prng.uint32() & 3)).toString(16);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${variant}${word().slice(5)}-${word()}${word().slice(4)}`;
    },
    nonce: () => word() + word() + word() + word(),
    random: () => prng.uint32() / 2 ** 32,
  };
}
