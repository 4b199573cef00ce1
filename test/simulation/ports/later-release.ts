import type { EventLog } from '../../../lib/ports/event-log.ts';
import type { Kernel } from '../kernel.ts';

/** How long operators keep a release, on the virtual clock. */
const phaseMs = 40_000;

/**
 * Whether a container that starts now runs the release after this one. Operators roll it out to some, to all,
 * and back again: at any time both may run beside each other, and a consumer of either reads what producers
 * of both write.
 */
export function runsLaterRelease(kernel: Kernel, containerId: string): boolean {
  const phase = Math.floor(kernel.elapsedMs / phaseMs);
  const share = kernel.fork(`release/${phase}`).pick([0, 0, 0.1, 0.5, 1]);
  return kernel.fork(`release/${phase}/${containerId}`).chance(share);
}

/** What the next release may do to an event: give it fields that this one does not know (test/releases). */
export function laterRelease(log: EventLog): EventLog {
  return {
    stream: log.stream,
    epoch: log.epoch,
    hashPosition: (partitionKey) => log.hashPosition(partitionKey),
    append: (entries) => log.append(entries.map((entry) => ({ ...entry, data: withLaterField(entry.data) }))),
  };
}

const closingBrace = 0x7d;
const field = new TextEncoder().encode(',"later":{"than":["this",1]}}');

function withLaterField(data: Uint8Array): Uint8Array {
  if (data.at(-1) !== closingBrace) return data;
  return Buffer.concat([data.subarray(0, -1), field]);
}
