import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  accountCommand,
  concurrencyPlan,
  concurrencyText,
  reservations,
} from '../../lib/operator/account-command.ts';
import { UsageError } from '../../lib/options.ts';
import { stageSettings } from '../../lib/stages.ts';
import { runCommand } from '../support/run-command.ts';

describe('the concurrency that a stage wants', () => {
  const wanted = new Map([
    ['a', 50],
    ['b', 2],
  ]);
  const plan = (limit: number, unreserved: number, reserved: Record<string, number> = {}) =>
    concurrencyPlan(wanted, { limit, unreserved, reserved: new Map(Object.entries(reserved)) });

  it.each([
    ['an account with room', 1000, 1000, {}, true, 52],
    ['the last that leaves 100', 1000, 152, {}, true, 52],
    ['one less', 1000, 151, {}, false, 52],
    ['a new account, all of whose 10 Lambda keeps', 10, 10, {}, false, 52],
    ['a stage that has it already', 1000, 100, { a: 50, b: 2 }, true, 0],
    ['a stage that has it already in an account without room', 1000, 40, { a: 50, b: 2 }, true, 0],
    ['a stage that has a part', 1000, 112, { a: 40 }, true, 12],
    ['a stage that has a part, and one less', 1000, 111, { a: 40 }, false, 12],
    ['a stage that wants more in an account without room', 1000, 40, { a: 49, b: 2 }, false, 1],
    ['a function that gives back, which helps no other', 1000, 101, { a: 90 }, false, 2],
  ])('is judged for %s', (_, limit, unreserved, reserved, enough, more) => {
    expect(plan(limit, unreserved, reserved)).toMatchObject({ enough, more, wanted: 52 });
  });

  it('names the quota with which it would be enough', () => {
    for (const [limit, unreserved] of [
      [10, 10],
      [1000, 120],
    ] as const) {
      const { limitNeeded = 0 } = plan(limit, unreserved);
      const others = limit - unreserved;
      expect(plan(limitNeeded, limitNeeded - others).enough).toBe(true);
      expect(plan(limitNeeded - 1, limitNeeded - 1 - others).enough).toBe(false);
    }
  });
});

describe('what the command reads and says', () => {
  const prod = stageSettings('prod');
  const stage = { ...prod, cloud: { ...prod.cloud, reservedConcurrency: { 'query-ads': 5 } } };
  const said = (limit: number, unreserved: number): string =>
    concurrencyText(
      'prod',
      reservations(stage),
      concurrencyPlan(reservations(stage), { limit, unreserved, reserved: new Map() }),
    );

  it('names each function as AWS does, and only those that are deployed', () => {
    expect([...reservations(prod)]).toEqual([]);
    expect([...reservations(stage)]).toEqual([['adtally-prod-query-ads', 5]]);
    const archive = { ...prod, cloud: { ...prod.cloud, reservedConcurrency: { 'archive-increments': 5 } } };
    expect([...reservations(archive)]).toEqual([]);
    expect(concurrencyText('prod', new Map(), concurrencyPlan(new Map(), undefined))).toBe(
      'prod reserves no concurrency: nothing to check',
    );
  });

  it('says whether it is enough, and by how much it is not', () => {
    expect(said(1000, 105)).toMatch(/\nThat is enough\.$/);
    expect(said(1000, 102)).toContain('Lower cloud.reservedConcurrency by 3, or ask for a quota of 1003:');
    expect(said(1000, 40)).toContain('Lower cloud.reservedConcurrency by 5, or ask for a quota of 1065:');
  });

  it('needs a stage on AWS', () => {
    expect(accountCommand.read(['--stage', 'prod', '--json'])).toMatchObject({ stage: 'prod', json: true });
    expect(() => accountCommand.read([])).toThrow(UsageError);
    expect(() => accountCommand.read(['--stage', 'local'])).toThrow(UsageError);
  });
});

