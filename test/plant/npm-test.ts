import { basename, dirname } from 'node:path';
import type { ImportGraph } from './import-graph.ts';
import { runJest } from './jest-run.ts';
import type { Suite } from './suite.ts';

/** Every program of Jest starts like this; the suites with tools of their own have programs of their own. */
const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runTestsByPath'];

/** Run by other commands (jest.config.mjs). */
const elsewhere = /^test\/(aws|clients|console|localstack|metrics)\//;

/** These fail with any planted defect of the repository, because they look for the text that it replaces. */
const guards = /^test\/(plant|simulation\/defects)\//;

/** Reads files or starts programs whose names are not in its text. */
const readsOrStarts =
  /\b(readFileSync|readFile|readdirSync|readdir|execFileSync|execFile|spawnSync|spawn|fork)\(/;

/** A step between two files, or a test of another folder, costs as much as a test that runs so long. */
const secondsPerStep = 3;

/**
 * `npm test`. First the test file named like the changed one, then those that use it: few steps away and quick
 * ones first. Last the tests that may read it as text, or start it as a program.
 */
export function npmTest(
  graph: ImportGraph,
  texts: ReadonlyMap<string, string>,
  seconds: Map<string, number>,
): Suite {
  const tests = [...texts.keys()].filter(
    (file) => file.endsWith('.test.ts') && !elsewhere.test(file) && !guards.test(file),
  );
  const readers = testsThatRead(graph, texts);
  return {
    name: 'npm test',
    checksOf({ files }) {
      const distances = graph.distances(files);
      const named = new Set(files.map(stem));
      const rooms = new Set(files.map(roomOf));
      const cost = (test: string): number => {
        if (named.has(stem(test))) return 0;
        const steps = (distances.get(test) ?? tests.length) + (rooms.has(roomOf(test)) ? 0 : 1);
        return steps * secondsPerStep + (seconds.get(test) ?? 0);
      };
      return tests
        .filter((test) => distances.has(test) || readers.has(test))
        .sort((a, b) => cost(a) - cost(b));
    },
    run: ({ folder }, checks, { bail }) =>
      runJest({
        folder,
        program: jest,
        files: checks,
        bail,
        onSeconds: (file, taken) => seconds.set(file, taken),
      }),
  };
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
