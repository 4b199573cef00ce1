/** ESM through @swc/jest: middy 7 ships import-only exports, which Jest's CommonJS mode cannot load. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } },
    ],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // The suites that need an emulator run by their own commands, never silently inside this one.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/localstack/',
    '<rootDir>/test/aws/',
    '<rootDir>/test/console/',
    '<rootDir>/test/metrics/',
    '<rootDir>/test/clients/',
  ],
  testTimeout: 30_000,
};
