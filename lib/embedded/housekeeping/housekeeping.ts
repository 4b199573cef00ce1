import type { LmdbStores } from '../../adapters/lmdb/open-lmdb.ts';
import type { Ports } from '../../app/ports.ts';
import type { EmbeddedFunctions } from '../functions.ts';
import { createLambdaContexts } from '../http/lambda-context.ts';
import { createPeriodic, type Periodic } from './periodic.ts';
import { createScheduleTimer, type ScheduleTimer } from './schedule-timer.ts';

const sweepAdsEveryMs = 5 * 60_000;
const trimLogsEveryMs = 5000;

/** A walk over a million expired items takes a quarter of an hour; DynamoDB deletes them within days. */
const sweepItemsEveryMs = 1000;
const itemsPerSweep = 1000;

/** Everything that runs by the clock. */
export function createHousekeeping(
  ports: Ports,
  stores: Pick<LmdbStores, 'state' | 'schedule' | 'adEvents' | 'increments'>,
  functions: Pick<EmbeddedFunctions, 'expire-ad' | 'sweep-ads'>,
  options: { readonly timer: boolean },
): readonly (Periodic | ScheduleTimer)[] {
  const { clock, telemetry, settings } = ports;
  const contextOf = createLambdaContexts(ports, settings);
  const every = (name: string, everyMs: number, task: () => Promise<unknown>): Periodic =>
    createPeriodic({ name, everyMs, task, clock, telemetry });
  const timer = createScheduleTimer({
    reader: stores.schedule,
    fire: (input) => functions['expire-ad'](input, contextOf('expire-ad')),
    clock,
    telemetry,
    functionTimeoutMs: settings.functions['expire-ad'].timeoutSeconds * 1000,
  });
  return [
    ...(options.timer ? [timer] : []),
    every('sweep ads', sweepAdsEveryMs, () => functions['sweep-ads']({}, contextOf('sweep-ads'))),
    every('sweep items', sweepItemsEveryMs, () =>
      stores.state.sweepExpired(Math.floor(clock.nowMs() / 1000), itemsPerSweep),
    ),
    every('trim logs', trimLogsEveryMs, () =>
      Promise.all([stores.adEvents.trim(), stores.increments.trim()]),
    ),
  ];
}
