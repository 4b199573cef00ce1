import { join } from 'node:path';
import { runChild } from './child.ts';
import type { ImportGraph } from './import-graph.ts';
import type { Finding, Suite } from './suite.ts';

const program = 'test/simulation/main.ts';

/** A seed takes a second or so; one that says nothing for so long runs in circles. */
const silenceMaxMs = 180_000;

/** A line of `--json` about one seed, as far as it matters here. */
interface SeedLine {
  readonly seed: number;
  readonly ok: boolean;
  readonly violation?: { readonly invariant?: string; readonly message?: string };
  readonly faults?: Readonly<Record<string, number>>;
}

export interface Seeds {
  readonly from: number;
  readonly seeds: number;
}

/** The end of the name of a seed in which ads may have goals. */
const withGoals = ' with goals';

/** `npm run simulate` with the given seeds, where the simulated product has the changed file. */
export function simulator(graph: ImportGraph, { from, seeds }: Seeds): Suite {
  const plain = Array.from({ length: seeds }, (_, i) => `seed ${from + i}`);
  const goals = plain.map((check) => check + withGoals);
  return {
    name: 'simulator',
    checksOf(planting) {
      if (!graph.distances(planting.files).has(program)) return [];
      return (planting.withGoals ? goals : plain).slice(0, planting.seedsMax);
    },
    async run({ folder }, wanted) {
      const [some, others] = partition(wanted, (check) => check.endsWith(withGoals));
      for (const checks of [some, others]) {
        const finding = checks.length === 0 ? undefined : await firstFailure(folder, checks);
        if (finding === undefined) continue;
        const [failed = ''] = finding.checks;
        const unrun = checks.slice(checks.indexOf(failed) + 1);
        return { findings: [finding], unrun: checks === some ? [...unrun, ...others] : unrun };
      }
      return { findings: [], unrun: [] };
    },
  };
}

function partition(
  checks: readonly string[],
  isFirst: (check: string) => boolean,
): readonly [readonly string[], readonly string[]] {
  return [checks.filter(isFirst), checks.filter((check) => !isFirst(check))];
}

/** Runs seed after seed, which follow each other, in a process of its own until one fails. */
async function firstFailure(folder: string, checks: readonly string[]): Promise<Finding | undefined> {
  const first = Number(checks[0]?.split(' ')[1]);
  const mode = checks[0]?.endsWith(withGoals) === true ? withGoals : '';
  let ran = 0;
  let failed: SeedLine | undefined;
  const { exitCode, wasSilent, complaints } = await runChild({
    args: [
      join(folder, program),
      ...['--seeds', String(checks.length), '--from', String(first), '--workers', '1', '--json'],
      ...(mode === '' ? [] : ['--goals']),
    ],
    folder,
    silenceMaxMs,
    onLine(text) {
      const line = seedLine(text);
      if (line === undefined) return true;
      if (line.ok) ran += 1;
      else failed = line;
      return line.ok;
    },
  });
  if (failed !== undefined) return findingOf(failed, mode);
  const lost = (how: string): Finding => ({
    checks: [`seed ${first + ran}${mode}`],
    by: `seed ${first + ran}${mode}: ${how}`,
  });
  if (wasSilent) return lost('hang');
  return exitCode === 0 ? undefined : lost(`crash ${complaints.trim().split('\n')[0] ?? ''}`.trim());
}

function findingOf({ seed, violation, faults = {} }: SeedLine, mode: string): Finding {
  const struck = Object.entries(faults)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
  const check = `seed ${seed}${mode}`;
  return { checks: [check], by: `${check}: ${violation?.invariant ?? 'crash'}`, struck };
}

function seedLine(line: string): SeedLine | undefined {
  const value: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
  return typeof value === 'object' && value !== null && 'seed' in value && 'ok' in value
    ? (value as SeedLine)
    : undefined;
}
