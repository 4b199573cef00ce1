import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import { giveUpIncrement } from '../../lib/app/quarantine/give-up.ts';
import { adKey, counterKey, skipKey } from '../../lib/app/state-keys.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { auditCommand } from '../../lib/operator/audit-command.ts';
import { parseQuarantineArguments } from '../../lib/operator/quarantine-options.ts';
import { UsageError } from '../../lib/options.ts';
import { quarantineCommand } from '../../lib/operator/quarantine-command.ts';
import { restoreCommand } from '../../lib/operator/restore-command.ts';
import type { OperatorStage } from '../../lib/operator/operator-stage.ts';
import { eventually } from '../contracts/eventually.ts';
import { adCreated } from '../support/ad-event-builder.ts';
import { garbage, increment } from '../support/counter-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { runCommand, type CommandAnswer } from '../support/run-command.ts';

let folder: string;
let server: ServerProcess;
const servers: ServerProcess[] = [];

async function start(data: string): Promise<ServerProcess> {
  const started = await startServer(data);
  servers.push(started);
  return started;
}

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'adtally-operator-')), 'data');
  server = await start(folder);
});
afterAll(async () => {
  for (const each of servers) await each.kill();
  await rm(join(folder, '..'), { recursive: true });
});

const run = (name: string, ...args: string[]): Promise<CommandAnswer> =>
  runCommand(name, [...args, '--data', folder, '--json']);

