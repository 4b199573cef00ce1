import { basename, dirname } from 'node:path';
import type { ImportGraph } from './import-graph.ts';
import { runJest } from './jest-run.ts';
import type { Planting } from './planting.ts';
import type { Suite } from './suite.ts';

/** Every program of Jest starts like this; the suites with tools of their own have programs of their own. */
const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runTestsByPath'];

/** Run by other commands (jest.config.mjs). */
const elsewhere = /^test\/(aws|clients|console|localstack|metrics|tools)\//;

/** These fail with any planted defect of the repository, because they look for the text that it replaces. */
const guards = /^test\/(plant|simulation\/defects)\//;

/** Reads files or starts programs whose names are not in its text. */
const readsOrStarts =
  /\b(readFileSync|readFile|readdirSync|readdir|execFileSync|execFile|spawnSync|spawn|fork)\(/;

/** A step between two files, or a test of another folder, costs as much as a test that runs so long. */
const secondsPerStep = 3;

/** What a test costs of which nobody knows how long it runs: one that starts programs usually more. */
const secondsUnknown = { plain: 1, starting: 8 } as const;

/** Test files run with each defect alone, and how many of them may start programs: they take most of the time. */
const nearMax = 10;
const nearStartingMax = 2;

/**
 * `npm test` in two parts. The near tests use the changed file: the one named like it, then those of few
 * steps, of its own folder, and quick. The rest are the others that use it, and last those that may read it as
 * text, or start it as a program.
 */
export function npmTest(
  graph: ImportGraph,
  texts: ReadonlyMap<string, string>,
  seconds: Map<string, number>,
): { readonly near: Suite; readonly rest: Suite } {
  const tests = [...texts.keys()].filter(
    (file) => file.endsWith('.test.ts') && !elsewhere.test(file) && !guards.test(file),
  );
  const readers = testsThatRead(graph, texts);
  const secondsOf = (test: string): number =>
    seconds.get(test) ?? (readers.has(test) ? secondsUnknown.starting : secondsUnknown.plain);
  const partsOf = ({
    files,
  }: Planting): { readonly near: readonly string[]; readonly rest: readonly string[] } => {
    const distances = graph.distances(files);
    const named = new Set(files.map(stem));
    const rooms = new Set(files.map(roomOf));
    const cost = (test: string): number => {
      if (named.has(stem(test))) return 0;
      const steps = (distances.get(test) ?? tests.length) + (rooms.has(roomOf(test)) ? 0 : 1);
      return steps * secondsPerStep + secondsOf(test);
    };
    const reached = tests
      .filter((test) => distances.has(test) || readers.has(test))
      .sort((a, b) => cost(a) - cost(b));
    const using = reached.filter((test) => distances.has(test));
    const starting = using.filter((test) => readers.has(test) && !named.has(stem(test)));
    const tooSlow = new Set(starting.slice(nearStartingMax));
    const near = using.filter((test) => !tooSlow.has(test)).slice(0, nearMax);
    return { near, rest: reached.filter((test) => !near.includes(test)) };
  };
  const part = (which: 'near' | 'rest'): Suite => ({
    name: 'npm test',
    checksOf: (planting) => partsOf(planting)[which],
    run: ({ folder }, checks, { bail }) =>
      runJest({
        folder,
        program: jest,
        files: checks,
        bail,
        onSeconds: (file, taken) => seconds.set(file, taken),
      }),
  });
  return { near: part('near'), rest: part('rest') };
}

/** The tests that read or start something, themselves or by a helper among the tests. */
function testsThatRead(graph: ImportGraph, texts: ReadonlyMap<string, string>): ReadonlySet<string> {
  const reading = [...texts].filter(([file, text]) => file.startsWith('test/') && readsOrStarts.test(text));
  return new Set(graph.distances(reading.map(([file]) => file)).keys());
}

/** `app/counters` for a folder of the product and for the one of its tests. */
function roomOf(file: string): string {
  return dirname(file).replace(/^(lib|test)\//, '');
}

/** `group-settler` for the file and for its tests, whatever kind of test they are. */
function stem(file: string): string {
  return basename(file).split('.')[0] ?? '';
}
