import base from '../../jest.config.mjs';

/** What others make of /openapi.json; `npm run test:clients` installs what it needs. */
export default {
  ...base,
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/clients/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/test/clients/tools/'],
  // A generator is a Java program, and a first build of Go compiles Go's own library.
  testTimeout: 600_000,
};
