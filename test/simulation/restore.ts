import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { readChanges } from '../../lib/app/ads/change-log.ts';
import { createRedrive } from '../../lib/app/quarantine/redrive.ts';
import { readSkipState } from '../../lib/app/quarantine/skip-state.ts';
import { counterKey, headKey } from '../../lib/app/state-keys.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { uncountedNumbers } from '../../lib/core/delivery/tracked-event.ts';
import type { Quarantine, QuarantinedRecord } from '../../lib/ports/quarantine.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { Violation } from './audit/auditor.ts';
import { Platform, type PlatformOptions } from './platform.ts';
import { observeState } from './ports/observed-state.ts';
import { Rest, type RestOptions } from './rest.ts';
import type { StateHistory } from './state-history.ts';

/** What operators can go back to: an instant of the tables, and the quarantine's objects at that instant. */
export interface Backup {
  readonly instant: number;
  readonly quarantined: readonly QuarantinedRecord[];
}

const quarantinedMax = 1000;

export async function takeBackup(history: StateHistory, quarantine: Quarantine): Promise<Backup> {
  const { records, more } = await quarantine.list({ limit: quarantinedMax });
  if (more) throw new Error(`over ${quarantinedMax} records in the quarantine`);
  return { instant: history.now, quarantined: records };
}

export interface RestoreOptions extends RestOptions, PlatformOptions {
  readonly history: StateHistory;
}

/**
 * Operators lose the tables at the end of a seed and restore them as they were while it ran; the logs, which
 * keep what was acknowledged, are delivered from their beginning. What the logs brought must be there once
 * more, exactly; what was added at once (`mode=sync`) since the backup is in no log, and gone.
 */
export async function restoreAndCompare(options: RestoreOptions, backup: Backup): Promise<void> {
  const { kernel, services, history } = options;
  kernel.tell(`the tables are restored as they were after ${backup.instant} changes`);
  const memory = await history.restore(backup.instant);
  const quarantine = createMemoryQuarantine();
  for (const record of backup.quarantined) await quarantine.store(record);
  const state = observeState(memory, () => undefined);
  const restored = { ...services, memory, quarantine, state };
  const platform = new Platform({ ...options, services: restored });
  const rest = new Rest({ ...options, services: restored, platform });
  await rest.drain();
  const ports = platform.operatorPorts();
  await rest.settled('operators redrive', redriveAsBefore(ports, services.memory));
  await rest.drain();
  // Between two logs, or shards that share a key, there is no order: what comes behind an order may then be other
  // impressions than before. Each is still in one number.
  const isOrdered = services.increments.length === 1 && options.faults.rates['keys-ignored'] === undefined;
  for (const counter of history.counters) {
    if (!isOrdered && (await hasOrders(services.memory, counter))) {
      same(
        `the sum of all numbers of ${counter}`,
        await sumOf(services.memory, counter),
        await sumOf(memory, counter),
      );
      continue;
    }
    const [before, after] = await Promise.all([
      loggedOf(services.memory, counter),
      loggedOf(memory, counter),
    ]);
    same(`the counter ${counter}`, before, after);
    same(
      `the other numbers of ${counter}`,
      await uncountedOf(services.memory, counter),
      await uncountedOf(memory, counter),
    );
  }
  same('the change log', await changesOf(ports, services.memory), await changesOf(ports, memory));
  for (const delivery of platform.deliveries) await rest.settled('a poller stops', delivery.stop());
}

/** What was dropped then is dropped again, the rest redriven. */
async function redriveAsBefore(ports: Ports, before: StateStore): Promise<void> {
  const redrive = createRedrive(ports);
  const { records } = await ports.quarantine.list({ limit: quarantinedMax });
  for (const record of records) {
    const end = await readSkipState({ state: before }, record);
    if (end === 'dropped') await redrive.drop(record);
    else if (end !== 'quarantined') await redrive.redrive(record);
  }
}

/** What a counter has of the log. */
async function loggedOf(state: StateStore, counter: string): Promise<bigint> {
  const { total, sync_total: sync } = (await state.get(counterKey(counter))) ?? {};
  return (typeof total === 'bigint' ? total : 0n) - (typeof sync === 'bigint' ? sync : 0n);
}

/** Orders opened a generation of the ad. */
async function hasOrders(state: StateStore, counter: string): Promise<boolean> {
  return (await state.get(counterKey(counter)))?.['generation'] !== undefined;
}

async function sumOf(state: StateStore, counter: string): Promise<bigint> {
  const item = (await state.get(counterKey(counter))) ?? {};
  return ['total', ...uncountedNumbers].reduce(
    (sum, name) => sum + ((item[name] as bigint | undefined) ?? 0n),
    0n,
  );
}

/** What a counter of an ad has besides its total. */
async function uncountedOf(state: StateStore, counter: string): Promise<string> {
  const item = (await state.get(counterKey(counter))) ?? {};
  return uncountedNumbers.map((name) => `${name} ${String(item[name] ?? 0n)}`).join(', ');
}

async function changesOf(ports: Ports, state: StateStore): Promise<string> {
  const version = Number((await state.get(headKey))?.['version'] ?? 0n);
  const changes: unknown[] = [];
  for await (const some of readChanges({ ...ports, state }, 0, version)) changes.push(...some);
  return JSON.stringify(changes);
}

function same(what: string, before: unknown, after: unknown): void {
  if (before === after) return;
  throw new Violation('I12', `${what} is another after a restore and a replay`, { before, after });
}
