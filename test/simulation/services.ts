import { createMemoryBlobStore, type MemoryBlobStore } from '../support/memory/memory-blob-store.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from '../support/memory/memory-expiry-schedule.ts';
import { createMemoryLogArchive, type MemoryLogArchive } from '../support/memory/memory-log-archive.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { createMemoryStateStore, type MemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createMemoryStoredBook } from '../support/memory/memory-stored-book.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import type { ExpiryInput, ExpirySchedule } from '../../lib/ports/expiry-schedule.ts';
import type { Quarantine } from '../../lib/ports/quarantine.ts';
import type { StoredBook } from '../../lib/ports/stored-book.ts';
import type { ScheduleReader } from '../../lib/ports/schedule-reader.ts';
import type { AppendedRecord } from './audit/auditor.ts';
import { carelessStore } from './careless-store.ts';
import type { Kernel } from './kernel.ts';
import { observeLog, type ObservedLog } from './ports/observed-log.ts';
import { observeState, type ObservedState } from './ports/observed-state.ts';
import type { Witness } from './witness.ts';

/** The managed services themselves: their content is the truth. */
export interface Services {
  readonly memory: MemoryStateStore;
  readonly state: ObservedState;
  readonly quarantine: Quarantine;
  readonly blobs: MemoryBlobStore;
  readonly schedule: ObservedSchedule;
  readonly adEvents: ObservedLog;
  /** Incarnations of `increments`, oldest first. */
  readonly increments: ObservedLog[];
  /** Of an incarnation of `increments`: its archive, and the book of the archiver. */
  archiveOf(epoch: string): { readonly archive: MemoryLogArchive; readonly book: StoredBook };
  /** Opens the next incarnation of `increments`. */
  recreateIncrements(): ObservedLog;
  /** Every record of a stream ever appended. */
  recordsOf(stream: StreamName): readonly AppendedRecord[];
}

export interface ObservedSchedule extends ExpirySchedule, ScheduleReader {
  /** A call of `set` begins; it may come to nothing. */
  asked(input: ExpiryInput): void;
  /** A call of a container has ended; false: as a failure. */
  answered(containerId: string, ok: boolean): void;
}

/** Numbers as Kinesis has them, near a power of ten, and from the beginning. */
const firstNumbers = [
  1n,
  8n,
  97n,
  10n ** 18n - 30n,
  49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n,
];

export function createServices(
  kernel: Kernel,
  witness: Witness,
  {
    shardCounts,
    canary,
  }: { readonly shardCounts: Readonly<Record<StreamName, number>>; readonly canary: boolean },
): Services {
  const lag = kernel.fork('eventual reads');
  const memory = createMemoryStateStore({ nowMs: () => kernel.nowMs(), misses: () => lag.chance(0.5) });
  const prng = kernel.fork('services');
  const clock = { nowMs: () => Math.floor(kernel.nowMs()) };
  const open = (stream: StreamName, epoch: string): ObservedLog => {
    const firstSequenceNumber = prng.pick(firstNumbers);
    const log = createMemoryEventLog({
      ...{ stream, epoch, clock, firstSequenceNumber },
      shardCount: shardCounts[stream],
    });
    return observeLog(kernel, log, (record) => {
      witness.appended(stream, record);
    });
  };
  const adEvents = open('ad-events', '1');
  const increments = [open('increments', '1')];
  const archives = new Map<string, ReturnType<Services['archiveOf']>>();
  return {
    archiveOf(epoch) {
      const known = archives.get(epoch);
      if (known !== undefined) return known;
      const created = {
        archive: createMemoryLogArchive('increments', epoch),
        book: createMemoryStoredBook('the book of the archiver'),
      };
      archives.set(epoch, created);
      return created;
    },
    memory,
    state: observeState(canary ? carelessStore(memory) : memory, (changes, source) => {
      witness.wrote(changes, source);
    }),
    quarantine: createMemoryQuarantine(),
    blobs: createMemoryBlobStore(),
    schedule: Object.assign(createMemoryExpirySchedule(), {
      asked: (input: ExpiryInput) => {
        witness.askedForSchedule(input);
      },
      answered: (containerId: string, ok: boolean) => {
        witness.schedulerAnswered(containerId, ok);
      },
    }),
    adEvents,
    increments,
    recreateIncrements() {
      const next = open('increments', String(increments.length + 1));
      increments.push(next);
      return next;
    },
    recordsOf: (stream) =>
      stream === 'ad-events' ? adEvents.records : increments.flatMap(({ records }) => records),
  };
}
