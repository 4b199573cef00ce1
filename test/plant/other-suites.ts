import type { ImportGraph } from './import-graph.ts';
import { runJest } from './jest-run.ts';
import type { Suite } from './suite.ts';

/** The suites that need tools of their own: the folder of each, and what reaches it beside imports. */
const others = {
  aws: /^(lib\/(adapters\/aws|infra|stages|aws-names)|functions)\b/,
  localstack: /^(lib\/(adapters\/aws|app|api|core|ports|infra|stages|aws-names)|functions|bin\/adtally)\b/,
  console: /^(console|client|lib\/(api|embedded))\b/,
  clients: /^(lib\/(api|embedded)|functions)\b/,
} as const;

export type OtherSuite = keyof typeof others;
export const otherSuiteNames = Object.keys(others) as readonly OtherSuite[];

/** `npm run test:<name>`. Its servers take ports and much memory, so one runs at a time. */
export function otherSuite(name: OtherSuite, graph: ImportGraph, texts: ReadonlyMap<string, string>): Suite {
  const folder = `test/${name}/`;
  const tests = [...texts.keys()].filter((file) => file.startsWith(folder) && file.endsWith('.test.ts'));
  const alone = inTurn();
  return {
    name: `test:${name}`,
    checksOf({ files }) {
      if (files.some((file) => others[name].test(file))) return tests;
      const distances = graph.distances(files);
      return tests.filter((test) => distances.has(test));
    },
    run: (copy, checks, { bail }) =>
      alone(() => runJest({ folder: copy.folder, program: [`${folder}run.ts`], files: checks, bail })),
  };
}

function inTurn(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
