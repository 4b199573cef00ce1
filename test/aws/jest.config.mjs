import base from '../../jest.config.mjs';

/** The suites on emulators and on misbehaving servers; `npm run test:aws` starts what they need. */
export default {
  ...base,
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/aws/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/test/aws/emulators/'],
  setupFiles: ['<rootDir>/test/aws/support/native-errors.mjs'],
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/aws/support/cases-reporter.mjs'],
};
