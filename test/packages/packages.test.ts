import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { version } from '../../lib/version.ts';
import { lambdaVariables } from '../support/lambda-variables.ts';
import { runStartFailure, startFailures } from '../support/start-failures.ts';

const repository = resolve(import.meta.dirname, '../..');
/** Of the registry: the newest of each line that `engines` allows, and one that it does not. */
const nodes = { 20: '20.20.2', 22: '22.23.1', 24: '24.21.0', 26: '26.10.0' } as const;
type Line = keyof typeof nodes;

let parent: string;
let tarballs: { readonly adtally: string; readonly client: string; readonly cdk: string };

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd: string, env = process.env): Promise<Ended> {
  return new Promise((done) => {
    execFile(program, args, { cwd, env, maxBuffer: 32e6 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run('npm', ['--no-audit', '--no-fund', ...args], cwd);
  if (code !== 0) throw new Error(`npm ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

async function pack(folder: string): Promise<string> {
  const said = await npm(
    ['pack', '--json', '--silent', '--pack-destination', parent],
    join(repository, folder),
  );
  // The build prints its own lines first.
  const [{ filename }] = JSON.parse(said.slice(said.indexOf('['))) as [{ filename: string }];
  return join(parent, filename);
}

function nodeOf(line: Line): string {
  const name = `node-${process.platform}-${process.arch}`;
  return join(parent, 'nodes', String(line), 'node_modules', name, 'bin/node');
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'adtally-packages-'));
  tarballs = {
    adtally: await pack('packages/adtally'),
    client: await pack('client'),
    cdk: await pack('packages/cdk'),
  };
  for (const [line, version] of Object.entries(nodes)) {
    const folder = join(parent, 'nodes', line);
    await mkdir(folder, { recursive: true });
    await npm(['install', '--prefix', folder, `node-${process.platform}-${process.arch}@${version}`], folder);
  }
  const folder = join(parent, 'use');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"name":"use","private":true,"type":"module"}');
  await npm(
    [
      'install',
      tarballs.adtally,
      tarballs.client,
      'typescript@6.0.3',
      'publint@0.3.25',
      '@arethetypeswrong/cli@0.18.5',
    ],
    folder,
  );
});
afterAll(async () => {
  await rm(parent, { recursive: true });
});

const use = (): string => join(parent, 'use');
const launcher = (): string => join(use(), 'node_modules/adtally/bin/adtally.cjs');

/** Starts the packed server on a folder of `parent`. */
async function start(data: string): Promise<{ readonly url: string; readonly stop: () => void }> {
  const args = [launcher(), '--port', '0', '--data', join(parent, data)];
  const server = spawn(nodeOf(24), args, { cwd: use() });
  const url = await new Promise<string>((done) => {
    createInterface(server.stderr).on('line', (text) => {
      const [, found] = /^adtally is ready on (\S+)$/.exec(text) ?? [];
      if (found !== undefined) done(found);
    });
  });
  return { url, stop: () => void server.kill('SIGKILL') };
}

describe('adtally', () => {
  it.each([24, 26] as const)('starts on Node %i, counts, and stops with 0', async (line) => {
    const data = join(parent, `data-${line}`);
    const env = { PATH: '', HOME: parent };
    const server = spawn(nodeOf(line), [launcher(), '--port', '0', '--data', data], { cwd: use(), env });
    const exited = new Promise((done) => server.on('exit', done));
    const url = await new Promise<string>((done, fail) => {
      const lines: string[] = [];
      createInterface(server.stderr).on('line', (text) => {
        lines.push(text);
        const [, found] = /^adtally is ready on (\S+)$/.exec(text) ?? [];
        if (found !== undefined) done(found);
      });
      server.on('exit', () => {
        fail(new Error(lines.join('\n')));
      });
    });
    const counted = await fetch(`${url}/increment?mode=sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: 'a', value: 7 }),
    });
    expect(await counted.json()).toEqual({ a: 7 });
    expect(await (await fetch(`${url}/console`)).text()).toContain('<!doctype html>');
    expect(await (await fetch(`${url}/docs`)).text()).toContain('<!doctype html>');
    server.kill('SIGTERM');
    expect(await exited).toBe(0);
    const listed = await run(
      nodeOf(line),
      [launcher(), 'tail', '--key', 'a', '--data', data, '--help'],
      use(),
      env,
    );
    expect(listed).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([20, 22] as const)('says on Node %i that it needs 24, in one line', async (line) => {
    expect(await run(nodeOf(line), [launcher()], use())).toEqual({
      code: 1,
      stdout: '',
      stderr: `adtally needs Node 24 or later and this is v${nodes[line]}. Install it, or try: npx -p node@24 -p adtally adtally\n`,
    });
  });

  it.each(startFailures)('refuses, in one line that says what to do, $name', async (failure) => {
    const { expected, ...ended } = await runStartFailure([nodeOf(24), launcher()], failure);
    expect(ended).toEqual({ code: 1, stdout: '', stderr: expected });
  });

  it('reads a stage of the folder that it is started in', async () => {
    const text =
      "import { defineStage } from 'adtally';\nexport default defineStage({ name: 'eu', extends: 'prod', quarantineRetentionDays: 9 });\n";
    await writeFile(join(use(), 'adtally.config.ts'), text);
    const { code, stdout } = await run(nodeOf(24), [launcher(), 'config', 'show', '--stage', 'eu'], use());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^quarantineRetentionDays +9 +adtally\.config\.ts, stage eu$/m);
    const { stderr } = await run(nodeOf(24), [launcher(), 'config', 'show', '--stage', 'ue'], use());
    expect(stderr).toContain('The stage ue is unknown. Did you mean eu?');
  });

  it('has nothing in it but what it needs', async () => {
    const folder = join(use(), 'node_modules/adtally');
    expect((await readdir(folder)).sort()).toEqual([
      ...['README.md', 'THIRD-PARTY-NOTICES', 'bin', 'dist', 'index.js', 'package.json'],
    ]);
  });
});

