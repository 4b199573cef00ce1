import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What run.ts runs for one area, in the root of the project; docs/mutation.md gives the reasons. */
export default {
  testRunner: 'jest',
  // Jest would otherwise load every test file for every mutant.
  jest: { configFile: 'test/mutation/jest.config.mjs', enableFindRelatedTests: true },
  testRunnerNodeArgs: ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'],
  coverageAnalysis: 'perTest',
  plugins: [
    '@stryker-mutator/jest-runner',
    './test/mutation/ignore-messages.mjs',
    './test/mutation/sample-checker.mjs',
  ],
  ignorers: ['messages'],
  checkers: ['sample'],
  // A mutant that loops is found by counting its steps; these are for the ones that merely crawl, on a busy machine too.
  timeoutMS: 20_000,
  timeoutFactor: 1.5,
  dryRunTimeoutMinutes: 20,
  reporters: ['json', 'progress-append-only'],
  allowConsoleColors: false,
  jsonReporter: { fileName: process.env.ADTALLY_MUTATION_REPORT },
  incrementalFile: process.env.ADTALLY_MUTATION_KEPT,
  // Outside the project, or Jest would find every file twice.
  tempDirName: join(tmpdir(), 'adtally-mutation'),
  ignorePatterns: [
    'cdk.out',
    '.adtally*',
    '/coverage',
    'docs',
    // What other suites have, and the tools that they have installed.
    'test/{aws,bench,chaos,clients,console,localstack,metrics,runtime,simulation}',
  ],
};
