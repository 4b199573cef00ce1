import { errorFields } from '../ports/error-fields.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Something that runs between its start and its stop. */
export interface Part {
  /** For the log. */
  readonly name: string;
  start(): void | Promise<void>;
  stop(): unknown;
}

/** The parts that are running. They stop in the reverse of the order in which they started. */
export interface Parts {
  /**
   * Starts one after the other parts that will stop side by side. Rejects as the first that does not start.
   */
  start(...together: readonly Part[]): Promise<void>;
  /** Starts a part that is opened and closed, and resolves to what was opened. Rejects as `open`. */
  open<T>(name: string, open: () => T | Promise<T>, close: (opened: T) => unknown): Promise<T>;
  /**
   * Stops every part. A part that fails to stop is logged. Never rejects; a second call waits for the first.
   */
  stop(): Promise<void>;
}

/**
 * Runs `start`, which starts parts. If it fails, the parts that have started are stopped before this rejects.
 */
export async function startParts<T>(
  telemetry: Pick<Telemetry, 'error'>,
  start: (parts: Parts) => Promise<T>,
): Promise<T> {
  const parts = createParts(telemetry);
  try {
    return await start(parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function createParts(telemetry: Pick<Telemetry, 'error'>): Parts {
  const started: Part[][] = [];
  let stopped: Promise<void> | undefined;

  const stopPart = async (part: Part): Promise<void> => {
    try {
      await part.stop();
    } catch (error) {
      // The other parts must still stop, the lock of the data folder above all.
      telemetry.error('a part did not stop', { name: part.name, ...errorFields(error) });
    }
  };
  const stopAll = async (): Promise<void> => {
    for (let group = started.pop(); group !== undefined; group = started.pop()) {
      await Promise.all(group.map(stopPart));
    }
  };
  const start = async (...together: readonly Part[]): Promise<void> => {
    const group: Part[] = [];
    started.push(group);
    for (const part of together) {
      await part.start();
      group.push(part);
    }
  };

  return {
    start,
    async open<T>(name: string, open: () => T | Promise<T>, close: (opened: T) => unknown): Promise<T> {
      const opened = await open();
      await start({ name, start: () => undefined, stop: () => close(opened) });
      return opened;
    },
    stop: () => (stopped ??= stopAll()),
  };
}
