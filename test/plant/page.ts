import { columns, rowOf, summaryOf } from './table.ts';
import type { Trial } from './trial.ts';

/** docs/planted-defects.md. */
export function pageOf(trials: readonly Trial[], command: string): string {
  const { defects, caught, by, areas, escaped } = summaryOf(trials);
  const rows = trials.map((trial) => {
    const [name = '', , suite = '', first = '', seconds = ''] = rowOf(trial).map(cell);
    const { files, breaks } = trial.planting;
    return `| ${name} | ${files.map((file) => `\`${file}\``).join(' ')} | ${cell(breaks)} | ${suite} | ${first} | ${seconds} |`;
  });
  return `# What catches the planted defects

\`${command}\` plants each defect of the repository in a copy of the product and writes this page, so
what was added since is not in it. Each is a small mistake as anybody makes it. [planting.md](planting.md) says
how they are caught, and how to plant a change of your own.

${caught} of ${defects} are caught${escaped.length === 0 ? '' : `; not: ${escaped.join(', ')}`}.

| caught by | defects |
| --------- | ------: |
${Object.entries(by)
  .map(([suite, count]) => `| ${suite} | ${count} |`)
  .join('\n')}

| area | planted | caught |
| ---- | ------: | -----: |
${Object.entries(areas)
  .map(([area, of]) => `| ${area} | ${of.defects} | ${of.caught} |`)
  .join('\n')}

## Every defect

The first failure is that of the quickest check, not the only one. Seconds include the start of the tests.

| ${columns[0]} | ${columns[1]} | what it breaks | ${columns[2]} | ${columns[3]} | ${columns[4]} |
| --- | --- | --- | --- | --- | ---: |
${rows.join('\n')}
`;
}

/** Text that ends no cell of a table and is no markup. */
function cell(text: string): string {
  return text.replace(/[|<>*_]/g, '\\$&').replace(/\s+/g, ' ');
}
