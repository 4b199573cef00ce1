/** An event of a trace file. Only events with a duration (microseconds) are spans. */
interface TraceEvent {
  readonly name: string;
  readonly dur?: number;
  readonly args?: { readonly kept?: string; readonly reason?: string; readonly dropped_spans?: number };
}

/**
 * The events of a trace file. Its last event and its end may be missing, because a process may be killed at
 * any time. Throws a SyntaxError if it is not a trace.
 */
export function readTrace(text: string): TraceEvent[] {
  const events = parseEvents(text);
  const isTrace = Array.isArray(events) && (events as TraceEvent[])[0]?.name === 'adtally trace';
  if (!isTrace) throw new SyntaxError('this is not a trace');
  return events as TraceEvent[];
}

function parseEvents(text: string): unknown {
  try {
    return JSON.parse(text.trimEnd().endsWith(']') ? text : `${text}]`);
  } catch {
    return JSON.parse(`${text.slice(0, text.lastIndexOf('},\n') + 1)}]`);
  }
}

/**
 * A table of spans by name, milliseconds: those sampled apart from those kept for being slow or failed. A
 * line above it says what the trace lacks.
 */
export function summariseTrace(events: readonly TraceEvent[]): string {
  const spans = events.filter(({ dur }) => dur !== undefined);
  const groups = Map.groupBy(spans, ({ name, args }) => `${(args?.kept ?? 'sampled').padEnd(9)}${name}`);
  const rows = [...groups].sort().map(([group, found]) => {
    const ms = found.map(({ dur = 0 }) => dur / 1000).sort((a, b) => a - b);
    const at = (share: number): string => (ms[Math.ceil(share * ms.length) - 1] ?? 0).toFixed(2);
    return [group, String(ms.length), at(0.5), at(0.99), at(1)];
  });
  const table = [['kept     span', 'spans', 'p50', 'p99', 'max'], ...rows];
  const lines = table.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(40) : cell.padStart(10))).join(''),
  );
  return [...lacks(events), ...lines].join('\n');
}

function lacks(events: readonly TraceEvent[]): string[] {
  const { reason, dropped_spans: dropped = 0 } =
    events.findLast(({ name }) => name === 'end of the trace')?.args ?? {};
  if (reason === 'full')
    return ['The trace is incomplete: it ended when it reached its size limit (--trace-max-bytes).'];
  return dropped > 0 ? [`The trace is incomplete: ${dropped} spans did not fit into its limits.`] : [];
}