/** As a user writes it, strictly. */
const program = `
import { closeOnSignal, createClient, isCountry, ProblemError, type Client } from '@adtally/client';

const client: Client = createClient({ baseUrl: process.argv[2] ?? 'http://localhost:1' });
const batcher = client.batchIncrements({ onFailed: ({ error, ambiguous }) => { console.error(error.code, ambiguous); } });
closeOnSignal(batcher);
for (let view = 0; view < 1000; view++) await batcher.add('typed', 1);
await batcher.close();
if (!isCountry('TW')) throw new Error('TW is no country');
try {
  const { body } = await client.getCounter({ key: 'typed' });
  const value: number | bigint = body.value;
  console.log(String(value));
} catch (error) {
  if (error instanceof ProblemError) console.log(error.code, error.status);
  throw error;
}
`;

describe('@adtally/client', () => {
  it.each([
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ])('compiles strictly with moduleResolution %s', async (moduleResolution, module) => {
    await npm(['install', '@types/node@24.19.2'], use());
    await writeFile(join(use(), 'program.ts'), program);
    const args = [
      '--strict',
      '--target',
      'es2022',
      '--module',
      module,
      '--moduleResolution',
      moduleResolution,
    ];
    const tsc = join(use(), 'node_modules/typescript/bin/tsc');
    const ended = await run(
      process.execPath,
      [tsc, ...args, '--types', 'node', '--ignoreConfig', 'program.ts'],
      use(),
    );
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each([20, 22, 24, 26] as const)('counts from Node %i', async (line) => {
    const { url, stop } = await start(`data-of-client-${line}`);
    try {
      const ended = await run(nodeOf(line), [join(use(), 'program.js'), url], use());
      expect(ended).toEqual({ code: 0, stdout: '1000\n', stderr: '' });
    } finally {
      stop();
    }
  });
});

interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties?: Readonly<Record<string, unknown>>;
        readonly Metadata?: Readonly<Record<string, string>>;
      }
    >
  >;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

describe('@adtally/cdk in an app of its own, examples/cdk', () => {
  const shop = (): string => join(parent, 'shop');
  let resources: readonly Template['Resources'][string][];
  let outputs: Template['Outputs'];

  const all = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties);

  /** The code of a function, by its name or its description. */
  function codeOf(name: string): string {
    const found = resources.find(({ Properties = {} }) =>
      [Properties['FunctionName'], Properties['Description']].includes(name),
    );
    return join(shop(), 'cdk.out', found?.Metadata?.['aws:asset:path'] ?? '', 'index.mjs');
  }

  beforeAll(async () => {
    await cp(join(repository, 'examples/cdk'), shop(), { recursive: true });
    const packed = [tarballs.cdk, tarballs.client, tarballs.adtally];
    await npm(['install', '--prefer-offline', ...packed], shop());
    const path = `${join(nodeOf(24), '..')}:${process.env['PATH'] ?? ''}`;
    const cdk = join(shop(), 'node_modules/aws-cdk/bin/cdk');
    const ended = await run(
      nodeOf(24),
      [cdk, 'synth', '--quiet', '--no-notices', '--path-metadata'],
      shop(),
      {
        ...process.env,
        PATH: path,
        CI: 'true',
      },
    );
    if (ended.code !== 0) throw new Error(ended.stdout + ended.stderr);
    const template = JSON.parse(
      await readFile(join(shop(), 'cdk.out/Shop.template.json'), 'utf8'),
    ) as Template;
    resources = Object.values(template.Resources);
    outputs = template.Outputs;
  });

  it('is typed strictly, and so is the program of the README', async () => {
    const readme = await readFile(join(repository, 'packages/cdk/README.md'), 'utf8');
    const [, program = ''] = /```ts\n([^]*?)```/.exec(readme) ?? [];
    expect(program).toContain('new Adtally');
    await writeFile(join(shop(), 'readme.ts'), program);
    const tsc = join(shop(), 'node_modules/typescript/bin/tsc');
    expect(await run(nodeOf(24), [tsc], shop())).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('has the stage beside its own resources', () => {
    const described = all('AWS::Lambda::Function').map(({ Description }) => Description);
    expect(described.filter((text) => text === `release ${version}`)).toHaveLength(17);
    expect(described).toContain('Counts views of ads');
    expect(all('AWS::SQS::Queue')).toHaveLength(3);
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(['AdtallyShopApiUrl', 'AdtallyShopAdsTable']),
    );
  });

  it('has its Mixin on every log group of the stage', () => {
    const groups = all('AWS::Logs::LogGroup').filter(({ LogGroupName }) => LogGroupName !== undefined);
    expect(groups.length).toBeGreaterThan(15);
    expect(new Set(groups.map(({ RetentionInDays }) => RetentionInDays))).toEqual(new Set([365]));
  });

  it('gets the alarms, and its function calls the API', () => {
    expect(all('AWS::SNS::Subscription')).toMatchObject([
      { Protocol: 'email', Endpoint: 'operators@example.com' },
    ]);
    const [count] = all('AWS::Lambda::Function').filter(({ Environment }) =>
      JSON.stringify(Environment ?? '').includes('ADTALLY_TOKEN_SECRET'),
    );
    expect(count).toMatchObject({ Description: 'Counts views of ads' });
  });

  it('deploys functions that run: the console is in its bundle', async () => {
    const code = codeOf('adtally-shop-describe-api');
    const none = { queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null };
    const request = { httpMethod: 'GET', resource: '/console', path: '/console', body: null };
    const event = { ...none, ...request, headers: {}, multiValueHeaders: {}, requestContext: {} };
    const script = `const { handler } = await import(${JSON.stringify(pathToFileURL(code).href)});
      const { statusCode, body } = await handler(${JSON.stringify(event)}, {});
      console.log(statusCode, body.slice(0, 15));`;
    const ended = await run(nodeOf(24), ['--input-type=module', '--eval', script], shop(), lambdaVariables);
    expect(ended.stdout.split('\n')).toContain('200 <!doctype html>');
  });

  it('counts each message of its queue once, although the queue delivers it twice', async () => {
    const data = join(parent, 'data-of-shop');
    const scopes = ['--scopes', 'counters:write,counters:read'];
    const { stdout: made } = await run(
      nodeOf(24),
      [launcher(), 'tokens', 'create', '--name', 'shop', ...scopes, '--data', data],
      use(),
    );
    const [token = ''] = /^adtally_\S+/m.exec(made) ?? [];
    // In the place of Secrets Manager.
    const secrets = createServer((_, response) => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({ SecretString: token }));
    }).listen(0, '127.0.0.1');
    await once(secrets, 'listening');
    const { url, stop } = await start('data-of-shop');
    try {
      const messages = ['42', '42', '7', '42'].map((ad, at) => ({
        messageId: `message-${at}`,
        body: JSON.stringify({ ad }),
      }));
      const bad = [
        { messageId: 'spoilt', body: 'no JSON' },
        { messageId: 'nameless', body: '{}' },
      ];
      const event = { Records: [...messages, messages[0], ...bad] };
      const script = `const { handler } = await import(${JSON.stringify(pathToFileURL(codeOf('Counts views of ads')).href)});
        await handler(${JSON.stringify(event)});
        console.log(JSON.stringify(await handler(${JSON.stringify(event)})));`;
      const { port } = secrets.address() as AddressInfo;
      const variables = {
        ...{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
        ...{ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ADTALLY_URL: url, ADTALLY_TOKEN_SECRET: 'Token' },
      };
      const ended = await run(nodeOf(24), ['--input-type=module', '--eval', script], shop(), variables);
      expect(JSON.parse(ended.stdout)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'spoilt' }, { itemIdentifier: 'nameless' }],
      });
      const totals = (): Promise<string[]> =>
        Promise.all(
          ['42', '7'].map(async (ad) => {
            const headers = { authorization: `Bearer ${token}` };
            return (await fetch(`${url}/increment/${ad}%2Fviews`, { headers })).text();
          }),
        );
      const counted = ['{"42/views":3}', '{"7/views":1}'];
      for (let tries = 0; tries < 100; tries++) {
        if ((await totals()).join() === counted.join()) break;
        await setTimeout(100);
      }
      // Time for one too many.
      await setTimeout(500);
      expect(await totals()).toEqual(counted);
    } finally {
      stop();
      secrets.close();
    }
  });

  it.each([20, 22, 26] as const)('is required by a program without types on Node %i', async (line) => {
    const text = `const { App, Stack } = require('aws-cdk-lib');
      const { Adtally, defineStage } = require('@adtally/cdk');
      const app = new App();
      const stage = defineStage({ name: 'other', extends: 'prod' });
      const { url } = new Adtally(new Stack(app, 'Other'), 'Ads', { stage });
      console.log(typeof url, app.synth().stacks.length);`;
    await writeFile(join(shop(), 'program.cjs'), text);
    expect(await run(nodeOf(line), ['program.cjs'], shop())).toMatchObject({ code: 0, stdout: 'string 1\n' });
  });
});

describe.each(['adtally', 'client', 'cdk'] as const)('the package %s', (name) => {
  it('pleases publint', async () => {
    const { code, stdout, stderr } = await run(
      process.execPath,
      [join(use(), 'node_modules/publint/src/cli.js'), 'run', tarballs[name], '--strict'],
      use(),
    );
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
  });

  it('has types that its users find', async () => {
    const attw = join(use(), 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const ended = await run(process.execPath, [attw, tarballs[name], '--profile', 'esm-only'], use());
    expect({ code: ended.code, said: ended.code === 0 ? '' : ended.stdout + ended.stderr }).toEqual({
      code: 0,
      said: '',
    });
  });
});
