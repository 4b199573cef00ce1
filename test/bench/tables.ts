import type { BenchRow } from './harness.ts';

/** Rows of cells as a table of Markdown, in the form that prettier gives it. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], filling: string): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, filling)).join(' | ')} |`;
  return [line(head, ' '), line([], '-'), ...rows.map((row) => line(row, ' '))].join('\n');
}

/** Puts the table between the comments `<!-- name -->` and `<!-- end of name -->` of a page. */
export function replaceTable(page: string, name: string, table: string): string {
  const block = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end of ${name} -->)`);
  if (!block.test(page)) throw new Error(`the page has no block <!-- ${name} -->`);
  return page.replace(block, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
}

/** From the rows of hot-keys.bench.ts. */
export function hotKeysTable(rows: readonly BenchRow[]): string {
  const methods = [...new Set(rows.map(({ name }) => name.split(': ')[0] ?? ''))].filter((name) =>
    rows.some((row) => row.name === `${name}: of the 20 greatest keys found`),
  );
  const cells = methods.map((method) => {
    const row = (what: string): BenchRow | undefined =>
      rows.find(({ name }) => name === `${method}: ${what}`);
    const value = (what: string): number => row(what)?.value ?? Number.NaN;
    const held = Number(row('an item')?.conditions['held at most']);
    return [
      method,
      held.toLocaleString('en'),
      `${value('of the 20 greatest keys found')} / ${value('of the 100 greatest keys found')}`,
      row('of 100 shown, bounds that are not true')?.value.toString() ?? 'no bounds',
      `${format(value('greatest error among the first 20'))} %`,
      `${Math.round(value('an item'))} ns`,
    ];
  });
  const head = [
    ...['method', 'keys held', 'greatest found, of 20 / 100', 'false bounds, of 100'],
    ...['worst error, first 20', 'an item'],
  ];
  return markdownTable([head, ...cells]);
}

/** From the rows of contention.bench.ts: counted a second, and the p99 of an answer. */
export function contentionTable(rows: readonly BenchRow[]): string {
  const parts = rows.map((row) => {
    const [, where = '', mode = ''] = row.name.split(', ');
    return { where, mode, callers: Number(row.conditions['callers']), row };
  });
  const stores = [...new Set(parts.map(({ where }) => where))];
  const callers = [...new Set(parts.map((part) => part.callers))];
  const cellOf = (count: number, where: string): string => {
    const valueOf = (mode: string, unit: string): number =>
      parts.find(
        (part) =>
          part.where === where && part.mode === mode && part.callers === count && part.row.unit === unit,
      )?.row.value ?? Number.NaN;
    const one = (mode: string): string =>
      `${Math.round(valueOf(mode, 'increments/s')).toLocaleString('en')}/s, ${format(valueOf(mode, 'ms p99'))} ms`;
    return `${one('sync')}; ${one('log')}`;
  };
  return markdownTable([
    ['callers', ...stores],
    ...callers.map((count) => [String(count), ...stores.map((where) => cellOf(count, where))]),
  ]);
}

function format(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 1 ? 2 : value < 10 ? 1 : 0 });
}
