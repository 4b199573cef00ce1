import base from '../../jest.config.mjs';

export default {
  ...base,
  maxWorkers: '50%',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/localstack/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
