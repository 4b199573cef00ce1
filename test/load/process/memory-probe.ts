import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into the server before its own code (`--import`); reports figures that only the process itself
 * knows.
 */
export interface MemoryOrder {
  readonly type: 'memory';
  /** Collect all garbage first, which takes tens of milliseconds: what is left is what somebody holds. */
  readonly collect: boolean;
}

/** Bytes, and counts. */
export interface MemoryFacts {
  readonly type: 'memory';
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Sockets, timers and whatever else keeps the event loop. */
  readonly resources: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

process.on('message', (message) => {
  // Nobody else sends this process anything.
  if ((message as MemoryOrder).collect) collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo().length;
  const facts: MemoryFacts = { type: 'memory', heapUsed, external, arrayBuffers, resources };
  process.send?.(facts);
});
// Waiting for orders must not keep a server alive that has nothing else to do.
process.channel?.unref();
