/**
 * Plants defects in copies of the product and tells which test or seed catches each.
 *
 * Goals: a defect that nothing catches is known within minutes, and the table says what catches the others.
 * Non-goals: to find every check that fails; to judge the words of a failure.
 * How to run: `npm run plant` (docs/planting.md); `npm run simulate:defects` is the same with the simulator
 * alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../lib/options.ts';
import { askLeastKinds } from '../simulation/defects/ask-least-kinds.ts';
import { simulationPageOf } from '../simulation/defects/page.ts';
import { endChildren } from './child.ts';
import { huntAll } from './hunt.ts';
import { ImportGraph } from './import-graph.ts';
import { KeptTrials, treeOf } from './kept-trials.ts';
import { npmTest } from './npm-test.ts';
import { readOptions, usage, type PlantOptions } from './options.ts';
import { otherSuite } from './other-suites.ts';
import { pageOf } from './page.ts';
import { firstOf, restOf } from './parts.ts';
import { listed, ProductCopy, projectFolder, removeCopies } from './product-copy.ts';
import { simulator } from './simulator.ts';
import { Soundness } from './soundness.ts';
import type { Suite } from './suite.ts';
import { columns, line, rowOf, summaryOf, summaryText } from './table.ts';
import type { Trial } from './trial.ts';
import { typesSuite } from './types-suite.ts';

/** Half of what the simulator can find it finds in two seeds. */
const nearSeeds = 10;

async function main(options: PlantOptions): Promise<number> {
  const { chosen, json, write } = options;
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  if (!json) print(line(columns));
  const trials = new Map<string, Trial>();
  const onTrial = (name: string, trial: Trial): void => {
    trials.set(name, trial);
    print(json ? JSON.stringify(trial) : line(rowOf(trial)));
  };
  const unsound = await plantAll(options, onTrial);
  const all = chosen.flatMap(({ name }) => trials.get(name) ?? []);
  const summary = summaryOf(all);
  print(json ? JSON.stringify({ summary, unsound: [...unsound] }) : `\n${summaryText(summary)}`);
  if (!json && unsound.size > 0)
    print(`fail with nothing planted, and do not count: ${[...unsound].join('; ')}`);
  if (write) {
    const [name, page] = options.simulator
      ? ['simulation-defects.md', simulationPageOf(all, 'npm run simulate:defects -- --write')]
      : ['planted-defects.md', pageOf(all, 'npm run plant -- --write')];
    writeFileSync(join(projectFolder, 'docs', name), page);
  }
  return summary.escaped.length === 0 ? 0 : 1;
}

/** Returns what fails with nothing planted. */
async function plantAll(
  options: PlantOptions,
  onTrial: (name: string, trial: Trial) => void,
): Promise<ReadonlySet<string>> {
  const { chosen, from, seeds, suites } = options;
  const files = listed(projectFolder);
  const extent = JSON.stringify({ from, seeds, suites });
  const conditions = { ...treeOf(projectFolder, files), simulator: options.simulator, extent };
  const kept = new KeptTrials(options.keep, conditions);
  const wanted = chosen.filter((planting) => {
    const known = kept.of(planting);
    if (known !== undefined) onTrial(planting.name, known);
    return known === undefined;
  });
  const isText = (file: string): boolean => /\.(ts|mjs|cjs|js|json|css|html|md|ya?ml)$/.test(file);
  const texts = new Map(
    files.map((file) => [file, isText(file) ? readFileSync(join(projectFolder, file), 'utf8') : '']),
  );
  const soundness = new Soundness();
  const copies = wanted.slice(0, options.workers).map(() => new ProductCopy());
  try {
    await huntAll(wanted, {
      copies,
      ...suitesOf(options, texts, kept.seconds),
      soundness,
      ...(options.simulator && !options.quick && { learn: askLeastKinds }),
      onTrial(planting, trial) {
        kept.keep(planting, trial);
        onTrial(planting.name, trial);
      },
    });
  } finally {
    removeCopies();
  }
  return soundness.unsound;
}

function suitesOf(
  options: PlantOptions,
  texts: ReadonlyMap<string, string>,
  seconds: Map<string, number>,
): { readonly near: readonly Suite[]; readonly rest: readonly Suite[] } {
  const graph = new ImportGraph(texts);
  const simulated = simulator(graph, options);
  if (options.simulator) return { near: [simulated], rest: [] };
  const tests = npmTest(graph, texts, seconds);
  return {
    near: [tests.near, firstOf(simulated, nearSeeds)],
    rest: [
      tests.rest,
      restOf(simulated, nearSeeds),
      ...options.suites.map((name) => otherSuite(name, graph, texts)),
      // It takes longer than all that catches most defects, and what it catches nobody can commit.
      typesSuite(),
    ],
  };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endChildren();
    removeCopies();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

await runCommand({ name: 'plant', usage, read: readOptions, run: main });
