import base from '../../jest.config.mjs';

/** The packages as users get them; `npm run test:packages` packs and installs them first. */
export default {
  ...base,
  maxWorkers: 1,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/packages/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
