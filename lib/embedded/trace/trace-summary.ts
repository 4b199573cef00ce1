/** A slice of a trace file; other events have no duration. */
interface Slice {
  readonly name: string;
  /** Microseconds; undefined: the event is no slice. */
  readonly dur?: number;
  readonly args?: { readonly kept?: string };
}

/**
 * The events of a trace file. The end of the array may be missing, and so may a part of the last event: a process may
 * be killed in any place. Throws a SyntaxError when it is no trace.
 */
export function readTrace(text: string): Slice[] {
  const end = text.lastIndexOf('},\n');
  try {
    return JSON.parse(text.trimEnd().endsWith(']') ? text : `${text}]`) as Slice[];
  } catch {
    return JSON.parse(`${text.slice(0, end + 1)}]`) as Slice[];
  }
}

/** A table of the spans by name, milliseconds: the sampled ones, then those kept for being slow or failed. */
export function summariseTrace(events: readonly Slice[]): string {
  const groups = Map.groupBy(
    events.filter(({ dur }) => dur !== undefined),
    ({ name, args }) => `${(args?.kept ?? 'sampled').padEnd(8)} ${name}`,
  );
  const rows = [...groups].sort().map(([group, slices]) => {
    const ms = slices.map(({ dur = 0 }) => dur / 1000).sort((a, b) => a - b);
    const at = (share: number): string => (ms[Math.ceil(share * ms.length) - 1] ?? 0).toFixed(2);
    return [group, String(ms.length), at(0.5), at(0.99), at(1)];
  });
  const lines = [['kept     span', 'spans', 'p50', 'p99', 'max'], ...rows];
  return (
    lines
      .map(([group = '', ...cells]) => group.padEnd(40) + cells.map((cell) => cell.padStart(10)).join(''))
      .join('\n') + '\n'
  );
}
