import { stopping, untilItWorks, type MappingContext } from './mapping-context.ts';
import { createWakeUp } from './wake-up.ts';

/** Pause between two writes of a shard's checkpoint. After a crash the records since are delivered again. */
export const checkpointIntervalMs = 100;

/** Tries of a failing write at stop. If all fail, the records since are delivered again after the restart. */
const lastTriesMax = 3;

export interface CheckpointWriter {
  /** Remembers the newest position and does not wait for its write. */
  moveTo(sequenceNumber: string | undefined): void;
  /** Resolves when the newest position is durable; at stop also when it could not be written. */
  finish(): Promise<void>;
}

/**
 * Writes the newest position and skips those in between, one write at a time, so that delivery never waits
 * for it.
 */
export function createCheckpointWriter(
  context: MappingContext,
  shardId: string,
  written: string | undefined,
): CheckpointWriter {
  const { consumer, clock, reader, telemetry } = context;
  const interval = createWakeUp(clock);
  let wanted = written;
  let hurried = false;
  let running: Promise<void> | undefined;

  const writeOnce = async (sequenceNumber: string): Promise<void> => {
    await reader.writeCheckpoint(consumer, shardId, sequenceNumber);
    written = sequenceNumber;
  };

  const run = async (): Promise<void> => {
    while (wanted !== undefined && wanted !== written && !stopping(context)) {
      const target = wanted;
      await untilItWorks(context, 'write the checkpoint', () => writeOnce(target));
      if (!hurried) await interval.wait(checkpointIntervalMs);
    }
    running = undefined;
  };

  const writeAtStop = async (): Promise<void> => {
    for (let tries = 0; wanted !== undefined && wanted !== written && tries < lastTriesMax; tries += 1) {
      try {
        await writeOnce(wanted);
      } catch {
        telemetry.warn('could not write the checkpoint at stop', { consumer, shardId });
      }
    }
  };

  return {
    moveTo(sequenceNumber) {
      wanted = sequenceNumber;
      if (wanted !== written) running ??= run();
    },
    async finish() {
      hurried = true;
      interval.wake();
      await running;
      if (stopping(context)) await writeAtStop();
    },
  };
}
