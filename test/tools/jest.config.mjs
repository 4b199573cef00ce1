import base from '../../jest.config.mjs';

/**
 * The tools' own tests: each fault that the fuzzer knows is found, load, demo and benchmarks run in small. They
 * judge the tools and not the product, and take long.
 */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/tools/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
