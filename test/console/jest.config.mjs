import base from '../../jest.config.mjs';

/** The console in a real browser; `npm run test:console` looks for one first. */
export default {
  ...base,
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/console/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 180_000,
};
