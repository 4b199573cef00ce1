import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../lib/api/routes.ts';
import { environmentNames as names } from '../../lib/aws-names.ts';
import { bundleFunction, bundleSize } from '../../lib/infra/bundling.ts';
import { functionNames, type FunctionName } from '../../lib/stages.ts';
import { toEvent } from '../support/proxy-event.ts';
import { lambdaVariables as environment } from '../support/lambda-variables.ts';

/** The budget of the code that a function begins with, bytes. */
const initialBytesMax = 500 * 1024;
/** With the chunks that it loads later: S3's client and what only that needs. */
const bundleBytesMax = 610_000;

describe('The bundles', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'adtally-bundles-'));
  const folders = new Map<FunctionName, string>();
  beforeAll(() => {
    for (const name of functionNames) folders.set(name, bundleFunction(name, outdir));
  });
  afterAll(() => {
    rmSync(outdir, { recursive: true });
  });

  const codeOf = (name: FunctionName): string => join(folders.get(name) ?? '', 'index.mjs');

  const filesOf = (name: FunctionName): readonly string[] => {
    const folder = folders.get(name) ?? '';
    return readdirSync(folder)
      .filter((file) => file.endsWith('.mjs'))
      .map((file) => join(folder, file));
  };
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

  /** Runs a script in a process of its own that has nothing but these variables. */
  function run(script: string, variables: Readonly<Record<string, string>>): string {
    return execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: variables,
      cwd: tmpdir(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  const loading = (name: FunctionName): string =>
    `const { handler } = await import(${JSON.stringify(pathToFileURL(codeOf(name)).href)});`;

  test.each(functionNames)('%s is within its budget', (name) => {
    const { initialBytes, bytes } = bundleSize(name, outdir);
    expect(initialBytes).toBeGreaterThan(50_000);
    expect(initialBytes).toBeLessThanOrEqual(initialBytesMax);
    expect(bytes).toBeLessThanOrEqual(bundleBytesMax);
    expect(bytes).toBe(sum(filesOf(name).map((file) => statSync(file).size)));
  });

  test.each(functionNames)('%s holds the texts of the documentation if it serves it', (name) => {
    const code = filesOf(name)
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    // Those that esbuild does not escape.
    const summaries = routes.map(({ summary }) => summary).filter((text) => /^[\w ,.?-]+$/.test(text));
    expect(summaries.length).toBeGreaterThan(15);
    expect(summaries.filter((text) => code.includes(text))).toEqual(name === 'describe-api' ? summaries : []);
  });

  test.each(functionNames)('%s loads by itself, says nothing and exports a handler', (name) => {
    expect(run(`${loading(name)} process.stdout.write(typeof handler);`, environment)).toBe('function');
  });

  test.each(functionNames)('%s names the variable that its deployment forgot', (name) => {
    expect(() => run(loading(name), { ...environment, [names.stage]: '' })).toThrow(
      /ADTALLY_STAGE is not set/,
    );
  });

  test.each(['/openapi.json', '/console'])('describe-api answers %s from its bundle', (path) => {
    const event = JSON.stringify({
      httpMethod: 'GET',
      resource: path,
      path,
      headers: {},
      multiValueHeaders: {},
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      body: null,
      requestContext: {},
    });
    const script = `${loading('describe-api')}
      const { statusCode, body } = await handler(${event}, {});
      const start = body.slice(0, 15);
      process.stdout.write(JSON.stringify({ statusCode, start }) + '\\n');`;
    const [first = ''] = run(script, environment)
      .split('\n')
      .filter((line) => line.includes('statusCode'));
    const start = path === '/console' ? '<!doctype html>' : '{"openapi":"3.1';
    expect(JSON.parse(first)).toEqual({ statusCode: 200, start });
  });

  /** Begins a function as Lambda does, beside empty tables and an empty bucket, and prints what `then` gives. */
  const begun = (
    variables: Readonly<Record<string, string>>,
    then: string,
    name: FunctionName = 'query-ads',
  ): unknown => {
    const script = `import { createServer } from 'node:http';
      const asked = [];
      const server = createServer((request, response) => {
        const target = request.headers['x-amz-target'];
        asked.push(target?.replace(/.*\\./, '') ?? request.method + ' ' + request.url);
        const type = target === undefined ? 'application/xml' : 'application/x-amz-json-1.0';
        response.writeHead(200, { 'content-type': type }).end(target === undefined ? '<ListBucketResult/>' : '{}');
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      process.env.AWS_ENDPOINT_URL ??= 'http://127.0.0.1:' + server.address().port;
      ${loading(name)}
      process.stdout.write('\\n' + JSON.stringify(${then}) + '\\n');
      process.exit(0);`;
    const lines = run(script, { ...environment, ...variables })
      .trim()
      .split('\n');
    return JSON.parse(lines.at(-1) ?? '') as unknown;
  };
  const lambda = { AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand', AWS_LAMBDA_FUNCTION_VERSION: '9' };

  test('query-ads reads the catalog while it begins on Lambda, and only there', () => {
    expect(begun(lambda, 'asked')).toEqual(['GetItem']);
    expect(begun({}, 'asked')).toEqual([]);
  });

  test('so does decide-ads, on a stage that decides', () => {
    expect(begun(lambda, 'asked', 'decide-ads')).toEqual(['GetItem']);
    expect(begun({}, 'asked', 'decide-ads')).toEqual([]);
    expect(begun({ ...lambda, [names.stage]: 'prod' }, 'asked', 'decide-ads')).toEqual([]);
  });

  test('query-ads answers the call that warms it up, and begins without its table too', () => {
    const call = 'await handler({ warmUp: { holdMs: 1 } })';
    const container = expect.stringMatching(/^[0-9a-f]{32}$/) as unknown;
    expect(begun(lambda, call)).toEqual({ container, version: '9', catalogVersion: 0 });
    const deaf = { ...lambda, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    expect(begun(deaf, call)).toEqual({ container, version: '9', catalogVersion: null });
  });

  test('operate-quarantine loads the client of S3 with its first call to the bucket', () => {
    const event = JSON.stringify(toEvent({ path: '/api/v1/quarantine', principal: 'operator' }));
    const call = `await handler(${event}, {}).then(({ statusCode, body }) => [statusCode, body, asked])`;
    const list = expect.stringMatching(/^GET \/.*list-type=2/) as unknown;
    expect(begun(lambda, call, 'operate-quarantine')).toEqual([
      200,
      '{"records":[],"unreadable":[],"next_cursor":null}',
      expect.arrayContaining([list]),
    ]);
  });

  test('a function whose log cannot be reached answers 503 from its bundle', () => {
    const event = JSON.stringify({
      httpMethod: 'POST',
      resource: '/increment',
      path: '/increment',
      headers: { 'content-type': 'application/json' },
      multiValueHeaders: { 'content-type': ['application/json'] },
      body: '{"key":"k","value":1}',
      isBase64Encoded: false,
      requestContext: {},
    });
    const script = `${loading('ingest-increments')}
      const { statusCode, headers } = await handler(${event}, {});
      process.stdout.write(JSON.stringify({ statusCode, retryAfter: headers['Retry-After'] }) + '\\n');`;
    // Port 9 (discard) takes no connection on any machine of today.
    const [first = ''] = run(script, { ...environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' })
      .split('\n')
      .filter((line) => line.includes('statusCode'));
    expect(JSON.parse(first)).toEqual({
      statusCode: 503,
      retryAfter: expect.stringMatching(/^\d+$/) as unknown,
    });
  });
});
