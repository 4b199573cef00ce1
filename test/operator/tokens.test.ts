import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseTokenArguments } from '../../lib/operator/tokens-command.ts';
import { startLocalProcess, type LocalProcess } from '../../lib/embedded/demo/local-process.ts';
import { runCommand, type CommandAnswer } from './run-command.ts';

describe('the arguments of npm run tokens', () => {
  it('are a command with its options', () => {
    expect(parseTokenArguments(['create', '--name', 'a', '--scopes', 'ads:write,admin,admin'])).toEqual({
      place: { stage: 'local', data: undefined, create: true },
      options: {
        verb: { type: 'create', name: 'a', scopes: ['ads:write', 'admin'], lifeSeconds: undefined },
        json: false,
      },
    });
    const rotate = ['rotate', '0123456789abcdef', '--grace', '0h', '--stage', 'prod', '--json'];
    expect(parseTokenArguments(rotate)).toEqual({
      place: { stage: 'prod', data: undefined, create: false },
      options: { verb: { type: 'rotate', id: '0123456789abcdef', graceSeconds: 0 }, json: true },
    });
    expect(
      parseTokenArguments(['create', '--name', 'a', '--scopes', 'admin', '--expires', '90d']),
    ).toMatchObject({
      options: { verb: { lifeSeconds: 7_776_000 } },
    });
  });

  it.each([
    [[], 'no command; use'],
    [['make'], 'make: not a command'],
    [['create', '--scopes', 'admin'], '--name: 1 to 100 characters'],
    [['create', '--name', 'x'.repeat(101), '--scopes', 'admin'], '--name: 1 to 100 characters'],
    [['create', '--name', 'a'], '--scopes : not among'],
    [['create', '--name', 'a', '--scopes', 'admin,root'], '--scopes root: not among ads:read'],
    [['create', '--name', 'a', '--scopes', 'admin', '--expires', '0d'], '--expires 0d: days, as in 90d'],
    [['create', '--name', 'a', '--scopes', 'admin', '--expires', '12h'], '--expires 12h: days'],
    [['create', 'id', '--name', 'a', '--scopes', 'admin'], 'id: create takes no id'],
    [['revoke'], 'no id; npm run tokens'],
    [['revoke', 'shop'], 'shop: not the id of a token'],
    [['rotate', '0123456789abcdef', '--grace', '1d'], '--grace 1d: hours, as in 24h'],
    [['list', 'all'], 'all: list takes no id'],
    [['revoke', '0123456789abcdef', '1123456789abcdef'], '1123456789abcdef: one id at a time'],
    [['list', '--stage', 'moon'], '--stage moon: not one of'],
  ])('are refused: %j', (args, message) => {
    expect(parseTokenArguments(args)).toContain(message);
  });
});

describe('npm run tokens', () => {
  let parent: string;
  let folder: string;
  let server: LocalProcess | undefined;
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
    server = await startLocalProcess(folder);
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
  }, 60_000);
});
