import * as z from 'zod';
import { arrowsOf, isSlice, type TraceEvent } from '../../lib/embedded/trace/read-trace.ts';

const place = { pid: z.int().min(0), tid: z.int().min(0) };
const timed = { ...place, name: z.string().min(1), cat: z.string().min(1), ts: z.number().min(0) };
const details = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The events that we write, as Chrome's Trace Event Format has them. */
const eventSchema = z.discriminatedUnion('ph', [
  z.strictObject({ ...timed, ph: z.literal('X'), dur: z.number().min(0), args: details }),
  z.strictObject({ ...timed, ph: z.literal('s'), id: z.int().min(1) }),
  z.strictObject({ ...timed, ph: z.enum(['t', 'f']), id: z.int().min(1), bp: z.literal('e') }),
  z.strictObject({ ...timed, ph: z.literal('C'), args: z.record(z.string(), z.number()) }),
  z.strictObject({ ...timed, ph: z.literal('i'), s: z.literal('g'), args: details }),
  z.strictObject({
    ...place,
    ph: z.literal('M'),
    name: z.enum(['process_name', 'process_sort_index', 'thread_name', 'thread_sort_index']),
    args: z.union([z.strictObject({ name: z.string() }), z.strictObject({ sort_index: z.number() })]),
  }),
]);

/** Everything that is wrong with a trace; nothing if a viewer can draw it. */
export function faultsOfTrace(events: readonly TraceEvent[]): string[] {
  return [...schemaFaults(events), ...nameFaults(events), ...overlaps(events), ...arrowFaults(events)];
}

function schemaFaults(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event, i) => {
    const { error } = eventSchema.safeParse(event);
    return error === undefined ? [] : [`event ${i}: ${z.prettifyError(error)}`];
  });
}

function nameFaults(events: readonly TraceEvent[]): string[] {
  const named = (what: string, by: 'pid' | 'tid'): Set<number> =>
    new Set(events.filter(({ name }) => name === what).map((event) => event[by]));
  const processes = named('process_name', 'pid');
  const threads = named('thread_name', 'tid');
  return events
    .filter(isSlice)
    .filter(({ pid, tid }) => !processes.has(pid) || !threads.has(tid))
    .map(({ name, tid }) => `${name}: thread ${tid} has no name`);
}

/** Slices of a thread nest, or one ends before the next begins. */
function overlaps(events: readonly TraceEvent[]): string[] {
  const faults: string[] = [];
  const open = new Map<number, { name: string; end: number }[]>();
  const slices = events.filter(isSlice).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  for (const { name, tid, ts, dur } of slices) {
    const stack = open.get(tid) ?? [];
    open.set(tid, stack);
    while (stack.length > 0 && (stack.at(-1)?.end ?? 0) <= ts) stack.pop();
    const around = stack.at(-1);
    if (around !== undefined && ts + dur > around.end)
      faults.push(`${name} outlasts ${around.name} on ${tid}`);
    stack.push({ name, end: ts + dur });
  }
  return faults;
}

function arrowFaults(events: readonly TraceEvent[]): string[] {
  const ids = new Map<number, TraceEvent[]>();
  for (const event of events) {
    if (event.id !== undefined) ids.set(event.id, [...(ids.get(event.id) ?? []), event]);
  }
  const faults = [...ids]
    .filter(([, ends]) => !/^st?f$/.test(ends.map(({ ph }) => ph).join('')))
    .map(([id]) => `arrow ${id} has no beginning or no end`);
  const backwards = [...ids].filter(([, ends]) =>
    ends.some(({ ts = 0 }, i) => ts < (ends[i - 1]?.ts ?? -Infinity)),
  );
  faults.push(...backwards.map(([id]) => `arrow ${id} leads back in time`));
  try {
    arrowsOf(events);
  } catch (error) {
    faults.push((error as Error).message);
  }
  return faults;
}
