import js from '@eslint/js';
import jest from 'eslint-plugin-jest';
import security from 'eslint-plugin-security';
import tseslint from 'typescript-eslint';

/** What pure domain code must not touch: time, chance and the process are ports (docs/architecture.md). */
const impureGlobals = [
  'process',
  'console',
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'crypto',
  'Buffer',
  'fetch',
];
const noRandom = { object: 'Math', property: 'random', message: 'Randomness is a port: take it from Ids.' };

export default tseslint.config(
  {
    ignores: [
      'node_modules',
      'cdk.out',
      '**/dist',
      'coverage/**',
      '.adtally*',
      '**/*.cjs',
      '**/*.mjs',
      'packages/*/*.js',
    ],
  },
  // Compiled with clients that are made while they are tested.
  { ignores: ['test/clients/programs', 'test/clients/tools'] },
  // Compiled where they are tested, with the packages that they use.
  { ignores: ['examples'] },
  // What suites install into their folders.
  { ignores: ['test/*/.installed'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      'no-console': 'error',
      'no-restricted-properties': ['error', noRandom],
      eqeqeq: 'error',
    },
  },
  {
    // What runs in production or at an operator's desk. Left out are rules that see danger in every index, file name,
    // optional group of a regular expression, and comparison with a variable called token.
    files: ['lib/**/*.ts', 'functions/**/*.ts', 'bin/**/*.ts', 'client/**/*.ts', 'packages/**/*.ts'],
    plugins: { security },
    rules: {
      'security/detect-bidi-characters': 'error',
      'security/detect-buffer-noassert': 'error',
      'security/detect-child-process': 'error',
      'security/detect-disable-mustache-escape': 'error',
      'security/detect-eval-with-expression': 'error',
      'security/detect-new-buffer': 'error',
      'security/detect-no-csrf-before-method-override': 'error',
      'security/detect-non-literal-regexp': 'error',
      'security/detect-non-literal-require': 'error',
      'security/detect-pseudoRandomBytes': 'error',
    },
  },
  {
    files: ['lib/core/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...impureGlobals] },
  },
  {
    files: [
      'lib/app/**/*.ts',
      'lib/api/**/*.ts',
      'lib/embedded/**/*.ts',
      'functions/*/!(handler).ts',
      'client/**/!(deps).ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'Time is a port: use Clock.' },
        { name: 'setInterval', message: 'Time is a port: use Clock.' },
      ],
      'no-restricted-properties': [
        'error',
        noRandom,
        { object: 'Date', property: 'now', message: 'Time is a port: use Clock.nowMs.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    ...jest.configs['flat/recommended'],
    rules: {
      ...jest.configs['flat/recommended'].rules,
      'jest/expect-expect': [
        'error',
        { assertFunctionNames: ['expect', 'expect*', 'fc.assert', 'given*', '**.then*', 'template.*'] },
      ],
      'jest/no-export': 'off',
      'jest/no-standalone-expect': 'off',
      'jest/no-conditional-expect': 'off',
      'jest/valid-title': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: [
      'bin/**/*.ts',
      'test/{bench,fleet,simulation,localstack,aws,clients,console,metrics,runtime}/**/*.ts',
      'lib/adapters/system/**/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
);
