import type { Trial } from '../../plant/trial.ts';
import { faultKinds } from '../faults.ts';
import { idleKinds } from './idle-kinds.ts';

/** docs/simulation-defects.md. */
export function simulationPageOf(trials: readonly Trial[], command: string): string {
  const rows = trials.map((trial) => {
    const { name, breaks } = trial.planting;
    const { seed, promise } = seedOf(trial);
    const caught = trial.caught === undefined ? 'NO' : 'yes';
    return `| ${name} | ${breaks} | ${caught} | ${seed ?? ''} | ${promise} | ${kindsText(trial)} |`;
  });
  return `# Planted defects

\`${command}\` plants each of these defects (\`test/simulation/defects\`) in a copy of the product and writes this page.
Seeds are those from 1 on, for what begins with \`goals-\` of \`npm run simulate -- --goals\`. A defect is caught when one of them breaks a [promise](promises.md). If any one of the listed fault kinds is switched off, that seed keeps every promise; "none" means that the defect shows without a fault.

${summaryLine(trials)}.

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

function summaryLine(trials: readonly Trial[]): string {
  const seeds = trials.flatMap((trial) => seedOf(trial).seed ?? []).sort((a, b) => a - b);
  const all = seeds.length === trials.length ? 'all' : `${seeds.length} of`;
  const median = seeds[Math.floor((seeds.length - 1) / 2)] ?? 0;
  return `${all} ${trials.length} caught; seeds to catch: median ${median}, worst ${seeds.at(-1) ?? 0}`;
}

/** The seed that caught it, which is the number of seeds that it took from 1 on, and the promise. */
function seedOf({ caught }: Trial): { readonly seed?: number; readonly promise: string } {
  const [, seed, promise = ''] = /^seed (\d+)(?: with goals)?: (\S+)/.exec(caught?.by ?? '') ?? [];
  return seed === undefined ? { promise } : { seed: Number(seed), promise };
}

function kindsText({ kinds, caught }: Trial): string {
  if (kinds !== undefined) return kinds.length === 0 ? 'none' : kinds.join(', ');
  // All that struck in the seed, needed or not: too many to name.
  return caught?.struck === undefined ? '' : `(some of ${caught.struck.length} that had struck)`;
}

function kindRows(trials: readonly Trial[]): readonly string[] {
  return faultKinds.map(({ name, rate, how }) => {
    const users = trials.filter(({ kinds }) => kinds?.includes(name));
    const [first] = users;
    const why = rate === undefined ? how : (idleKinds[name] ?? '');
    return `| \`${name}\` | ${users.length} | ${first?.planting.name ?? why} |`;
  });
}
