import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { UsageError } from '../../lib/options.ts';
import { parseTokenArguments, tokensCommand } from '../../lib/operator/tokens-command.ts';
import { stageSettings } from '../../lib/stages.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { runCommand, type CommandAnswer } from '../support/run-command.ts';

describe('the arguments of npm run tokens', () => {
  it('are a command with its options', () => {
    expect(parseTokenArguments(['create', '--name', 'a', '--scopes', 'ads:write,admin,admin'])).toEqual({
      location: { stage: 'local', data: undefined, create: true },
      options: {
        verb: {
          ...{ type: 'create', name: 'a', scopes: ['ads:write', 'admin'] },
          ...{ rate: undefined, lifeSeconds: undefined },
        },
        json: false,
      },
    });
    const rotate = ['rotate', '0123456789abcdef', '--grace', '0h', '--stage', 'prod', '--json'];
    expect(parseTokenArguments(rotate)).toEqual({
      location: { stage: 'prod', data: undefined, create: false },
      options: { verb: { type: 'rotate', id: '0123456789abcdef', graceSeconds: 0 }, json: true },
    });
    expect(
      parseTokenArguments(['create', '--name', 'a', '--scopes', 'admin', '--expires', '90d']),
    ).toMatchObject({
      options: { verb: { lifeSeconds: 7_776_000 } },
    });
    for (const [text, rate] of [
      ['5', { ratePerSecond: 5, burst: 25 }],
      ['5:7', { ratePerSecond: 5, burst: 7 }],
    ] as const) {
      const create = ['create', '--name', 'a', '--scopes', 'admin', '--rate', text];
      expect(parseTokenArguments(create)).toMatchObject({ options: { verb: { rate } } });
    }
    // A folder has no usage plan in front of it, nor has the stage that is always one.
    for (const where of [
      ['--stage', 'local'],
      ['--stage', 'prod', '--data', '/x'],
    ]) {
      const create = ['create', '--name', 'a', '--scopes', 'admin', '--rate', '9999999', ...where];
      expect(parseTokenArguments(create)).toMatchObject({ options: { verb: { type: 'create' } } });
    }
    const most = ['create', '--name', 'a', '--scopes', 'admin', '--rate', '200', '--stage', 'prod'];
    expect(parseTokenArguments(most)).toMatchObject({ options: { verb: { rate: { burst: 1000 } } } });
  });

  it.each([
    [[], 'a command is missing'],
    [['make'], 'must be create, list, rotate or revoke; got make'],
    [['create', '--scopes', 'admin'], '--name is missing; it must be 1 to 100 characters'],
    [['create', '--name', 'x'.repeat(101), '--scopes', 'admin'], '--name must be 1 to 100 characters'],
    [['create', '--name', 'a'], '--scopes is missing; choose from ads:read'],
    [['create', '--name', 'a', '--scopes', 'admin,root'], '--scopes must be some of ads:read'],
    [
      ['create', '--name', 'a', '--scopes', 'admin', '--expires', '0d'],
      '--expires must be days, from 1d to 9999d; got 0d',
    ],
    [
      ['create', '--name', 'a', '--scopes', 'admin', '--expires', '12h'],
      '--expires must be days, from 1d to 9999d; got 12h',
    ],
    [
      ['create', '--name', 'a', '--scopes', 'admin', '--rate', '0'],
      '--rate must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 0',
    ],
    [['create', 'id', '--name', 'a', '--scopes', 'admin'], 'create makes the id itself; got id'],
    [['revoke'], 'the id of the token is missing'],
    [['revoke', 'shop'], 'the id of a token must be 16 hex digits; got shop'],
    [['rotate', '0123456789abcdef', '--grace', '1d'], '--grace must be hours, from 0h to 9999h; got 1d'],
    [['list', 'all'], 'list takes no id; got all'],
    [['revoke', '0123456789abcdef', '1123456789abcdef'], '1123456789abcdef is one argument too many'],
  ])('are refused: %j', (args, message) => {
    expect(() => parseTokenArguments(args)).toThrow(message);
  });

  const tokenId = '0123456789abcdef';
  const options = {
    ...{ '--name': 'a', '--scopes': 'admin', '--expires': '9d', '--grace': '1h' },
    '--rate': '5',
  };
  it.each([
    ['create', ['--name', 'a', '--scopes', 'admin'], ['--name', '--scopes', '--expires', '--rate']],
    ['list', [], []],
    ['rotate', [tokenId], ['--grace']],
    ['revoke', [tokenId], []],
  ])('refuses the options that %s would ignore', (verb, more, taken) => {
    for (const [option, value] of Object.entries(options)) {
      const line = [verb, ...more, option, value];
      if (taken.includes(option)) {
        parseTokenArguments(line);
      } else {
        const all = [...taken, '--stage', '--data', '--stack', '--config', '--json'].join(', ');
        const message = `${option} is not an option of ${verb}; it takes ${all}`;
        expect(() => parseTokenArguments(line)).toThrow(new UsageError(message));
      }
    }
  });
});

