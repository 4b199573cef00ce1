import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keysCommand, parseKeysArguments } from '../../lib/operator/keys-command.ts';
import type { OperatorStage } from '../../lib/operator/operator-stage.ts';
import { UsageError } from '../../lib/options.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { seededIds } from '../support/counter-world.ts';
import { runCommand } from '../support/run-command.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const hour = 3_600_000;

function build() {
  const clock = createVirtualClock();
  const stage = { state: createMemoryStateStore(), clock, ids: seededIds(1) };
  const run = async (verb: 'list' | 'rotate', json = false) => {
    let text = '';
    const code = await keysCommand.run(stage as unknown as OperatorStage, { verb, json }, (line) => {
      text += line;
    });
    return { code, text };
  };
  return { clock, stage, run };
}

describe('the arguments of npm run keys', () => {
  it('are list or rotate', () => {
    expect(parseKeysArguments(['list', '--stage', 'prod', '--json'])).toEqual({
      location: { stage: 'prod', data: undefined },
      options: { verb: 'list', json: true },
    });
    expect(parseKeysArguments(['rotate'])).toMatchObject({ options: { verb: 'rotate', json: false } });
  });

  it.each([
    [[], 'a command is missing: list or rotate'],
    [['make'], 'the command must be list or rotate; got make'],
    [['list', 'all'], 'all'],
    [['list', '--grace', '1h'], '--grace'],
  ])('%j are refused', (args, message) => {
    expect(() => parseKeysArguments(args)).toThrow(UsageError);
    expect(() => parseKeysArguments(args)).toThrow(message);
  });
});

describe('npm run keys', () => {
  it('shows what each key does, and no secret', async () => {
    const { run, clock, stage } = build();
    expect(await run('list')).toEqual({ code: 0, text: 'no keys: the first decision makes one\n' });
    expect(await run('list', true)).toEqual({ code: 0, text: '' });
    expect(await run('rotate')).toEqual({ code: 0, text: '1  signs, made 2026-01-01T00:00:00.000Z\n' });
    await clock.advance(24 * hour);
    const until = 'until 2026-04-02T00:05:00.000Z';
    expect((await run('rotate')).text.split('\n')).toEqual([
      `1  signs, made 2026-01-01T00:00:00.000Z, ${until}`,
      '2  signs from 2026-01-02T00:05:00.000Z, made 2026-01-02T00:00:00.000Z',
      '',
    ]);
    await clock.advance(hour);
    const lines = (await run('list', true)).text.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        ...{ id: 1, state: 'verifies', created_at: '2026-01-01T00:00:00.000Z' },
        ...{ signs_from: '2026-01-01T00:00:00.000Z', expires_at: '2026-04-02T00:05:00.000Z' },
      },
      {
        ...{ id: 2, state: 'signs', created_at: '2026-01-02T00:00:00.000Z' },
        ...{ signs_from: '2026-01-02T00:05:00.000Z', expires_at: null },
      },
    ]);
    await clock.advance(90 * 24 * hour);
    expect((await run('list')).text).toContain('1  expired, made');
    const { items } = await stage.state.query({ table: 'delivery', pk: 'keys', limit: 10 });
    const secrets = items.map(({ attributes }) => Buffer.from(attributes['secret'] as Uint8Array));
    const shown = (await run('list')).text + (await run('list', true)).text;
    for (const secret of secrets) {
      expect(secret).toHaveLength(32);
      for (const coding of ['hex', 'base64', 'base64url'] as const)
        expect(shown).not.toContain(secret.toString(coding).slice(0, 20));
    }
  });

  it('refuses a second rotation within a day', async () => {
    const { run, clock } = build();
    await run('rotate');
    await clock.advance(24 * hour - 1);
    expect(await run('rotate')).toEqual({
      code: 1,
      text: 'key 1 is younger than a day; rotate again at 2026-01-02T00:00:00.000Z\n',
    });
    expect(await run('rotate', true)).toEqual({
      code: 1,
      text: '{"status":"too-soon","id":1,"again_at":"2026-01-02T00:00:00.000Z"}\n',
    });
  });

  it('says that another rotation was faster', async () => {
    const { run, stage } = build();
    const twin = { type: 'put', key: { table: 'delivery', pk: 'keys', sk: '0000000001' } } as const;
    const write = stage.state.write.bind(stage.state);
    stage.state.write = async (action) => {
      await write({ ...twin, attributes: {} });
      return write(action);
    };
    expect(await run('rotate')).toMatchObject({ code: 1, text: expect.stringContaining('another rotation') });
    await stage.state.write({ type: 'delete', key: twin.key });
    expect(await run('rotate', true)).toEqual({ code: 1, text: '{"status":"overtaken"}\n' });
  });
});

describe('the program', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-keys-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('keeps the keys in the data folder', async () => {
    const data = join(folder, 'data');
    expect((await runCommand('keys', ['list', '--data', data])).code).toBe(4);
    await runCommand('tokens', ['create', '--name', 'a', '--scopes', 'admin', '--data', data]);
    expect(await runCommand('keys', ['rotate', '--data', data, '--json'])).toMatchObject({
      code: 0,
      lines: [{ id: 1, state: 'signs' }],
    });
    expect((await runCommand('keys', ['rotate', '--data', data])).code).toBe(1);
  });
});
