/** The layers of the code and who may import whom; the picture is in docs/architecture.md. */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(bin|client|lib|functions|packages|test)/', pathNot: [from, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^aws-lambda$' },
    },
    {
      name: 'no-dev-dependency-in-lambda',
      severity: 'error',
      from: { path: '^lib/(core|ports|app|api)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    layer('core-imports-core', '^lib/core/', []),
    {
      name: 'core-has-no-packages',
      severity: 'error',
      from: { path: '^lib/core/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    layer('ports-import-core', '^lib/ports/', ['^lib/core/']),
    layer('app-imports-core-and-ports', '^lib/app/', ['^lib/(core|ports)/', '^lib/stages\\.ts$']),
    {
      name: 'domain-has-no-aws',
      severity: 'error',
      from: { path: '^lib/(core|ports|app|api|embedded)/' },
      to: { path: '(@aws-sdk|aws-cdk|@smithy)', dependencyTypesNot: ['type-only'] },
    },
    layer('adapters-import-core-and-ports', '^lib/adapters/', ['^lib/(core|ports)/', '^lib/aws-names\\.ts$']),
    layer('aws-names-import-nothing', '^lib/aws-names\\.ts$', []),
    {
      name: 'aws-names-stay-on-aws',
      severity: 'error',
      from: { path: '^(bin|client|console)/|^lib/(core|ports|app|api|embedded|adapters/(?!aws/))' },
      to: { path: '^lib/aws-names\\.ts$' },
    },
    layer('api-imports-app', '^lib/api/', ['^lib/(core|ports|app)/', '^lib/(stages|version)\\.ts$']),
    layer('version-imports-nothing', '^lib/version\\.ts$', []),
    layer('options-import-the-version', '^lib/options\\.ts$', ['^lib/version\\.ts$']),
    layer('settings-import-stages', '^lib/settings/', ['^lib/core/', '^lib/(options|stages)\\.ts$']),
    layer('stages-import-core', '^lib/stages\\.ts$', ['^lib/core/']),
    layer('embedded-imports', '^lib/embedded/', [
      '^lib/(core|ports|app|api)/',
      '^lib/adapters/(lmdb|system|tracing)/',
      '^lib/settings/',
      '^lib/(options|stages)\\.ts$',
      '^functions/',
    ]),
    layer('operator-imports', '^lib/operator/', [
      '^lib/(core|ports|app)/',
      '^lib/adapters/(aws|lmdb|system)/',
      '^lib/settings/',
      '^lib/(options|stages|aws-names)\\.ts$',
    ]),
    layer('bulk-imports', '^lib/bulk/', [
      '^client/index\\.ts$',
      '^lib/(core|ports|api)/',
      '^lib/adapters/system/',
      '^lib/options\\.ts$',
    ]),
    {
      name: 'client-imports-itself',
      comment: 'A client is used far from the server; its generator alone reads the document.',
      severity: 'error',
      from: { path: '^client/', pathNot: '^client/generator/' },
      to: { pathNot: '^client/(?!generator/)' },
    },
    {
      name: 'client-generator-imports-the-document',
      severity: 'error',
      from: { path: '^client/generator/' },
      to: { path: '^(bin|lib|functions|test)/', pathNot: '^lib/(api/|options\\.ts$)' },
    },
    layer('infra-imports', '^lib/infra/', ['^lib/api/', '^lib/core/', '^lib/(stages|aws-names)\\.ts$']),
    {
      name: 'the-console-is-a-browser-page',
      severity: 'error',
      from: { path: '^console/page/' },
      to: { pathNot: '^console/page/|^client/index\\.ts$|(^|/)node_modules/uplot/' },
    },
    {
      name: 'nothing-but-its-build-reads-the-console',
      severity: 'error',
      from: { pathNot: '^(console|test)/' },
      to: { path: '^console/(page|docs|demo)/' },
    },
    {
      name: 'the-script-of-the-docs-page-is-small',
      comment: 'It shares the token and the way of making elements with the console, and not the client.',
      severity: 'error',
      from: { path: '^console/docs/' },
      to: { pathNot: '^console/docs/|^console/page/(dom|token)\\.ts$' },
    },
    {
      name: 'the-demo-is-a-small-page',
      comment:
        'It makes its calls itself, as the page of a newspaper would, and takes only types of the client.',
      severity: 'error',
      from: { path: '^console/demo/' },
      to: {
        path: '^(bin|client|lib|functions|console/docs|console/page/(api|main|panels))|node_modules',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'a-function-never-imports-another',
      severity: 'error',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/', pathNot: '^functions/$1/' },
    },
    {
      name: 'only-handlers-and-operators-touch-aws-adapters',
      severity: 'error',
      from: { path: '^(functions/[^/]+/(?!handler)|lib/(?!adapters/aws|operator))' },
      to: { path: '^lib/adapters/aws/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(bin|client|lib|functions)/' },
      to: { path: '^(test|packages)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Programs on clients that are made while they are tested.
    exclude: { path: '^test/clients/(programs|tools)/|/dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
