/** An event of Chrome's Trace Event Format; the fields that this program writes. */
export interface TraceEvent {
  readonly name: string;
  /** X: a slice; s, t, f: an arrow's beginning, middle and end; M: a name; C: a counter; i: an instant. */
  readonly ph: string;
  readonly cat?: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/**
 * The events of a trace file. By the format the closing bracket of the array may be missing, because a program may end in
 * any place: the last event is then dropped if it is not whole. Throws a SyntaxError when it is no trace.
 */
export function readTrace(text: string): TraceEvent[] {
  try {
    return JSON.parse(text) as TraceEvent[];
  } catch (error) {
    const lastWhole = text.lastIndexOf('},\n');
    if (!text.startsWith('[') || lastWhole < 0) throw error;
    const parsed = closed(text) ?? closed(text.slice(0, lastWhole + 1));
    if (parsed === undefined) throw error;
    return parsed;
  }
}

function closed(text: string): TraceEvent[] | undefined {
  try {
    return JSON.parse(`${text}\n]`) as TraceEvent[];
  } catch {
    return undefined;
  }
}

export interface Slice extends TraceEvent {
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export function isSlice(event: TraceEvent): event is Slice {
  return event.ph === 'X' && event.ts !== undefined && event.dur !== undefined && event.args !== undefined;
}

/** The slices that an arrow leads through, in its order. */
export interface Arrow {
  readonly name: string;
  readonly slices: readonly Slice[];
}

/** Every arrow with what it is bound to: at each end the innermost slice of its line at its time. Throws if there is none. */
export function arrowsOf(events: readonly TraceEvent[]): Arrow[] {
  const byThread = new Map<number, Slice[]>();
  for (const event of events) {
    if (!isSlice(event)) continue;
    const slices = byThread.get(event.tid) ?? [];
    slices.push(event);
    byThread.set(event.tid, slices);
  }
  // Outer slices first, so that the last one found is the innermost.
  for (const slices of byThread.values()) slices.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const arrows = new Map<number, { name: string; slices: Slice[] }>();
  for (const { ph, id, tid, ts, name } of events) {
    if (id === undefined || ts === undefined || !['s', 't', 'f'].includes(ph)) continue;
    const slice = innermost(byThread.get(tid) ?? [], ts);
    if (slice === undefined) throw new Error(`arrow ${id} '${name}' is bound to nothing at ${ts} on ${tid}`);
    const arrow = arrows.get(id) ?? { name, slices: [] };
    arrow.slices.push(slice);
    arrows.set(id, arrow);
  }
  return [...arrows.values()];
}

/** Slices of one line nest or follow one another: looking back from the last that began ends at the first that covers. */
function innermost(slices: readonly Slice[], ts: number): Slice | undefined {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slices[middle]?.ts ?? Infinity) <= ts) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0; i -= 1) {
    const slice = slices[i];
    if (slice !== undefined && slice.ts + slice.dur >= ts) return slice;
  }
  return undefined;
}
