import base from '../../jest.config.mjs';

/** /metrics read by Prometheus itself; `npm run test:metrics` looks for its programs first. */
export default {
  ...base,
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/metrics/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};