describe('npm run account', () => {
  let folder: string;
  const servers: Server[] = [];
  let asked: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-account-'));
    const stage = { name: 'shop', extends: 'prod' };
    const reservedConcurrency = { 'authorize-request': 50, 'project-ads': 2 };
    await writeFile(
      join(folder, 'adtally.config.json'),
      JSON.stringify({ ...stage, cloud: { reservedConcurrency } }),
    );
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Lambda's answers over HTTP, to the SDK in the command's own process. */
  async function lambda(limit: number, unreserved: number, reserved: Record<string, number> = {}) {
    asked = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const [, name = ''] = /functions\/([^/]+)\/concurrency$/.exec(request.url ?? '') ?? [];
      const answer = (status: number, body: object, headers = {}): void => {
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(body));
      };
      if (name === '')
        answer(200, {
          AccountLimit: { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved },
        });
      else if (Object.hasOwn(reserved, name)) answer(200, { ReservedConcurrentExecutions: reserved[name] });
      else
        answer(404, { Message: 'Function not found' }, { 'x-amzn-errortype': 'ResourceNotFoundException' });
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  function run(endpoint: string, ...args: readonly string[]) {
    const credentials = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-1' };
    const given = args.length === 0 ? ['--stage', 'shop'] : args;
    const all = [...given, '--config', join(folder, 'adtally.config.json')];
    return runCommand('account', all, { ...credentials, AWS_ENDPOINT_URL: endpoint });
  }

  const facts = 'shop reserves 52 (adtally-shop-project-ads 2, adtally-shop-authorize-request 50)';

  it('says that an account of 1,000 can spare it, before the first deployment', async () => {
    expect(await lambda(1000, 1000)).toMatchObject({
      code: 0,
      stderr: '',
      stdout:
        `${facts}, 52 more than it has now.\n` +
        'The account may run 1000 functions at once; 1000 of these are not reserved, and Lambda keeps 100.\n' +
        'That is enough.\n',
    });
    expect(asked).toEqual([
      'GET /2016-08-19/account-settings',
      'GET /2019-09-30/functions/adtally-shop-project-ads/concurrency',
      'GET /2019-09-30/functions/adtally-shop-authorize-request/concurrency',
    ]);
  });

  it('says what to do if a new account cannot', async () => {
    expect(await lambda(10, 10)).toMatchObject({
      code: 1,
      stderr: '',
      stdout:
        `${facts}, 52 more than it has now.\n` +
        'The account may run 10 functions at once; 10 of these are not reserved, and Lambda keeps 10.\n' +
        'That is not enough: a deployment would fail. Lower cloud.reservedConcurrency by 52, or ask for a quota of 152:\n' +
        '  aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 152\n',
    });
  });

  it('counts what the stage has already', async () => {
    const has = { 'adtally-shop-authorize-request': 50, 'adtally-shop-project-ads': 2 };
    expect(await lambda(1000, 100, has)).toMatchObject({ code: 0 });
    expect(await lambda(1000, 110, { 'adtally-shop-authorize-request': 40 })).toMatchObject({ code: 1 });
  });

  it('asks nobody for a stage that reserves nothing', async () => {
    expect(await run('http://127.0.0.1:1', '--stage', 'prod')).toMatchObject({
      code: 0,
      stdout: 'prod reserves no concurrency: nothing to check\n',
    });
  });

  it.each([
    [['--config', 'x'], 2, '--stage is missing; it must be the name of a stage.'],
    [['--stage', 'local'], 2, '--stage must be a stage on AWS; got local.'],
    [['--stage', 'shpo'], 2, 'The stage shpo is unknown. Did you mean shop?'],
    [['--stage', 'shop'], 4, "the account's concurrency cannot be read: "],
  ])('%j ends with %i', async (args, code, said) => {
    const ended = await run('http://127.0.0.1:1', ...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain('    at ');
  });
});