describe('the rate of a token of a deployed stage', () => {
  const checked = (rate: string, stage: 'prod' | 'dev', ...more: string[]): void => {
    const line = ['create', '--name', 'a', '--scopes', 'admin', '--rate', rate, '--stage', stage, ...more];
    tokensCommand.check?.(stageSettings(stage), parseTokenArguments(line));
  };

  it.each([
    [
      '201:1000',
      'prod',
      '--rate must be at most 200:1000, as deployed; got 201:1000; raise tokens.rate of the stage and deploy',
    ],
    [
      '1:1001',
      'dev',
      '--rate must be at most 200:1000, as deployed; got 1:1001; raise tokens.rate of the stage and deploy',
    ],
  ] as const)('%s in %s is refused', (rate, stage, message) => {
    expect(() => {
      checked(rate, stage);
    }).toThrow(new UsageError(message));
  });

  it("may be the usage plan's own, and more in a folder, which has none", () => {
    expect(() => {
      checked('200:1000', 'prod');
      checked('201:1001', 'prod', '--data', 'x');
    }).not.toThrow();
  });
});

describe('npm run tokens', () => {
  let parent: string;
  let folder: string;
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'adtally-tokens-'));
    folder = join(parent, 'data');
  });
  afterEach(async () => {
    await server?.kill();
  });
  afterAll(async () => {
    await rm(parent, { recursive: true });
  });

  const run = (...args: string[]): Promise<CommandAnswer> =>
    runCommand('tokens', [...args, '--data', folder, '--json']);
  const countWith = async (token: unknown): Promise<number> => {
    const url = new URL('/increment', server!.url);
    const headers = { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' };
    const body = '{"key":"k","value":1}';
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };

  it('makes the folder with the first token, and its tokens are asked for from then on', async () => {
    expect((await run('list')).code).toBe(4);
    const made = await run('create', '--name', 'shop', '--scopes', 'counters:write');
    expect(made).toMatchObject({ code: 0, lines: [{ name: 'shop', scopes: ['counters:write'] }] });
    const { id, token } = made.lines[0]!;
    server = await startServer(folder);
    expect(await countWith('')).toBe(401);
    expect(await countWith(token)).toBe(202);
    const next = await run('rotate', String(id), '--grace', '0h');
    expect(await countWith(next.lines[0]!['token'])).toBe(202);
    const list = await run('list');
    expect(list.lines.map((line) => [line['id'], 'token' in line])).toEqual([[next.lines[0]!['id'], false]]);
    expect(await run('revoke', String(next.lines[0]!['id']))).toMatchObject({
      code: 0,
      lines: [{ state: 'revoked' }],
    });
    expect((await run('revoke', String(next.lines[0]!['id']))).code).toBe(1);
    expect((await run('rotate', '0123456789abcdef')).code).toBe(1);
  });

  it('gives a token a rate of its own, which its successor has too', async () => {
    const create = ['create', '--name', 'slow', '--scopes', 'counters:write,counters:read'];
    const made = await run(...create, '--rate', '1:3');
    const rate = { per_second: 1, burst: 3 };
    expect(made).toMatchObject({ code: 0, lines: [{ rate }] });
    const { id, token, principal } = made.lines[0]!;
    const usual = await run('create', '--name', 'usual', '--scopes', 'counters:write');
    expect(usual).toMatchObject({ code: 0, lines: [{ rate: null }] });
    server = await startServer(folder);
    const statuses: number[] = [];
    for (let call = 0; call < 20; call += 1) statuses.push(await countWith(token));
    expect(statuses.slice(0, 3)).toEqual([202, 202, 202]);
    // At one a second, 20 calls would take 17 s: some are refused, however slow this machine is.
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    for (let call = 0; call < 20; call += 1) expect(await countWith(usual.lines[0]!['token'])).toBe(202);
    const next = await run('rotate', String(id), '--grace', '0h');
    expect(next).toMatchObject({ code: 0, lines: [{ rate, principal }] });
    const list = await run('list');
    const rates = list.lines.filter((line) => line['name'] === 'slow').map((line) => line['rate']);
    expect(rates).toEqual([rate]);
    const shown = await runCommand('tokens', ['list', '--data', folder]);
    expect(shown.stdout).toMatch(/^[0-9a-f]{16} .*, 1:3 calls\/s {2}"slow"$/m);
    expect(shown.stdout).toMatch(/until it is revoked {2}"usual"$/m);
    // The caller as the usage names it, also of the token that replaced the first.
    const { id: nextId, token: nextToken } = next.lines[0]!;
    expect(shown.stdout).toContain(`${String(nextId)}  principal ${String(principal)}  `);
    const { url } = server;
    const usage = (): Promise<Response> =>
      fetch(new URL('/api/v1/usage', url), { headers: { authorization: `Bearer ${String(nextToken)}` } });
    let answer = await usage();
    // The calls above have used up the burst of both tokens.
    for (let tries = 0; tries < 100 && answer.status === 429; tries += 1) {
      await systemClock.sleep(200);
      answer = await usage();
    }
    expect(await answer.json()).toMatchObject({ principal });
  });
});
