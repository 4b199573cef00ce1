import type { ServerProcess } from '../../support/server-process.ts';
import type { MemoryFacts, MemoryOrder } from '../process/memory-probe.ts';
import { readProcessFacts } from '../process/process-facts.ts';

export interface MemorySample {
  /** Since the watch began. */
  readonly second: number;
  /** MB. */
  readonly residentMb: number;
  readonly anonymousMb: number;
  readonly heapMb: number;
  /** What is left of the heap after a full collection; NaN in a sample without one. */
  readonly liveMb: number;
  /** What is left outside the heap, buffers above all; NaN likewise. */
  readonly externalMb: number;
  readonly files: number;
  readonly threads: number;
  /** Of the event loop: sockets, timers and the like. */
  readonly resources: number;
}

/**
 * Samples a server's memory and handles every `everyMs` until `work` has ended; every `collectEvery`-th after
 * a full collection.
 */
export async function watchMemory(
  server: ServerProcess,
  work: Promise<unknown>,
  { everyMs, collectEvery }: { readonly everyMs: number; readonly collectEvery: number },
): Promise<readonly MemorySample[]> {
  const samples: MemorySample[] = [];
  const startedMs = performance.now();
  const state = { working: true };
  const ended = work.finally(() => (state.working = false));
  for (let i = 0; state.working; i++) {
    const sample = await takeSample(server, i % collectEvery === 0, (performance.now() - startedMs) / 1000);
    if (sample !== undefined) samples.push(sample);
    const waitMs = startedMs + (i + 1) * everyMs - performance.now();
    const pause = new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    await Promise.race([pause, ended]);
  }
  await ended;
  return samples;
}

async function takeSample(
  server: ServerProcess,
  collect: boolean,
  second: number,
): Promise<MemorySample | undefined> {
  const answer = await server.request({ type: 'memory', collect } satisfies MemoryOrder);
  const { heapUsed, external, resources } = answer as MemoryFacts;
  const facts = readProcessFacts(server.pid);
  if (facts === undefined) return undefined;
  return {
    second,
    residentMb: facts.resident / 1e6,
    anonymousMb: facts.anonymous / 1e6,
    heapMb: heapUsed / 1e6,
    liveMb: collect ? heapUsed / 1e6 : Number.NaN,
    externalMb: collect ? external / 1e6 : Number.NaN,
    files: facts.files,
    threads: facts.threads,
    resources,
  };
}
