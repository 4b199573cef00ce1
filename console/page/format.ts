const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** 8,214 · 12.3M */
export function count(value: number): string {
  return Math.abs(value) < 1_000_000 ? whole.format(value) : compact.format(value);
}

/** 1 shard · 4 shards */
export function plural(number: number, noun: string, nouns = `${noun}s`): string {
  return `${count(number)} ${number === 1 ? noun : nouns}`;
}

/** Every digit, also above 2^53: 12,345,678,901,234,567,890 */
export function exact(value: number | bigint): string {
  return whole.format(value);
}

/** Per second: 0.4 · 12 · 8,214 */
export function rate(value: number): string {
  return value !== 0 && Math.abs(value) < 10 ? fine.format(value) : count(value);
}

/** 0.4 ms · 97 ms · 1.2 s · 3 min · 5 h · 2 d */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 10) return `${fine.format(ms)} ms`;
  if (ms < 1000) return `${whole.format(ms)} ms`;
  if (ms < 120_000) return `${fine.format(ms / 1000)} s`;
  if (ms < 7_200_000) return `${whole.format(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${whole.format(ms / 3_600_000)} h` : `${whole.format(ms / 86_400_000)} d`;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(value: number | null): string {
  if (value === null) return '–';
  let unit = 0;
  let left = value;
  for (; left >= 1000 && unit < units.length - 1; unit += 1) left /= 1000;
  return `${unit === 0 || left >= 100 ? whole.format(left) : fine.format(left)} ${units[unit] ?? ''}`;
}

export function orUnknown(value: number | null, format: (value: number) => string = count): string {
  return value === null ? '–' : format(value);
}

/** The period of totals: a process counts since its start, CloudWatch reports a day. */
export function since(source: 'process' | 'cloudwatch'): string {
  return source === 'process' ? 'since start' : 'in 24 h';
}
