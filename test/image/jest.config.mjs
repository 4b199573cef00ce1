import base from '../../jest.config.mjs';

/** The image, without a container engine; `npm run test:image` installs what it needs first. */
export default {
  ...base,
  maxWorkers: 1,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/image/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
