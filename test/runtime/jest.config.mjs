import base from '../../jest.config.mjs';

/** Every bundle under AWS's runtime client; `npm run test:runtime` starts what they need. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/runtime/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/test/runtime/client/', '<rootDir>/test/aws/emulators/'],
  setupFiles: ['<rootDir>/test/aws/support/native-errors.mjs'],
  maxWorkers: 1,
  testTimeout: 120_000,
};
