import { faultKinds } from '../faults.ts';
import { idleKinds } from './idle-kinds.ts';
import { rowOf, summaryOf, summaryText, type Trial } from './table.ts';

/** docs/simulation-defects.md. */
export function pageOf(trials: readonly Trial[], command: string): string {
  const rows = trials.map((trial) => {
    const [name = '', caught = '', seeds = '', promise = '', kinds = ''] = rowOf(trial);
    return `| ${name} | ${trial.defect.breaks} | ${caught} | ${seeds} | ${promise} | ${kinds} |`;
  });
  return `# Planted defects

\`${command}\` plants each of these defects (\`test/simulation/defects\`) in a copy of the product and writes this page.
Seeds are those from 1 on. A defect is caught when one of them breaks a [promise](promises.md). If any one of the listed fault kinds is switched off, that seed keeps every promise; "none" means that the defect shows without a fault.

${summaryText(summaryOf(trials))}.

| defect | what it breaks | caught | seeds | promise | fault kinds it needs |
| ------ | ---------------- | ------ | ----- | ------- | -------------------- |
${rows.join('\n')}

## Fault kinds

The number of defects that were caught by a seed that needs the kind, and the first of them, or why there is none.

| kind | defects | for example, or why not |
| ---- | ------- | ----------------------- |
${kindRows(trials).join('\n')}
`;
}

function kindRows(trials: readonly Trial[]): readonly string[] {
  return faultKinds.map(({ name, rate, how }) => {
    const users = trials.filter(({ kinds }) => kinds?.includes(name));
    const [first] = users;
    const why = rate === undefined ? how : (idleKinds[name] ?? '');
    return `| \`${name}\` | ${users.length} | ${first?.defect.name ?? why} |`;
  });
}
