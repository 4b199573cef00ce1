import * as z from 'zod';

const position = { pid: z.int().min(0), tid: z.int().min(0), ts: z.number().min(0) };
const named = { name: z.string().min(1), cat: z.string().min(1) };
const args = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const id = z.int().min(1);

/** The events that we write, as Chrome's Trace Event Format has them. */
const eventSchema = z.discriminatedUnion('ph', [
  z.strictObject({ ...named, ...position, ph: z.literal('X'), dur: z.number().min(0), args }),
  z.strictObject({ ...named, ...position, ph: z.literal('s'), id }),
  z.strictObject({ ...named, ...position, ph: z.literal('f'), id, bp: z.literal('e') }),
  z.strictObject({ ...named, ...position, ph: z.literal('i'), s: z.literal('g'), args }),
  z.strictObject({
    ph: z.literal('M'),
    name: z.enum(['process_name', 'thread_name']),
    pid: z.int().min(1),
    tid: z.int().min(1),
    args: z.strictObject({ name: z.string() }),
  }),
]);

export type TraceEvent = z.infer<typeof eventSchema>;
export type Slice = Extract<TraceEvent, { ph: 'X' }>;

export const isSlice = (event: TraceEvent): event is Slice => event.ph === 'X';

/** The events of a whole trace file. Throws if a viewer could not draw it. */
export function checkTrace(text: string): TraceEvent[] {
  const events = z.array(eventSchema).parse(JSON.parse(text));
  const faults = [...overlaps(events), ...arrowFaults(events)];
  const threads = new Set(events.filter(({ ph }) => ph === 'M').map(({ tid }) => tid));
  const nameless = events.filter(isSlice).filter(({ tid }) => !threads.has(tid));
  faults.push(...nameless.map(({ name, tid }) => `${name}: thread ${tid} has no name`));
  if (faults.length > 0) throw new Error(faults.slice(0, 10).join('\n'));
  return events;
}

/** The slices that the arrows of a trace lead from and to. Throws if an arrow lacks an end. */
export function arrowsOf(events: readonly TraceEvent[]): { from: Slice; to: Slice }[] {
  const sliceAt = ({ tid, ts }: TraceEvent & { ts: number }): Slice => {
    const slice = events.filter(isSlice).findLast((one) => one.tid === tid && one.ts === ts);
    if (slice === undefined) throw new Error(`an arrow is bound to nothing at ${ts} on ${tid}`);
    return slice;
  };
  const ends = events.filter((event) => event.ph === 's' || event.ph === 'f');
  return [...Map.groupBy(ends, (event) => event.id).values()].map(([from, to, ...more]) => {
    if (from?.ph !== 's' || to?.ph !== 'f' || more.length > 0)
      throw new Error(`arrow ${from?.id} is not whole`);
    return { from: sliceAt(from), to: sliceAt(to) };
  });
}

/** Slices of a thread nest, or one ends before the next begins. */
function overlaps(events: readonly TraceEvent[]): string[] {
  const faults: string[] = [];
  const open = new Map<number, { name: string; end: number }[]>();
  for (const { name, tid, ts, dur } of events.filter(isSlice).sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    const stack = (open.get(tid) ?? []).filter(({ end }) => end > ts);
    const outer = stack.at(-1);
    if (outer !== undefined && ts + dur > outer.end) faults.push(`${name} outlasts ${outer.name} on ${tid}`);
    open.set(tid, [...stack, { name, end: ts + dur }]);
  }
  return faults;
}

function arrowFaults(events: readonly TraceEvent[]): string[] {
  return arrowsOf(events)
    .filter(({ from, to }) => to.ts < from.ts)
    .map(({ from }) => `an arrow from ${from.name} leads back in time`);
}
