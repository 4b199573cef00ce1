import { createMemoryBlobStore } from '../support/memory/memory-blob-store.ts';
import { createMemoryEventLog, type Reshard } from '../support/memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from '../support/memory/memory-expiry-schedule.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { testBlobStore } from '../contracts/blob-store.ts';
import { testEventLog } from '../contracts/event-log.ts';
import type { EventLogUnderTest } from '../contracts/event-log/event-log-under-test.ts';
import { testExpirySchedule } from '../contracts/expiry-schedule.ts';
import { testQuarantine } from '../contracts/quarantine.ts';
import { testStateStore } from '../contracts/state-store.ts';
import { Prng } from '../support/prng.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

function openLog(firstSequenceNumber: bigint): Promise<EventLogUnderTest> {
  const clock = createVirtualClock();
  const log = createMemoryEventLog({
    stream: 'increments',
    epoch: '1',
    shardCount: 3,
    clock,
    firstSequenceNumber,
  });
  const reshard = async ([first = '', second]: readonly string[]): Promise<void> => {
    const change: Reshard =
      second === undefined ? { type: 'split', shardId: first } : { type: 'merge', shardIds: [first, second] };
    await log.reshard(change);
  };
  return Promise.resolve({ log, reader: log, reshard });
}

const capabilities = { delivers: true, reshards: true };
testEventLog('memory', () => openLog(1n), capabilities);
testEventLog('memory with the numbers of Kinesis', () => openLog(10n ** 55n - 100n), capabilities);
testStateStore('memory', () => Promise.resolve({ store: createMemoryStateStore() }));
testBlobStore('memory', () => createMemoryBlobStore());
const lag = new Prng(1);
testStateStore('memory with eventual reads that lag', () =>
  Promise.resolve({
    store: createMemoryStateStore({ nowMs: () => performance.now(), misses: () => lag.chance(0.7) }),
  }),
);
testExpirySchedule(
  'memory',
  () => {
    const schedule = createMemoryExpirySchedule();
    const find = async (name: string) =>
      (await schedule.due(Number.MAX_SAFE_INTEGER, 1000)).find((each) => each.name === name);
    return Promise.resolve({ schedule, reader: schedule, find });
  },
  { fires: true },
);
testQuarantine('memory', () => Promise.resolve({ quarantine: createMemoryQuarantine() }));
