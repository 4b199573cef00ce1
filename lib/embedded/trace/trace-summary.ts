/** An event of a trace file. Only events with a duration (microseconds) are spans. */
interface TraceEvent {
  readonly name: string;
  readonly dur?: number;
  readonly args?: { readonly kept?: string };
}

/**
 * The events of a trace file. Its last event and its end may be missing, because a process may be killed at
 * any time. Throws a SyntaxError if it is not a trace.
 */
export function readTrace(text: string): TraceEvent[] {
  try {
    return JSON.parse(text.trimEnd().endsWith(']') ? text : `${text}]`) as TraceEvent[];
  } catch {
    return JSON.parse(`${text.slice(0, text.lastIndexOf('},\n') + 1)}]`) as TraceEvent[];
  }
}

/** A table of spans by name, milliseconds: those sampled apart from those kept for being slow or failed. */
export function summariseTrace(events: readonly TraceEvent[]): string {
  const spans = events.filter(({ dur }) => dur !== undefined);
  const groups = Map.groupBy(spans, ({ name, args }) => `${(args?.kept ?? 'sampled').padEnd(9)}${name}`);
  const rows = [...groups].sort().map(([group, found]) => {
    const ms = found.map(({ dur = 0 }) => dur / 1000).sort((a, b) => a - b);
    const at = (share: number): string => (ms[Math.ceil(share * ms.length) - 1] ?? 0).toFixed(2);
    return [group, String(ms.length), at(0.5), at(0.99), at(1)];
  });
  const table = [['kept     span', 'spans', 'p50', 'p99', 'max'], ...rows];
  return table
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(40) : cell.padStart(10))).join(''))
    .join('\n');
}
