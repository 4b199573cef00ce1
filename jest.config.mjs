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
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // One seed for every property.
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/run/fast-check.ts' },
  globalSetup: '<rootDir>/test/run/begin.ts',
  globalTeardown: '<rootDir>/test/run/end.ts',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // The suites that need an emulator, and the tools' own tests, run by their own commands.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/localstack/',
    '<rootDir>/test/aws/',
    '<rootDir>/test/console/',
    '<rootDir>/test/metrics/',
    '<rootDir>/test/clients/',
    '<rootDir>/test/tools/',
    '<rootDir>/test/runtime/',
    '<rootDir>/test/packages/',
    '<rootDir>/test/image/',
  ],
  // A worker per core: a suite that waits for a server leaves the core to the others.
  maxWorkers: '100%',
  // Modules of finished suites stay in a worker's memory, and its garbage collector slows down.
  workerIdleMemoryLimit: '1GB',
  // Only with --coverage; `npm run coverage` compares it with the thresholds.
  coverageProvider: 'v8',
  collectCoverageFrom: [
    'bin/*.ts',
    'client/**/*.ts',
    'functions/**/*.ts',
    'lib/**/*.ts',
    '!client/generated/**',
  ],
  coverageReporters: ['json-summary'],
  // For a test that hangs. The slowest takes 15 s on an idle machine, and ten times that on one with other work.
  testTimeout: 300_000,
};
