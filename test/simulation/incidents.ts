import type { Prng } from '../support/prng.ts';
import type { Containers } from './containers.ts';
import type { Delivery } from './delivery.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { FaultName } from './faults.ts';
import type { Kernel } from './kernel.ts';
import type { Operators } from './operators.ts';
import type { Outage } from './outage.ts';
import type { Services } from './services.ts';

/** Incidents of the world, as often a minute as the fault's rate. */
export interface IncidentsOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly services: Services;
  readonly containers: Containers;
  readonly operators: Operators;
  readonly outage: Outage;
  readonly deliveries: () => readonly Delivery[];
  readonly recreateIncrements: () => void;
}

/** More would only make the world large. */
const shardsMax = 12;
const epochsMax = 3;
const hashSpace = 2 ** 32;

export function startIncidents(options: IncidentsOptions): void {
  const { kernel, faults } = options;
  const repeat: Repeat = (name, happen, perMinute = faults.rate(name)) => {
    if (!faults.isOn(name)) return;
    const prng = faults.prng(name);
    void kernel.spawn(async () => {
      for (;;) {
        const share = (prng.uint32() + 1) / 2 ** 32;
        await kernel.sleep((-Math.log(share) * 60_000) / perMinute);
        if (faults.healed) return;
        if (!faults.quiet && (await happen(prng))) faults.count(name);
      }
    });
  };
  repeatAll(options, repeat);
}

type Repeat = (
  name: FaultName,
  happen: (prng: Prng) => boolean | Promise<boolean>,
  /** How often; else as the fault's rate says. */
  perMinute?: number,
) => void;

/** The rate of a kind that strikes call by call as outages a minute: 0.1 to 2. */
const outagesPerRate = 20;
/** The same of the log: 0.05 to 1.5. */
const logOutagesPerRate = 5;

function repeatAll(options: IncidentsOptions, repeat: Repeat): void {
  const { kernel, services, containers, operators, outage } = options;
  repeat('cold-start', (prng) => {
    const all = prng.chance(0.3);
    containers.retire(() => all || prng.chance(0.3));
    return true;
  });
  repeat('clock-jumps-back', (prng) => {
    const container = drawOne(prng, containers.all);
    if (container !== undefined)
      container.skewMs = prng.int(-300_000, prng.chance(0.7) ? container.skewMs | 0 : 300_000);
    return container !== undefined;
  });
  repeat('hot-shard', async (prng) => {
    const from = prng.int(0, 3) * (hashSpace / 4);
    outage.hot = { from, to: from + hashSpace / 4 };
    await kernel.sleep(prng.int(500, 20_000));
    outage.hot = undefined;
    return true;
  });
  repeat(
    'state-server-error',
    async (prng) => {
      outage.begin('state');
      await kernel.sleep(prng.int(500, 90_000));
      outage.end('state');
      return true;
    },
    options.faults.rate('state-server-error') * outagesPerRate,
  );
  repeat(
    'append-entry-throttled',
    async (prng) => {
      outage.begin('log');
      await kernel.sleep(prng.int(500, 20_000));
      outage.end('log');
      return true;
    },
    options.faults.rate('append-entry-throttled') * logOutagesPerRate,
  );
  repeat('shard-split', (prng) => reshard(services, prng, 'split'));
  repeat('shard-merge', (prng) => reshard(services, prng, 'merge'));
  repeat('shards-doubled', (prng) => reshard(services, prng, 'double'));
  repeat('keys-ignored', (prng) => {
    const { log } = prng.pick(services.increments);
    if (log.ignoresKeys) return false;
    log.distribute((openShards) => prng.int(0, openShards - 1));
    void kernel.spawn(async () => {
      await kernel.sleep(prng.int(500, 20_000));
      log.distributeByKey();
    });
    return true;
  });
  repeat('stream-recreated', () => {
    if (services.increments.length >= epochsMax) return false;
    options.recreateIncrements();
    return true;
  });
  repeat('stale-checkpoint', async (prng) => {
    const delivery = drawOne(prng, options.deliveries());
    if (delivery?.running !== true) return false;
    delivery.crash();
    delivery.forget(prng.chance(0.2) ? Infinity : prng.int(0, 30));
    await kernel.sleep(prng.int(0, 20_000));
    delivery.start();
    return true;
  });
  repeat('batch-recut', async (prng) => {
    const delivery = drawOne(prng, options.deliveries());
    if (delivery?.running !== true) return false;
    await delivery.stop();
    delivery.start();
    return true;
  });
  repeat('late-redrive', async () => {
    await operators.redriveAll({ dropSome: true });
    return true;
  });
}

async function reshard(services: Services, prng: Prng, how: 'split' | 'merge' | 'double'): Promise<boolean> {
  const { log } = prng.pick([...services.increments, ...(how === 'double' ? [] : [services.adEvents])]);
  const shards = await log.shards();
  const open = shards.filter(({ closed }) => !closed).map(({ shardId }) => shardId);
  if (how !== 'merge') {
    if (shards.length + 2 * open.length > shardsMax) return false;
    const split = how === 'double' ? open : [prng.pick(open)];
    for (const shardId of split) await log.reshard({ type: 'split', shardId });
    return true;
  }
  if (shards.length >= shardsMax) return false;
  for (const [left, right] of pairs(open)) {
    try {
      await log.reshard({ type: 'merge', shardIds: [left, right] });
      return true;
    } catch (error) {
      // Not neighbours.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return false;
}

function pairs(ids: readonly string[]): readonly (readonly [string, string])[] {
  return ids.flatMap((left, i) => ids.slice(i + 1).map((right): [string, string] => [left, right]));
}

function drawOne<T>(prng: Prng, values: readonly T[]): T | undefined {
  return values.length === 0 ? undefined : prng.pick(values);
}
