import { fileURLToPath } from 'node:url';
import jestConfig from '../../jest.config.mjs';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Only the domain's own tests: what slips through them, the suites above would find late and by accident. */
export default {
  ...jestConfig,
  // Stryker runs Jest once for every mutant, in its own folder.
  globalSetup: undefined,
  globalTeardown: undefined,
  moduleNameMapper: {},
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/core/**/*.test.ts'],
  testEnvironment: beside('environment.cjs'),
  runner: beside('runner.cjs'),
  setupFiles: [beside('setup.mjs')],
};
