import { relative } from 'node:path';
import { lineOf, type JestLine } from './protocol.ts';

interface Test {
  readonly path: string;
  readonly context: { readonly config: { readonly rootDir: string } };
}
interface CaseResult {
  readonly status: string;
  readonly fullName: string;
}
interface FileResult {
  readonly testExecError?: unknown;
  readonly testResults: readonly CaseResult[];
  readonly numFailingTests: number;
  readonly perfStats: { readonly start: number; readonly end: number };
}

/** Jest's reporter for a run with a planted defect: tells each failed test at once. */
export default class PlantReporter {
  onTestCaseResult(test: Test, { status, fullName }: CaseResult): void {
    if (status === 'failed') say({ type: 'failed', file: fileOf(test), title: fullName });
  }

  onTestResult(test: Test, { testExecError, testResults, perfStats }: FileResult): void {
    const file = fileOf(test);
    const failed = testResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) say({ type: 'failed', file, title: failed.fullName });
    else if (testExecError !== undefined) say({ type: 'failed', file, title: '(does not load)' });
    say({ type: 'ended', file, seconds: (perfStats.end - perfStats.start) / 1000 });
  }
}

function fileOf({ path, context }: Test): string {
  return relative(context.config.rootDir, path);
}

function say(line: JestLine): void {
  process.stdout.write(`${lineOf(line)}\n`);
}