async function post(path: string, body: unknown, to = server): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', prefer: 'wait=5' };
  const answer = await fetch(new URL(path, to.url), { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as Record<string, unknown>;
}

/** undefined: no such counter. */
async function totalOf(key: string, at = server): Promise<number | undefined> {
  const answer = await fetch(new URL(`/api/v1/counters/${key}`, at.url));
  return answer.ok ? ((await answer.json()) as { value: number }).value : undefined;
}

async function count(key: string, value: number): Promise<void> {
  const before = (await totalOf(key)) ?? 0;
  await post('/increment', { key, value });
  await eventually(`the total of ${key}`, async () =>
    (await totalOf(key)) === before + value ? true : undefined,
  );
}

/** Works on the folder beside the server, from this process. */
async function beside<T>(work: (stage: OperatorStage) => Promise<T>): Promise<T> {
  const stage = await openStage({ stage: 'local', data: folder });
  try {
    return await work(stage);
  } finally {
    await stage.close();
  }
}

const shard = { epoch: '1', shardId: 'shardId-000000000000' };
const arrivedAtMs = Date.now();

describe('npm run quarantine', () => {
  it('lists, shows and drops what the running pipeline could not process', async () => {
    await beside(({ increments }) =>
      increments.append([garbage('poi\u202eson\u001b[2J', 'not\u001b[2J an event')]),
    );
    const [listed] = await eventually('the record', async () => {
      const { lines } = await run('quarantine', 'list');
      // Until its mark has moved it is unfinished.
      return lines.length === 1 && lines[0]?.['state'] !== 'unfinished' ? lines : undefined;
    });
    expect(listed).toMatchObject({ state: 'quarantined', reason: 'not JSON in UTF-8', bytes: 16 });
    const id = String(listed?.['id']);
    const text = await runCommand('quarantine', ['list', '--data', folder]);
    // eslint-disable-next-line no-control-regex -- what would end the line or move the cursor
    expect(text.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text.stdout).toContain(id);
    expect(text.stdout).not.toContain('an event');
    const shown = await run('quarantine', 'show', id);
    expect(shown).toMatchObject({
      code: 0,
      lines: [{ hex: Buffer.from('not\u001b[2J an event').toString('hex') }],
    });
    const refused = await run('quarantine', 'redrive', id);
    expect(refused).toMatchObject({
      code: 1,
      lines: [{ outcome: 'refused: not JSON in UTF-8', done: false }],
    });
    expect(await run('quarantine', 'drop', id)).toMatchObject({ code: 0, lines: [{ outcome: 'dropped' }] });
    expect(await run('quarantine', 'redrive', id)).toMatchObject({
      code: 0,
      lines: [{ outcome: 'dropped before' }],
    });
    expect((await run('quarantine', 'list')).lines).toEqual([]);
  });

  it('counts a record once, in however many processes it is redriven', async () => {
    const logged = increment('redriven', 5);
    const sequenceNumber = '9000000000';
    await beside((stage) =>
      giveUpIncrement(stage, {
        shard,
        record: { sequenceNumber, partitionKey: 'redriven', data: logged.data, arrivedAtMs },
        reason: 'kills the function',
      }),
    );
    expect(await totalOf('redriven')).toBeUndefined();
    const id = `increments/1/${shard.shardId}/${sequenceNumber}`;
    const shown = await run('quarantine', 'show', id);
    expect(shown.lines[0]).toMatchObject({ state: 'quarantined', event: { key: 'redriven', value: '5' } });
    const answers = await Promise.all([1, 2, 3].map(() => run('quarantine', 'redrive', id)));
    expect(answers.map(({ code, stderr }) => [code, stderr])).toEqual([0, 0, 0].map((code) => [code, '']));
    expect(answers.flatMap(({ lines }) => lines.map(({ outcome }) => outcome)).sort()).toEqual([
      'counted',
      'counted before',
      'counted before',
    ]);
    expect(await totalOf('redriven')).toBe(5);
  });

  it('redrives all at once, and the running pipeline notices an ad event that comes back', async () => {
    const nowMs = Date.now();
    const event = adCreated(1, { startAt: nowMs - 1000, endAt: nowMs + 3_600_000 }, { at: nowMs });
    const id = { stream: 'ad-events', ...shard, sequenceNumber: '9000000001' } as const;
    await beside(async ({ quarantine, state }) => {
      const data = encodeAdEvent(event);
      const facts = {
        partitionKey: 'ads',
        data,
        arrivedAtMs,
        quarantinedAtMs: arrivedAtMs,
        reason: 'by hand',
      };
      await quarantine.store({ ...id, ...facts });
      const attributes = { state: 'quarantined', reason: 'by hand' };
      await state.write({ type: 'put', key: skipKey('ad-events', id), attributes });
    });
    const { code, lines } = await run('quarantine', 'redrive', '--all');
    expect({ code, lines }).toEqual({ code: 0, lines: [{ total: 1, outcomes: { 'appended again': 1 } }] });
    await eventually('the ad', async () => {
      const answer = await fetch(new URL(`/api/v1/ad/${event.adId}`, server.url));
      return answer.ok ? true : undefined;
    });
  });

  it.each([
    [[], 'a command is missing'],
    [['eat'], 'must be list, show, redrive or drop; got eat'],
    [['redrive', 'x/y'], 'an id must be <stream>/<epoch>/<shard>/<number>; got x/y'],
    [['redrive', '--all', 'x'], 'give either one id or --all; got x'],
    [['redrive', '--all', '--max', '1e3'], '--max must be a whole number from 1 to 1000000; got 1e3'],
    [['list', '--limit', '0'], '--limit must be a whole number from 1 to 1000; got 0'],
    [['list', '--colour'], '--colour is not an option'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => quarantineCommand.parse(args)).toThrow(message);
  });

  const recordId = 'increments/1/shardId-000000000000/1';
  const values = {
    ...{ '--all': [], '--files': [], '--limit': ['5'], '--max': ['5'] },
    ...{ '--after': [recordId], '--state': ['x'] },
  };
  const ofAll = ['--all', '--files', '--max', '--state'];
  it.each([
    ['list', ['list'], ['--files', '--limit', '--after']],
    ['show <id>', ['show', recordId], []],
    ['redrive <id>', ['redrive', recordId], ['--state']],
    ['drop <id>', ['drop', recordId], ['--state']],
    ['redrive --all', ['redrive', '--all'], ofAll],
    ['drop --all', ['drop', '--all'], ofAll],
  ])('refuses the options that %s would ignore', (form, words, taken) => {
    for (const [option, value] of Object.entries(values)) {
      const line = [...words, option, ...value];
      if (taken.includes(option)) {
        parseQuarantineArguments(line);
      } else if (option === '--all' && words.length === 2) {
        expect(() => parseQuarantineArguments(line)).toThrow(
          words[0] === 'show' ? '--all is not an option of show <id>' : 'give either one id or --all',
        );
      } else {
        const all = [...taken, '--stage', '--data', '--stack', '--config', '--json'].join(', ');
        const message = `${option} is not an option of ${form}; it takes ${all}`;
        expect(() => parseQuarantineArguments(line)).toThrow(new UsageError(message));
      }
    }
  });

  it('ends with 2 for wrong arguments, and with 4 where there is no stage', async () => {
    const faulty = await runCommand('quarantine', ['eat']);
    expect(faulty).toMatchObject({ code: 2, stdout: '' });
    expect(faulty.stderr).toContain('npm run quarantine -- --help');
    const nowhere = await runCommand('quarantine', ['list', '--data', '/nowhere/at/all']);
    expect(nowhere).toMatchObject({ code: 4, stdout: '' });
    expect(nowhere.stderr).toContain('/nowhere/at/all is not a data folder');
  });

  it('knows no record that was never given up', async () => {
    const id = `increments/1/${shard.shardId}/77`;
    const shown = await runCommand('quarantine', ['show', id, '--data', folder]);
    expect(shown).toMatchObject({ code: 1, stdout: `${id}: no such record\n` });
    expect(await run('quarantine', 'redrive', id)).toMatchObject({ code: 1, lines: [{ done: false }] });
  });
});

describe('npm run audit', () => {
  it('is equal beside a running pipeline, and finds a total that somebody changed by 1', async () => {
    await count('audited', 40);
    const state = join(folder, '..', 'audit.ndjson');
    // The record that the test above gave up stood in no log: its counter is none of this audit's.
    expect(await run('audit', '--state', state)).toMatchObject({ code: 0, lines: [{ status: 'equal' }] });
    await count('audited', 2);
    expect(await run('audit', '--state', state)).toMatchObject({ code: 0, lines: [{ status: 'equal' }] });
    const tamper = (by: bigint) =>
      beside((stage) =>
        stage.state.write({ type: 'update', key: counterKey('audited'), add: { total: by } }),
      );
    await tamper(1n);
    expect(await run('audit', '--state', state)).toMatchObject({
      code: 1,
      lines: [{ status: 'different', different: [{ key: 'audited', expected: '42', difference: '1' }] }],
    });
    const text = await runCommand('audit', ['--data', folder, '--state', state]);
    expect(text.stdout).toContain('DIFFERENT     "audited": 43 instead of 42');
    await tamper(-1n);
    expect(await run('audit', '--state', state)).toMatchObject({ code: 0 });
  });

  it.each(['/nope/x', join(import.meta.filename, 'x')])(
    'refuses %s, whose folder does not exist',
    (state) => {
      const message = `--state must be the name of a file in a folder that exists; the folder ${dirname(state)} does not exist`;
      expect(() => auditCommand.parse(['--state', state])).toThrow(new UsageError(message));
    },
  );

  it('refuses a file that is something else', async () => {
    const answer = await run('audit', '--state', join(import.meta.dirname, 'commands.test.ts'));
    expect(answer).toMatchObject({ code: 4, stdout: '' });
    expect(answer.stderr).toContain('is no audit file');
  });
});

describe('npm run rebuild', () => {
  it('compares beside a running pipeline, and mends when it is told to', async () => {
    const { id } = await post('/api/v1/ad', newAdBody(Date.now()));
    expect(await run('rebuild')).toMatchObject({ code: 0, lines: [{ differences: 0 }] });
    await beside(({ state }) => state.write({ type: 'delete', key: adKey(String(id)) }));
    const difference = { type: 'ad', adId: id, what: 'missing' };
    expect(await run('rebuild')).toMatchObject({ code: 1, lines: [{ difference }, { differences: 1 }] });
    expect(await run('rebuild', '--switch')).toMatchObject({ code: 0 });
    expect(await run('rebuild')).toMatchObject({ code: 0, lines: [{ differences: 0 }] });
    expect((await fetch(new URL(`/api/v1/ad/${String(id)}`, server.url))).status).toBe(200);
  });
});

describe('npm run restore', () => {
  const stage = ['--stage', 'dev'];
  it.each([
    [['--table', 'counters', '--from', 'copy'], '--stage must name a deployed stage'],
    [
      [...stage, '--data', 'folder', '--table', 'ads', '--from', 'copy'],
      '--data must not be given; only tables of a deployed stage are restored',
    ],
    [[...stage, '--from', 'copy'], '--table is missing; it must be one of ads, counters'],
    [[...stage, '--table', 'tokens', '--from', 'copy'], '--table must be one of ads, counters; got tokens'],
    [[...stage, '--table', 'ads'], '--from is missing; it must be the name of the restored table'],
    [[...stage, '--table', 'ads', '--from', 'copy', 'now'], 'now is one argument too many'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => restoreCommand.parse(args)).toThrow(message);
  });

  it('writes nothing unless it is told to', () => {
    expect(restoreCommand.parse([...stage, '--table', 'ads', '--from', 'copy'])).toMatchObject({
      options: { apply: false },
    });
  });
});

describe('npm run backup', () => {
  it('refuses a target that it could not fill, before it does anything', async () => {
    const file = import.meta.filename;
    const { length: entries } = await readdir(folder);
    for (const [to, message] of [
      [file, `--to must be an empty or new folder; ${file} is a file.`],
      [join(file, 'sub'), `--to must be an empty or new folder; ${file} is a file.`],
      [import.meta.dirname, `--to must be an empty or new folder; ${import.meta.dirname} is not empty.`],
      [join(folder, 'a', 'b'), `--to must not be in the data folder ${folder}; choose a folder outside; got`],
    ] as const) {
      const answer = await run('backup', '--to', to);
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toContain(message);
    }
    expect(await readdir(folder)).toHaveLength(entries);
  });
});

describe('the restore drill', () => {
  it('brings back every total and ad from a copy that was made while the pipeline went on', async () => {
    await count('kept', 7);
    const { id } = await post('/api/v1/ad', newAdBody(Date.now()));
    const to = join(folder, '..', 'backup');
    expect(await run('backup', '--to', to)).toMatchObject({ code: 0 });
    await count('kept', 1);
    const restored = await start(to);
    expect(await totalOf('kept', restored)).toBe(7);
    expect((await fetch(new URL(`/api/v1/ad/${String(id)}`, restored.url))).status).toBe(200);
    await post('/increment', { key: 'kept', value: 2 }, restored);
    await eventually('the total', async () => ((await totalOf('kept', restored)) === 9 ? true : undefined));
    const audit = await runCommand('audit', ['--data', to, '--json']);
    expect(audit).toMatchObject({ code: 0, lines: [{ status: 'equal' }] });
    expect(await runCommand('rebuild', ['--data', to, '--json'])).toMatchObject({ code: 0 });
    expect(await run('backup', '--to', to)).toMatchObject({ code: 2 });
  });

  it('and from a copy of the stopped folder', async () => {
    const totals = await Promise.all(['kept', 'audited', 'redriven'].map((key) => totalOf(key)));
    expect((await server.stop()).code).toBe(0);
    const to = join(folder, '..', 'copy');
    await cp(folder, to, { recursive: true });
    const restored = await start(to);
    expect(await Promise.all(['kept', 'audited', 'redriven'].map((key) => totalOf(key, restored)))).toEqual(
      totals,
    );
    expect(totals).toEqual([8, 42, 5]);
  });
});
