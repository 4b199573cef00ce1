import { fileURLToPath } from 'node:url';
import jestConfig from '../../jest.config.mjs';
import areas from './areas.cjs';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const area = areas.areas.find(({ name }) => name === process.env.ADTALLY_MUTATION_AREA);

/** Only the own tests of the area: what slips through them, the suites above would find late and by accident. */
export default {
  ...jestConfig,
  // Stryker runs Jest once for every mutant, in its own folder.
  globalSetup: undefined,
  globalTeardown: undefined,
  moduleNameMapper: {},
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: undefined,
  testRegex: [area.tests.source.replace('^', '/').replace(/\$?$/, '.*\\.test\\.ts$')],
  testEnvironment: beside('environment.cjs'),
  runner: beside('runner.cjs'),
  setupFiles: [beside('setup.mjs')],
};
