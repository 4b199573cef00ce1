import { isPortError } from '../../../lib/ports/port-error.ts';
import type { Kernel } from '../kernel.ts';
import type { PendingWork } from '../ports/port-call.ts';

/** A run ends with its machine, so nobody waits for it longer. */
const runMaxMs = 120_000;

/**
 * Runs an operator's command; undefined: a port failed and the operator is asked to run it again, or the
 * machine died. What any other error says is a bug.
 */
export async function runCommand<T>(
  { kernel, pending }: { readonly kernel: Kernel; readonly pending: PendingWork },
  work: () => Promise<T>,
): Promise<T | undefined> {
  pending.count += 1;
  const running = work().catch((error: unknown) => {
    if (!isPortError(error)) throw error;
    return undefined;
  });
  try {
    return await Promise.race([running, kernel.sleep(runMaxMs).then(() => undefined)]);
  } finally {
    pending.count -= 1;
  }
}
