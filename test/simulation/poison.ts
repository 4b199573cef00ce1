import { adEventsPartitionKey, noPartitionKey } from '../../lib/core/streams.ts';
import type { Prng } from '../support/prng.ts';
import { drawKey } from './clients/counter-keys.ts';
import { hex } from './clients/increment-operation.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';
import { killerCounter } from './ports/simulated-state.ts';
import type { Services } from './services.ts';

/** Under 1 MiB with the key, and eight of them over the 6 MB of one invocation. */
const largestBytes = 1_000_000;
const largeRecordsMax = 8;

/** Of the records, so many go to the ads. */
const adEventShare = 0.2;

/** Of the seeds in which functions run out of memory, so many have a record that makes them. */
const killerShare = 0.3;

/** While the stream ignores keys, so many of the records have none. */
const keylessShare = 0.3;

/** How often it looks whether a long pause is over. */
const pausedLookMs = 60_000;

export interface PoisonOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly services: Services;
  /** While true it goes on. */
  readonly open: () => boolean;
  /** While true it does nothing. */
  readonly paused: () => boolean;
}

/**
 * Another producer puts straight on the stream what ingest never would: bodies that cannot be counted, and
 * lanes.
 */
export async function poisonStream({ kernel, faults, services, open, paused }: PoisonOptions): Promise<void> {
  const prng = kernel.fork('poison');
  const pauseMs = prng.pick([300, 2000, 10_000]);
  const keyless = kernel.fork('keyless');
  let killers = faults.isOn('out-of-memory') && prng.chance(killerShare) ? 1 : 0;
  let large = faults.isOn('payload-cut') ? largeRecordsMax : 0;
  while (open()) {
    await kernel.sleep(paused() ? pausedLookMs : prng.int(1, 2 * pauseMs));
    if (paused() || !open()) continue;
    const log = prng.pick(services.increments);
    const key = drawKey(prng);
    if (log.log.ignoresKeys && keyless.chance(keylessShare)) {
      const body = increment(keyless, drawKey(keyless), Math.floor(kernel.nowMs()));
      await log.append([{ partitionKey: noPartitionKey, data: Buffer.from(JSON.stringify(body)) }]);
      continue;
    }
    if (prng.chance(adEventShare)) {
      const data = Buffer.from(drawAdEvent(prng));
      await services.adEvents.append([{ partitionKey: adEventsPartitionKey, data }]);
      continue;
    }
    if (killers > 0) {
      killers -= 1;
      const body = increment(prng, killerCounter, Math.floor(kernel.nowMs()));
      await log.append([{ partitionKey: killerCounter, data: Buffer.from(JSON.stringify(body)) }]);
    } else if (large > 0 && faults.strikes('payload-cut')) {
      const data = Buffer.alloc(largestBytes, 'garbage ');
      await log.append(Array.from({ length: large }, () => ({ partitionKey: 'hot', data })));
      large = 0;
    } else {
      const { partitionKey, body } = drawRecord(prng, key, Math.floor(kernel.nowMs()));
      await log.append([{ partitionKey, data: Buffer.from(body) }]);
    }
  }
}

function increment(prng: Prng, key: string, at: number) {
  return { v: 1, type: 'Incremented', id: hex(prng, 4), key, value: '1', count: 1, keyed: false, at };
}

/** Nothing that could be decoded. */
function drawAdEvent(prng: Prng): string {
  const id = hex(prng, 4);
  return prng.pick([
    '',
    'not an event',
    '{',
    JSON.stringify({ v: 2, id }),
    JSON.stringify({ v: 1, type: 'AdSold', id }),
  ]);
}

function drawRecord(prng: Prng, key: string, at: number): { partitionKey: string; body: string } {
  const event = increment(prng, key, at);
  const json = (fields: object): string => JSON.stringify({ ...event, ...fields });
  const lane = key.length < 250 ? `${key}\u0001lane-${prng.int(0, 2)}` : key;
  switch (prng.int(1, 10)) {
    case 1:
      return { partitionKey: key, body: json({}).slice(0, prng.int(0, 60)) };
    case 2:
      return { partitionKey: key, body: json({ value: prng.pick(['-1', '0', '1e400', 'NaN', '', '1.5']) }) };
    case 3:
      return { partitionKey: key, body: json({ v: 2 }) };
    case 4:
      return { partitionKey: key, body: json({ key: `${key.slice(0, 100)}-other` }) };
    case 5:
      return { partitionKey: key, body: '\u0000\uffff' };
    case 6:
      return { partitionKey: lane, body: 'not an event' };
    default:
      // Fed by several partition keys at once, as a counter too hot for one shard would be.
      return { partitionKey: lane, body: json({ keyed: prng.chance(0.3) }) };
  }
}
